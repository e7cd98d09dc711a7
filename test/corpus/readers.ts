import { csvSource } from "../../src/data/csv.js";
import { parseJson } from "../../src/data/json.js";
import { ndjsonSource } from "../../src/data/ndjson.js";
import type { RowReader } from "../../src/data/reader.js";
import type { TableSource } from "../../src/data/records.js";
import type { Input } from "../../src/data/source.js";
import { RowStore } from "../../src/data/store.js";
import { svmlightReader } from "../../src/data/svmlight.js";
import { learnSpace, tableReader } from "../../src/data/table.js";
import { vwReader } from "../../src/data/vw.js";
import type { Engine } from "../../src/engine/engine.js";
import { DivergenceError } from "../../src/errors.js";
import { parseSpace } from "../../src/features/define.js";
import { SpaceLearner } from "../../src/features/learner.js";
import {
  createEngine,
  type SpaceDefinition,
  type StreamFit,
  streamCsv,
  streamNdjson,
  streamSvmlight,
  streamVw,
} from "../../src/node.js";
import type { Outcome } from "./corpus.js";

/** A way to read: by the kernels of an engine where there is one, else line by line. */
export interface Way {
  options: Record<string, unknown>;
  engine?: Engine;
}

// biome-ignore lint/suspicious/noExplicitAny: options come from files
type Options = any;

interface TextReader {
  /** What cases have where they say nothing else. */
  defaults: Options;
  open(input: () => Input, options: Options, start: (() => Promise<Engine>) | undefined): Promise<RowReader>;
  /** Trains on an input as a user does. */
  stream(input: Input, options: Options): Promise<StreamFit>;
}

const SPACE: SpaceDefinition = {
  features: { x: { kind: "number", column: "x" }, c: { kind: "category", column: "c" } },
};

export const READERS: Record<string, TextReader> = {
  svmlight: {
    defaults: { name: "x" },
    open: async (input, options) => svmlightReader(input(), options),
    stream: streamSvmlight,
  },
  vw: {
    defaults: { name: "x" },
    open: async (input, options) => vwReader(input(), options),
    // A table of 2²² slots takes longer than all else.
    stream: (input, options) => streamVw(input, { bits: 8, ...options }),
  },
  csv: {
    defaults: { name: "x", space: SPACE, target: "y" },
    open: (input, options, start) => openTable(() => csvSource(input(), options), options, start),
    stream: streamCsv,
  },
  ndjson: {
    defaults: { name: "x", space: SPACE, target: "y" },
    open: (input, options, start) => openTable(() => ndjsonSource(input(), options), options, start),
    stream: streamNdjson,
  },
};

async function openTable(
  source: () => TableSource,
  options: Options,
  start?: () => Promise<Engine>,
): Promise<RowReader> {
  const space = await learnSpace(source(), options.space, options, start ?? (async () => null));
  return tableReader(source(), space, options);
}

const HOST = await createEngine({ kernels: "baseline" });

/** Reads all rows. Rethrows what is no error of ours. `input` is called for each pass. */
export async function outcomeOf(reader: string, input: () => Input, { options, engine }: Way): Promise<Outcome> {
  const { open, defaults } = READERS[reader]!;
  const { memory } = engine ?? HOST;
  const mark = memory.mark();
  try {
    const own = { loss: "logistic", keep: false, ...defaults, ...options };
    const rows = await open(input, own, engine && (async () => kept(engine)));
    const store = new RowStore(engine ?? HOST);
    const pass =
      engine && rows.parse
        ? rows.parse(store)
        : rows.read((entries, label, weight, _row, offset) => store.addRow(entries, label, weight, offset));
    for await (const _ of pass);
    return { rows: shown(store, rows), skipped: rows.tally.skipped };
  } catch (error) {
    return failure(error);
  } finally {
    memory.release(mark);
  }
}

/**
 * Trains on an input as a user does. Returns the error, or how many rows there were and left out; null where weights left
 * the finite range, which is no matter of reading.
 */
export async function trainingOf(reader: string, input: Input, options: Options) {
  const { stream, defaults } = READERS[reader]!;
  try {
    const { rows, skipped } = await stream(input, { ...defaults, ...options });
    return { rows, skipped };
  } catch (error) {
    return error instanceof DivergenceError ? null : failure(error);
  }
}

/** Reads a feature space from JSON as the command does, and makes it ready to learn. The rows are its features' names. */
export function spaceOutcomeOf(bytes: Uint8Array): Outcome {
  try {
    const definition = parseSpace(parseJson(bytes, "x"));
    new SpaceLearner(definition);
    return { rows: Object.keys(definition.features), skipped: 0 };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Outcome {
  const { name, message } = error as Error;
  if (!/^(Data|Option|Model|Memory|Nought)Error$/.test(name)) throw error;
  return { error: [name, message] };
}

/** An engine whose owner disposes of it, though others say so. */
function kept(engine: Engine): Engine {
  return new Proxy(engine, {
    get: (it, key) => (key === "dispose" ? () => {} : Reflect.get(it, key, it)),
  });
}

function shown(store: RowStore, { space }: RowReader): string[] {
  const { rows, pointers, indices, values, labels, weights, offsets } = store.block();
  const { ids } = store.dictionary;
  return Array.from({ length: rows }, (_, i) => {
    const weight = weights && weights[i] !== 1 ? `*${weights[i]}` : "";
    const offset = offsets && offsets[i] !== 0 ? `+${offsets[i]}` : "";
    const entries = Array.from(indices.subarray(pointers[i], pointers[i + 1]), (j, k) => {
      const value = values ? values[pointers[i]! + k] : 1;
      return `${space ? space.nameOf(ids[j]!) : ids[j]}:${value}`;
    });
    return [`${labels[i]}${weight}${offset}`, ...entries].join(space ? " | " : " ");
  });
}
