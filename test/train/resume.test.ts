import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  category,
  encodeModel,
  featureSpace,
  fit,
  hash,
  ModelError,
  number,
  OptionError,
  type StreamFit,
  streamCsv,
  streamNdjson,
  streamSvmlight,
  streamVw,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { decodeState, encodeState } from "../../src/train/checkpoint.js";
import { bytesOf, cut, errorOf, problem, svmlightOf } from "../helpers.js";

/** Some ids are columns themselves, and some, from 2²² on, are numbered. */
const SVMLIGHT = svmlightOf(problem({ rows: 15_000 }))
  .split("\n")
  .map((line, i) => (i % 3 === 1 ? `${line} ${2 ** 22 - 9 + ((i * i) % 31)}:1` : line))
  .join("\n");
const RECORDS = Array.from({ length: 9000 }, (_, i) => ({ c: `c${i % 7}`, n: (i % 11) / 4, y: i % 7 < 3 ? 1 : 0 }));
const CSV = `c,n,y\n${RECORDS.map(({ c, n, y }) => `${c},${n},${y}\n`).join("")}`;
const TABLE = { space: featureSpace({ c: category("c"), n: number("n"), h: hash("c", 64) }), target: "y" };

type Options = Parameters<typeof streamSvmlight>[1];
type Stream = (input: AsyncIterable<Uint8Array>, options: NonNullable<Options>) => Promise<StreamFit>;
const FORMATS: Record<string, [text: string, stream: Stream]> = {
  svmlight: [SVMLIGHT, streamSvmlight],
  VW: [
    RECORDS.map(({ c, n, y }, i) => `${y} ${i % 9 ? "" : "2 "}|f ${c} n:${n} ${c} |${c} ${i % 40}\n`).join(""),
    streamVw,
  ],
  CSV: [CSV, (input, options) => streamCsv(input, { ...TABLE, ...options })],
  NDJSON: [
    RECORDS.map((it) => `${JSON.stringify(it)}\n`).join(""),
    (input, options) => streamNdjson(input, { ...TABLE, ...options }),
  ],
};

/** Cuts a text into pieces of about a size. */
function pieces(text: string, size: number, seed = 1): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(text);
  const random = new Random(seed);
  const places: number[] = [];
  for (let at = random.below(2 * size); at < bytes.length; at += 1 + random.below(2 * size)) places.push(at);
  return cut(bytes, ...places);
}

/** Collects the states of a training, but for the last. */
async function statesOf(train: (checkpoint: NonNullable<NonNullable<Options>["checkpoint"]>) => Promise<StreamFit>) {
  const states: Uint8Array[] = [];
  const fitted = await train({ save: (state) => void states.push(state), everyRows: 2000 });
  return { fitted, states };
}

describe.each([
  ["svmlight", { lambda1: 3, epochs: 2 }],
  ["svmlight", { lambda1: 3, epochs: 2, threads: 2 }],
  ["svmlight", { lambda1: 3, kernels: "baseline" }],
  ["svmlight", { lambda1: 3, epochs: 2, batch: 7, clip: 2, initialAccumulator: 0.5 }],
  ["svmlight", { lambda1: 3, epochs: 2, batch: 7, replicas: 9 }],
  ["svmlight", { lambda1: 3, holdout: 0.2, seed: 4 }],
  ["svmlight", { lambda1: 3, bits: 5 }],
  ["svmlight", { lambda1: 3, holdoutEvery: 7, epochs: 2 }],
  ["svmlight", { lambda1: 3, dense: 2 ** 22 + 99, initialAccumulator: 0.1 }],
  ["svmlight", { solver: "sgd", l1: 1e-3, l2: 0.01, epochs: 3 }],
  ["svmlight", { loss: "squared", lambda1: 3, epochs: 2, threads: 2 }],
  ["CSV", { lambda1: 3, epochs: 2, holdout: 0.1 }],
  ["CSV", { lambda1: 3, bits: 4, weight: "n" }],
  ["VW", { lambda1: 3, epochs: 2, bits: 12 }],
  ["VW", { solver: "sgd", l1: 1e-3, epochs: 2, bits: 29 }],
  ["CSV", { solver: "sgd", weight: "n", epochs: 2 }],
  ["NDJSON", { lambda1: 3, epochs: 2 }],
] as [string, object][])("%s %j", (format, options) => {
  test("resumed from any of its states has the bytes of the run without a break", async () => {
    const [text, stream] = FORMATS[format]!;
    const whole = encodeModel((await stream(pieces(text, 9000), options)).model);
    const { fitted, states } = await statesOf((checkpoint) =>
      stream(pieces(text, 9000, 2), { ...options, checkpoint }),
    );
    expect(encodeModel(fitted.model)).toEqual(whole);
    expect(states.length).toBeGreaterThan(2);
    for (const [i, resume] of states.entries()) {
      if (i % 2 === 1) continue;
      // However the input is cut now, and saved again.
      const again = await statesOf((checkpoint) =>
        stream(pieces(text, [1500, 20_000, 1e9][(i / 2) % 3]!, i), { ...options, resume, checkpoint }),
      );
      expect(encodeModel(again.fitted.model)).toEqual(whole);
      expect(again.fitted.loss).toEqual(fitted.loss);
      expect(again.fitted.progressive).toEqual(fitted.progressive);
      expect(again.fitted.rows).toBe(fitted.rows);
      expect(again.states.at(-1)).toEqual(states.at(-1));
    }
  });
});

