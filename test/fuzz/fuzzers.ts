import { isDeepStrictEqual } from "node:util";
import { compileExpression } from "../../src/features/expression.js";
import { encodeModel, NoughtError } from "../../src/node.js";
import type { Random } from "../../src/random.js";
import { encodeState } from "../../src/train/checkpoint.js";
import { casesOf } from "../corpus/corpus.js";
import { FILES } from "../corpus/files.js";
import { outcomeOf, spaceOutcomeOf } from "../corpus/readers.js";
import { joined } from "../fixtures/forge.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";
import { cacheFuzzer } from "./cache.js";
import { mutated, mutatedJson, pick } from "./mutate.js";

/** Runs so many cases more, and throws at the first that goes wrong. */
export type Fuzzer = (random: Random, cases: number) => Promise<void>;

/** Cases that are read at once: what is bad in them is passed over. */
const BATCH = 1000;
const LF = bytesOf("\n");

/** Seeds: texts of the corpus that are not long. */
export function seedsOf(reader: string, header: string): Uint8Array[] {
  return casesOf(reader)
    .map(({ bytes }) =>
      Buffer.from(bytes).toString("latin1").startsWith(header) ? bytes.subarray(header.length) : bytes,
    )
    .filter(({ length }) => length > 0 && length < 300);
}

/** A reader must give the same line by line and by kernels, one set after the other, in pieces, and throw nothing else. */
function textFuzzer(reader: string, header = ""): () => Promise<Fuzzer> {
  return async () => {
    const seeds = seedsOf(reader, header);
    const engines = [await ENGINES.simd(), await ENGINES.scalar(), await ENGINES.baseline()];
    let turn = 0;
    /** What is wrong with a text; null where nothing is. */
    const problemIn = async (bytes: Uint8Array, options: Record<string, unknown>, places: number[]) => {
      const expected = await outcomeOf(reader, () => bytes, { options });
      const found = await outcomeOf(reader, () => cut(bytes, ...places), { options, engine: engines[turn]! });
      return isDeepStrictEqual(found, expected) ? null : { expected, found };
    };
    const check = async (parts: Uint8Array[], options: Record<string, unknown>, random: Random): Promise<void> => {
      const bytes = joined(bytesOf(header), ...parts);
      const places = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1)).sort(
        (a, b) => a - b,
      );
      const problem = await problemIn(bytes, options, places).catch((cause) => cause);
      if (!problem) return;
      for (const half of parts.length > 1 ? [parts.slice(0, parts.length >> 1), parts.slice(parts.length >> 1)] : []) {
        await check(half, options, random);
      }
      const shown = JSON.stringify({ text: Buffer.from(bytes).toString("latin1"), options, places });
      throw new Error(`${reader}: ${shown}\n${problem.stack ?? JSON.stringify(problem)}`);
    };
    return async (random, cases) => {
      for (let done = 0; done < cases; done += BATCH) {
        turn = random.below(engines.length);
        const parts = Array.from({ length: BATCH }, () => joined(mutated(seeds, random), LF));
        const loss = random.below(2) ? "squared" : "logistic";
        await check(parts, { loss, skipBad: 1e9 }, random);
        // Alone a text shows its message.
        for (let k = 0; k < 4; k++) await check([pick(parts, random)], { loss }, random);
      }
    };
  };
}

/** A file is refused with an error of ours or, where it is taken, is the same when it is written again. */
function fileFuzzer(kind: "model" | "checkpoint", encode: (content: never) => Uint8Array): () => Promise<Fuzzer> {
  return async () => {
    const { bases, header, seal, read } = FILES[kind]!;
    const files = await bases();
    // Weights that were multiples of a step are not, read and written.
    const names = Object.keys(files).filter((it) => !it.includes("int"));
    const contents = new Map<string, unknown>();
    for (const name of names) {
      const file = files[name]!;
      contents.set(name, JSON.parse(new TextDecoder().decode(file.subarray(...header(file)))));
    }
    return async (random, cases) => {
      for (let i = 0; i < cases; i++) {
        const name = pick(names, random);
        const [file, content] = [files[name]!, contents.get(name)];
        const [from, to] = header(file);
        const isHeader = random.below(3) > 0;
        const json = isHeader ? bytesOf(JSON.stringify(mutatedJson(content, random))) : file.slice(from, to);
        const rest = isHeader ? file.slice(to) : mutatedEnd(file.slice(to), random);
        const bytes = seal(joined(file.subarray(0, from), json, rest), json.length);
        const again = encodedAgain(() => encode(read(bytes, "") as never));
        // Of a model the same numbers may be coded in several ways, and losses left out.
        const expected = again && kind === "model" ? encode(read(again, "") as never) : bytes;
        if (!again || Buffer.compare(again, expected) === 0) continue;
        throw new Error(`${kind}: taken, and another when it is written: ${Buffer.from(bytes).toString("base64")}`);
      }
    };
  };
}

function mutatedEnd(bytes: Uint8Array, random: Random): Uint8Array {
  for (let left = random.below(4); left >= 0; left--) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

/** null where it throws an error of ours. */
function encodedAgain<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof NoughtError) return null;
    throw error;
  }
}

const spaceFuzzer = async (): Promise<Fuzzer> => {
  const seeds = seedsOf("space", "");
  return async (random, cases) => {
    for (let i = 0; i < cases; i++) spaceOutcomeOf(mutated(seeds, random));
  };
};

const EXPRESSIONS = ["a > 1", "a / (b - 2) * -1 + 0.25", "`a b` == 'red'", 'c != "5"', "-(a) <= .5e3", "a = b", "1"];

const expressionFuzzer = async (): Promise<Fuzzer> => {
  const seeds = EXPRESSIONS.map(bytesOf);
  const decoder = new TextDecoder();
  const cells = [null, "", "red", "5", 2, true, ["a"]];
  return async (random, cases) => {
    for (let i = 0; i < cases; i++) {
      const text = decoder.decode(mutated(seeds, random));
      encodedAgain(() => compileExpression(text).evaluate(() => pick(cells, random)));
    }
  };
};

export const FUZZERS: Record<string, () => Promise<Fuzzer>> = {
  svmlight: textFuzzer("svmlight"),
  vw: textFuzzer("vw"),
  csv: textFuzzer("csv", "x,c,y\n"),
  ndjson: textFuzzer("ndjson"),
  space: spaceFuzzer,
  expression: expressionFuzzer,
  model: fileFuzzer("model", encodeModel),
  checkpoint: fileFuzzer("checkpoint", encodeState),
  cache: cacheFuzzer,
};
