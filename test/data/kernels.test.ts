import { expect, test } from "vitest";
import { RowStore } from "../../src/data/store.js";
import { vwReader } from "../../src/data/vw.js";
import { PROGRESS } from "../../src/engine/texts.js";
import {
  cross,
  type Engine,
  encodeModel,
  featureSpace,
  hash,
  type Input,
  Model,
  number,
  type StreamFit,
  score,
  streamCsv,
  streamSvmlight,
  streamVw,
  tokens,
} from "../../src/node.js";
import { numberedModel } from "../fixtures/models.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";

// What rows come to beyond a store: in a table that they share, admitted by chance, scored. By every set of kernels alike.

type Kernels = "wasm" | "baseline";
const many = (line: string) => bytesOf(`${line}\n`.repeat(Math.ceil(600_000 / line.length)));
const words = Array.from({ length: 40 }, (_, i) => `w${i}`).join(" ");
const TEXT = featureSpace({ w: tokens("w"), n: number("n"), pair: cross("w", "w") });
/** The largest that a kernel reads, more or less. */
const large = Array.from({ length: 100 }, (_, i) => `${i + 3}:900000000000000e22`).join(" ");
const numbered = numberedModel(60, 100);
const far = numberedModel(60, 42e8);
const hashed = new Model({ ...numbered, vwBits: 7, declared: 128 }, numbered.ids, numbered.values);

async function scored(model: Model, input: Input, kernels: Kernels): Promise<string> {
  let text = "";
  for await (const { margins } of score(model, input, { kernels })) text += `${margins} `;
  return text;
}

const trained = ({ model, columns, rows }: StreamFit) => ({ bytes: encodeModel(model), columns, rows });

const WORK: [string, (kernels: Kernels) => Promise<unknown>, problem?: string][] = [
  [
    "a table's rows in slots that they share, of more entries than there are seats for at once",
    async (kernels) => {
      const table = bytesOf(`n,w,y\n${`1,a a b,1\n0.5,"${words}",0\n2,,1\n`.repeat(40)}`);
      return trained(await streamCsv(cut(table, 900), { space: TEXT, target: "y", bits: 3, kernels }));
    },
  ],
  [
    "an index beyond a table",
    (kernels) => streamSvmlight(bytesOf("1 1:1\n-1 11:1\n"), { dense: 10, kernels }),
    "input:2:1: index 11 is beyond the 10 dimensions of the table",
  ],
  [
    "values of one slot that add up beyond single precision",
    (kernels) => streamSvmlight(bytesOf(`1 1:1\n-1 ${large}\n`), { bits: 1, kernels }),
    "input:2:1: values that share a slot add up beyond single precision",
  ],
  [
    "as of Vowpal Wabbit's text",
    (kernels) => streamVw(bytesOf("1 | a:3e38 b c\n-1 | a:3e38 a:3e38\n"), { bits: 8, kernels }),
    "input:2:1: values of a feature that is there more than once add up beyond single precision (±3.4e38)",
  ],
  [
    "large ids that are admitted by chance",
    async (kernels) => {
      const lines = Array.from({ length: 200 }, (_, i) => `${i % 2 || -1} 5:1 ${5_000_000 + (i % 9)}:1\n`);
      return trained(await streamSvmlight(bytesOf(lines.join("")), { inclusion: 0.05, kernels }));
    },
  ],
  ["ids that a model does not have", (kernels) => scored(numbered, many("1 5:2 900:1 4000000:1 5000000:1"), kernels)],
  ["and one of far ids", (kernels) => scored(far, many("1 5:2 900:1 4000000:1 5000000:1"), kernels)],
  [
    "nor words whose slots are far",
    async (kernels) => {
      const space = featureSpace({ w: hash("w", 2 ** 32) });
      const { model } = await streamCsv(bytesOf("w,y\na,1\nb,0\n"), { space, target: "y", lambda1: 0 });
      return scored(model, bytesOf(`w\n${"a\nanother\n".repeat(60_000)}`), kernels);
    },
  ],
  ["lines without labels", (kernels) => scored(hashed, many("|a b c:2"), kernels)],
  [
    "lines that are none, without labels",
    (kernels) => scored(hashed, many("b c:2"), kernels),
    'input:1:1: no "|" in the line: it stands before the features, as in "1 |a b:0.5"',
  ],
];

test.each(WORK)("%s", async (_, work, problem) => {
  const outcomes = [];
  for (const kernels of ["wasm", "baseline"] as const) {
    outcomes.push(await work(kernels).catch((error: Error) => ({ name: error.name, message: error.message })));
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  if (problem) expect(outcomes[0]).toEqual({ name: "DataError", message: problem });
  else expect(outcomes[0]).not.toHaveProperty("message");
});

test.each(["simd", "scalar", "baseline"] as const)("stamps of rows that run out begin anew (%s)", async (build) => {
  using engine = await ENGINES[build]();
  const text = bytesOf("1 | a a b\n-1 | a b b b\n1 | c a c\n");
  const stamps: number[] = [];
  const kernels = Object.create(engine.kernels, {
    parseVw: {
      value: (...args: Parameters<typeof engine.kernels.parseVw>) => {
        const { view } = args[4].progress;
        if (stamps.length === 0) view[PROGRESS.stamp] = 0xfffffffe;
        const stopped = engine.kernels.parseVw(...args);
        stamps.push(view[PROGRESS.stamp]!);
        return stopped;
      },
    },
  });
  const blocks = [];
  const worn = { memory: engine.memory, kernels } as Engine;
  for (const own of [engine, worn]) {
    const store = new RowStore(own);
    for await (const _ of vwReader(text, { loss: "logistic", keep: false }).parse!(store));
    const { indices, values } = store.block();
    blocks.push([indices.slice(), values?.slice()]);
  }
  expect(stamps.at(-1)).toBeLessThan(10);
  expect(blocks[1]).toEqual(blocks[0]);
});