test("ids that are admitted by chance move the blocks of rows that are passed over, but not where they end", async () => {
  const random = new Random(8);
  const text = Array.from({ length: 9000 }, (_, i) => {
    const ids = new Set<number>();
    while (ids.size < 30) ids.add(1 + Math.floor(2000 * random.unit() ** 3));
    const entries = [...ids].sort((a, b) => a - b).map((id) => `${id}:1`);
    return `${i % 3 === 0 ? 1 : -1} ${entries.join(" ")}\n`;
  }).join("");
  const options = { lambda1: 1, epochs: 2, inclusion: 0.002 };
  const { fitted, states } = await statesOf((checkpoint) =>
    streamSvmlight(pieces(text, 40_000), { ...options, checkpoint }),
  );
  expect(states.length).toBeGreaterThan(4);
  for (const resume of states) {
    const resumed = await streamSvmlight(pieces(text, 50_000), { ...options, resume });
    expect(encodeModel(resumed.model)).toEqual(encodeModel(fitted.model));
  }
});

test("a state that does not know how the labels spread, as older ones, has no R²", async () => {
  const options = { loss: "squared", lambda1: 3 } as const;
  const { states, fitted } = await statesOf((checkpoint) =>
    streamSvmlight(pieces(SVMLIGHT, 9000), { ...options, checkpoint }),
  );
  const { counts, ...state } = decodeState(states[1]!);
  const { labels: _, ...others } = counts;
  const resume = encodeState({ ...state, counts: others });
  const { progressive, model } = await streamSvmlight(pieces(SVMLIGHT, 9000), { ...options, resume });
  expect(progressive).toEqual({ ...fitted.progressive, r2: null });
  expect(encodeModel(model)).toEqual(encodeModel(fitted.model));
});

test("other kernels and threads go on where one stopped", async () => {
  const options = { lambda1: 3, epochs: 2 };
  const { fitted, states } = await statesOf((checkpoint) =>
    streamSvmlight(pieces(SVMLIGHT, 9000), { ...options, threads: 2, checkpoint }),
  );
  for (const resume of states) {
    const resumed = await streamSvmlight(pieces(SVMLIGHT, 9000), { ...options, kernels: "baseline", resume });
    expect(encodeModel(resumed.model)).toEqual(encodeModel(fitted.model));
  }
});

test("bad lines that were left out are counted once", async () => {
  const lines = SVMLIGHT.split("\n");
  for (const at of [1, 5000, 14_000]) lines.splice(at, 0, "1 0:1");
  const text = lines.join("\n");
  const { fitted, states } = await statesOf((checkpoint) =>
    streamSvmlight(pieces(text, 9000), { skipBad: 3, checkpoint }),
  );
  for (const resume of states) {
    const resumed = await streamSvmlight(pieces(text, 9000), { skipBad: 4, resume });
    expect([resumed.skipped, resumed.rows]).toEqual([3, 15_000]);
    expect(encodeModel(resumed.model)).toEqual(encodeModel(fitted.model));
  }
});

test.each(["wasm", "baseline"] as const)(
  "columns that only rows held out have cost nothing and are not read: %s",
  async (kernels) => {
    const text = svmlightOf(problem({ rows: 5000 })).replace(/\n$/, " 4000000:1\n");
    const options = { kernels, lambda1: 3, holdoutEvery: 5, keepState: true, keepSeen: true };
    const { state, model, seen } = await streamSvmlight(pieces(text, 9000), options);
    // All has been trained on: the rows are only passed over.
    const resumed = await streamSvmlight(pieces(text, 9000), { ...options, resume: state! });
    expect(encodeModel(resumed.model)).toEqual(encodeModel(model));
    expect(resumed.seen).toEqual(seen);
    expect(seen).not.toContain(3_999_999);
  },
);

