import type { TableSource } from "../../src/data/records.js";
import { RowStore } from "../../src/data/store.js";
import { type TableOptions, tableReader } from "../../src/data/table.js";
import { createEngine, type Engine } from "../../src/engine/engine.js";
import { LEARNED, PROGRESS } from "../../src/engine/texts.js";
import {
  bucket,
  category,
  cross,
  hash,
  number,
  quantiles,
  type SpaceDefinition,
  tokens,
} from "../../src/features/define.js";
import type { FeatureSpace } from "../../src/features/space.js";

// Tables of x, y, word, text, label, weight and rest: spaces and targets over them, and what a reader makes of them.

const HOST = await createEngine({ kernels: "baseline" });

/** Everything that a reader gives: its rows, its counts, its error; by kernels where there is an engine. */
export async function outcomeOf(source: TableSource, space: FeatureSpace, options: TableOptions, engine?: Engine) {
  const reader = tableReader(source, space, options);
  const store = new RowStore(engine ?? HOST);
  let error = "";
  try {
    const pass = engine
      ? reader.parse!(store)
      : reader.read((entries, label, weight, _row, offset) => store.addRow(entries, label, weight, offset));
    for await (const _ of pass);
  } catch (cause) {
    error = (cause as Error).message;
  }
  const { rows, pointers, indices, values, labels, weights, offsets } = store.block();
  const columns = Array.from({ length: rows }, (_, i) => Array.from(indices.subarray(pointers[i], pointers[i + 1])));
  const plain = { columns, labels: Array.from(labels), weights: weights && Array.from(weights), offsets };
  return {
    ...(error === "" && plain),
    values: error ? [] : values ? Array.from(values) : Array(indices.length).fill(1),
    ids: error ? [] : Array.from(store.dictionary.ids),
    error,
    tally: error ? null : { ...reader.tally },
  };
}

/** Counts the rows that an engine's kernels take, until it is disposed of: the kernels of the baseline are one object. */
export function counting({ kernels }: Engine): { taken: number } & Disposable {
  const { parseCsv, learnCsv } = kernels;
  const counter = {
    taken: 0,
    [Symbol.dispose]: () => {
      Object.assign(kernels, { parseCsv, learnCsv });
    },
  };
  kernels.parseCsv = (text, from, to, o, plan) => {
    const before = o.progress.view[PROGRESS.rows]!;
    const stopped = parseCsv(text, from, to, o, plan);
    counter.taken += o.progress.view[PROGRESS.rows]! - before;
    return stopped;
  };
  kernels.learnCsv = (text, from, to, o, plan) => {
    const stopped = learnCsv(text, from, to, o, plan);
    counter.taken += o.counts.view[LEARNED.rows]!;
    return stopped;
  };
  return counter;
}

export const SPACES: SpaceDefinition[] = [
  {
    features: {
      x: number("x"),
      "x bucket": bucket("x", 1 / 3, -2, 5),
      word: category("word"),
      "word 8": hash("word", 8),
      "word 7": hash("word", 7),
      all: cross("x bucket", "word"),
      hashed: cross("word 8", "word", { slots: 2 ** 32 }),
    },
  },
  {
    features: {
      text: tokens("text"),
      "y quartile": quantiles("y", 4),
      "text × word": cross("text", category("word"), { slots: 11 }),
      "text × text": cross("text", "text", number("x"), { slots: 64 }),
      "x × text": cross(number("x"), "text"),
    },
    missing: ["NA", "é?"],
  },
  {
    features: {
      ratio: number("ratio"),
      step: bucket("ratio", 0.5),
      "is red": number("is red"),
      cell: cross(bucket("x", 1 / 60, -180, 180), bucket("y", 1 / 60, -90, 90), "step", hash("word", 1 << 20)),
      long: hash("text", 2 ** 32),
    },
    derive: { ratio: "x / (y - 2) * -1 + 0.25", "is red": 'word == "red"', twice: "ratio * 2" },
    missing: [""],
  },
];

/** Every feature one atom: the simple form of a plan. */
SPACES.push({
  features: {
    word: category("word"),
    x: number("x"),
    text: tokens("text"),
    "y bucket": bucket("y", 0.25),
    "y third": quantiles("y", 3),
    "word 5": hash("word", 5),
  },
  missing: ["NA", "5"],
});

export const TARGETS = ["label", "x > 1", "word == 'red'", 'word != "5"', "`label`", "x = y", "label * 2 - 1", "y / x"];