describe("update", () => {
  const half = SVMLIGHT.indexOf("\n", SVMLIGHT.length / 2) + 1;
  const [first, second] = [SVMLIGHT.slice(0, half), SVMLIGHT.slice(half)];

  test.each([
    ["ftrl", { lambda1: 3 }],
    ["ftrl in a table", { lambda1: 3, bits: 6 }],
    ["sgd", { solver: "sgd", l1: 1e-3 }],
  ] as const)("with new data is training on both in turn: %s", async (_, options) => {
    const both = await streamSvmlight(bytesOf(SVMLIGHT), { ...options, keepState: true });
    const { state } = await streamSvmlight(bytesOf(first), { ...options, keepState: true });
    const updated = await streamSvmlight(bytesOf(second), { ...options, update: state!, keepState: true });
    const { ids, values, intercept, declared, training } = updated.model;
    expect({ ids, values, intercept, declared }).toEqual({
      ...{ ids: both.model.ids, values: both.model.values },
      ...{ intercept: both.model.intercept, declared: both.model.declared },
    });
    expect([training.rows, updated.rows]).toEqual([15_000, second.split("\n").length - 1]);
    expect(training.seen).toBe(both.model.training.seen);
    // The columns, their numbers and all that they carry: the end of the file.
    const columns = (bytes: Uint8Array) => bytes.subarray(16 + new DataView(bytes.buffer).getUint32(12, true));
    expect(columns(updated.state!)).toEqual(columns(both.state!));
  });

  test("can itself be resumed, from the same base only", async () => {
    const options = { lambda1: 3 };
    const { state: base } = await streamSvmlight(bytesOf(first), { ...options, keepState: true });
    const update = base!;
    const { fitted, states } = await statesOf((checkpoint) =>
      streamSvmlight(pieces(second, 9000), { ...options, update, checkpoint }),
    );
    for (const resume of states) {
      const resumed = await streamSvmlight(pieces(second, 9000), { ...options, update, resume });
      expect(encodeModel(resumed.model)).toEqual(encodeModel(fitted.model));
    }
    const error = await errorOf(streamSvmlight(pieces(second, 9000), { ...options, resume: states[0]! }));
    expect(error.message).toBe("the training state began from another state than update now gives");
  });

  test("keeps what a space learned", async () => {
    const options = { ...TABLE, lambda1: 1 };
    const { state } = await streamCsv(bytesOf(CSV), { ...options, keepState: true });
    const { model } = await streamCsv(bytesOf("c,n,y\nc1,1,1\nnew,1,0\n"), { ...options, update: state! });
    expect(model.space!.state.learned[0]).toMatchObject({ values: ["c0", "c1", "c2", "c3", "c4", "c5", "c6"] });
  });

  test("wants a training that has ended", async () => {
    const { states } = await statesOf((checkpoint) => streamSvmlight(pieces(SVMLIGHT, 9000), { checkpoint }));
    const error = await errorOf(streamSvmlight(bytesOf(SVMLIGHT), { update: states[0]! }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe("update: the training of this state has not ended; resume it");
  });
});

describe("what does not fit is refused", () => {
  let states: Uint8Array[];
  const options = { lambda1: 3, epochs: 2 };
  beforeAll(async () => {
    ({ states } = await statesOf((checkpoint) => streamSvmlight(pieces(SVMLIGHT, 9000), { ...options, checkpoint })));
  });
  const resumed = (given: object, text = SVMLIGHT) =>
    errorOf(streamSvmlight(pieces(text, 9000), { ...options, resume: states[2]!, ...given }));

  test("options", async () => {
    const cases: [object, string][] = [
      [{ lambda1: 2 }, "lambda1: the training state has 3, now it is 2"],
      [{ epochs: 3 }, "epochs: the training state has 2, now it is 3"],
      [{ bits: 8 }, "bits: the training state has none, now it is 8"],
      [{ holdout: 0.5 }, "holdout: the training state has none, now it is 0.5"],
      [{ solver: "sgd", lambda1: undefined }, 'solver: the training state has "ftrl", now it is "sgd"'],
    ];
    for (const [given, message] of cases) {
      const error = await resumed(given);
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toBe(message);
    }
    const space = { ...TABLE, ...options, resume: states[2]! };
    expect((await errorOf(streamCsv(pieces(CSV, 9000), space))).message).toBe(
      'kind: the training state has "svmlight", now it is "table"',
    );
  });

  test("data", async () => {
    const problems = [
      await resumed({}, SVMLIGHT.slice(0, 40_000).replace(/[^\n]*$/, "")),
      await resumed({}, SVMLIGHT.replace("\n", " 7000000:1\n")),
    ];
    for (const problem of problems) expect(problem).toBeInstanceOf(ModelError);
    expect(problems.map((it) => it.message)).toEqual([
      expect.stringMatching(/^the training state does not fit the data: row \d+ does not end a block|it has \d+ rows/),
      "the training state does not fit the data: it has a feature by row 4096 that was not there",
    ]);
    const error = await errorOf(streamSvmlight(bytesOf(SVMLIGHT), { ...options, resume: states[2]! }));
    expect(error.message).toMatch(/^the training state is of other data: input had \? bytes, now \d+$/);
  });

  test("what is no state, and options that cannot be", async () => {
    const cases: [object, typeof OptionError | typeof ModelError, RegExp][] = [
      [{ resume: bytesOf("nothing of the kind") }, ModelError, /^not a nought training state$/],
      [{ update: new Uint8Array(3), resume: undefined }, ModelError, /^not a nought training state$/],
      [{ resume: "file" }, OptionError, /^resume: expected the bytes of a training state$/],
      [{ checkpoint: {} }, OptionError, /^checkpoint: expected \{ save, … \}/],
      [{ checkpoint: { save() {}, everyRows: 0 } }, OptionError, /^checkpoint: everyRows 0: expected/],
      [{ checkpoint: { save() {}, everySeconds: Number.NaN } }, OptionError, /^checkpoint: everySeconds NaN: expected/],
    ];
    for (const [given, type, message] of cases) {
      const error = await resumed(given);
      expect(error).toBeInstanceOf(type);
      expect(error.message).toMatch(message);
    }
    const inMemory = await errorOf(fit(problem({ rows: 10 }), { update: states[0]! } as object));
    expect(inMemory.message).toBe("update is of streams: data in memory is trained on at once");
  });
});

describe("a file", () => {
  test.each([
    ["svmlight", {}],
    ["svmlight", { solver: "sgd" }],
    ["CSV", { holdout: 0.1 }],
  ] as [string, object][])("with a cache is gone on with, as without: %s %j", async (format, given) => {
    const path = join(folder, `cached.${format}`);
    await writeFile(path, FORMATS[format]![0]);
    const stream = (options: NonNullable<Options>) =>
      format === "CSV" ? streamCsv(path, { ...TABLE, ...options }) : streamSvmlight(path, options);
    const options = { ...given, epochs: 3 };
    const whole = encodeModel((await stream(options)).model);
    for (const before of ["no cache", "a cache"]) {
      const cache = join(folder, `${format} ${before}`);
      if (before === "a cache") await stream({ ...options, cache });
      const { fitted, states } = await statesOf((checkpoint) => stream({ ...options, cache, checkpoint }));
      expect(encodeModel(fitted.model)).toEqual(whole);
      for (const [i, resume] of states.entries()) {
        // With the cache that is there, with none, and with one that is made on the way.
        const other = [{ cache }, {}, { cache: join(folder, `${format} ${before} ${i}`) }][i % 3]!;
        expect(encodeModel((await stream({ ...options, ...other, resume })).model)).toEqual(whole);
        expect(encodeModel((await stream({ ...options, ...other })).model)).toEqual(whole);
      }
    }
  });

  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nought-resume-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("that was written to since is refused, by name", async () => {
    const path = join(folder, "rows.svm");
    await writeFile(path, SVMLIGHT);
    const { state } = await streamSvmlight(path, { keepState: true });
    const refusal = async () => (await errorOf(streamSvmlight(path, { resume: state! }))).message;
    await utimes(path, 1, 1);
    expect(await refusal()).toBe(`the training state is of other data: ${path} has been written to since`);
    await writeFile(path, "1 1:1\n");
    expect(await refusal()).toMatch(/rows\.svm had \d+ bytes, now 6$/);
    const two = await errorOf(streamSvmlight([path, bytesOf("1 1:1")], { resume: state! }));
    expect(two.message).toBe("the training state is of other data: 1 inputs, now there are 2");
  });
});

test("a signal saves a state before it stops the training, also when nothing comes", async () => {
  const options = { lambda1: 3 };
  const whole = await streamSvmlight(pieces(SVMLIGHT, 9000), options);
  const stop = new AbortController();
  async function* stalling() {
    yield* pieces(SVMLIGHT.slice(0, 250_000), 9000);
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await new Promise(() => {});
  }
  const states: Uint8Array[] = [];
  const checkpoint = { save: (state: Uint8Array) => void states.push(state), everySeconds: 1000 };
  const stopped = await errorOf(streamSvmlight(stalling(), { ...options, checkpoint, signal: stop.signal }));
  expect([stopped.message, states.length]).toEqual(["enough", 1]);
  const { model } = await streamSvmlight(pieces(SVMLIGHT, 9000), { ...options, resume: states[0]! });
  expect(encodeModel(model)).toEqual(encodeModel(whole.model));
});

test("a checkpoint that cannot be saved ends the training with its cause", async () => {
  const save = () => {
    throw new Error("disk is full");
  };
  const error = await errorOf(streamSvmlight(pieces(SVMLIGHT, 9000), { checkpoint: { save, everyRows: 1 } }));
  expect(error.message).toBe("disk is full");
});
