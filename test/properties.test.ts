import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression, type Operator } from "../src/features/expression.js";
import {
  category,
  decodeModel,
  encodeModel,
  type FeatureSpace,
  featureSpace,
  hash,
  Model,
  number,
  readCsv,
  readNdjson,
  readSvmlight,
  readVw,
  streamSvmlight,
  tokens,
} from "../src/node.js";
import { decodeState, encodeState } from "../src/train/checkpoint.js";
import { learn } from "./fixtures/models.js";
import { bytesOf, cut, rowsOf } from "./helpers.js";

const BASELINE = { kernels: "baseline" } as const;
/** Names that objects have, and any text. */
const name = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "a", "b", "é", "😀", " ", "a,b", '"', "\n"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
);
/** Numbers of single precision, none of them 0. */
const value = fc.float({ noDefaultInfinity: true, noNaN: true }).filter((it) => it !== 0);
const label = fc.constantFrom(-1, 1);
const rows = (id: fc.Arbitrary<number>) =>
  fc.array(
    fc.record({
      label,
      weight: fc.constant(1),
      entries: fc
        .uniqueArray(fc.tuple(id, value), { selector: ([it]) => it, maxLength: 8 })
        .map((list) => list.sort(([a], [b]) => a - b)),
    }),
    { minLength: 1, maxLength: 20 },
  );

describe("what is written is what is read", () => {
  test("svmlight", async () => {
    const id = fc.oneof(
      fc.nat(20),
      fc.maxSafeNat().map((it) => Math.min(it, Number.MAX_SAFE_INTEGER - 1)),
    );
    await fc.assert(
      fc.asyncProperty(rows(id), fc.nat(300), async (list, at) => {
        const lines = list.map((it) => [it.label, ...it.entries.map(([j, x]) => `${j + 1}:${x}`)].join(" "));
        using data = await readSvmlight(cut(bytesOf(lines.join("\n")), at), BASELINE);
        expect(rowsOf(data)).toEqual(list);
      }),
    );
  });

  test("Vowpal Wabbit's text", async () => {
    await fc.assert(
      fc.asyncProperty(rows(fc.nat(1000)), fc.nat(300), async (list, at) => {
        const lines = list.map((it) => [it.label, "|", ...it.entries.map(([j, x]) => `${j}:${x}`)].join(" "));
        using data = await readVw(cut(bytesOf(`${lines.join("\n")}\n`), at), BASELINE);
        expect(rowsOf(data)).toEqual(list);
      }),
    );
  });

  const record = fc.record({ n: fc.option(value), c: fc.option(name), y: label });
  const table = fc.array(record, { minLength: 1, maxLength: 20 });
  /** What a row holds, by name. */
  const cellsOf = ({ n, c, y }: { n: number | null; c: string | null; y: number }) => ({
    y,
    cells: [n === null ? ["n missing", 1] : ["n", n], c === null ? ["c missing", 1] : [`c = ${c}`, 1]],
  });
  const space = featureSpace({ n: number("n"), c: category("c") });
  const OPTIONS = { ...BASELINE, space, target: "y" };
  const shown = (data: Awaited<ReturnType<typeof readCsv>>) =>
    rowsOf(data).map((it) => ({ y: it.label, cells: it.entries.map(([id, x]) => [data.space!.nameOf(id), x]) }));

  test("CSV", async () => {
    const cell = (it: unknown) => (it === null ? "" : `"${String(it).replaceAll('"', '""')}"`);
    await fc.assert(
      fc.asyncProperty(table, fc.nat(300), fc.constantFrom("\n", "\r\n"), async (list, at, end) => {
        const lines = list.map(({ n, c, y }) => [n, c, y].map(cell).join(","));
        using data = await readCsv(cut(bytesOf(["n,c,y", ...lines].join(end)), at), OPTIONS);
        expect(shown(data)).toEqual(list.map(cellsOf));
      }),
    );
  });

  test("NDJSON", async () => {
    // Beyond 2⁵³ JavaScript writes other digits than a number has, which may be those of an id.
    const exact = table.filter((list) => list.every(({ n }) => !(Math.abs(n ?? 0) > 2 ** 53)));
    await fc.assert(
      fc.asyncProperty(exact, fc.nat(300), async (list, at) => {
        const text = list.map((it) => JSON.stringify(it)).join("\n");
        using data = await readNdjson(cut(bytesOf(text), at), OPTIONS);
        expect(shown(data)).toEqual(list.map(cellsOf));
      }),
    );
  });
});

/** Spaces of features with any names, over columns with any names, that have met any values. */
const learned: fc.Arbitrary<FeatureSpace> = fc
  .record({
    features: fc.uniqueArray(name, { minLength: 3, maxLength: 3 }),
    columns: fc.uniqueArray(name, { minLength: 2, maxLength: 2 }),
    values: fc.array(name, { minLength: 1, maxLength: 9 }),
  })
  .map(({ features: [f, g, h], columns: [a, b], values }) => {
    const definition = featureSpace(
      Object.fromEntries([
        [f!, category(a!)],
        [g!, tokens(b!)],
        [h!, hash(a!, 7)],
      ]),
    );
    return learn(
      definition,
      values.map((it) =>
        Object.fromEntries([
          [a!, it],
          [b!, [it]],
        ]),
      ),
    );
  });

test("a model's file holds what the model does", () => {
  const weights = fc.uniqueArray(fc.tuple(fc.nat(2 ** 31 - 1), value), { selector: ([id]) => id, maxLength: 80 });
  fc.assert(
    fc.property(fc.option(learned), weights, fc.double({ noNaN: true, noDefaultInfinity: true }), (space, list, b) => {
      const declared = space?.declared ?? 2 ** 31;
      const kept = new Map(list.map(([id, x]) => [id % declared, x]));
      const ids = [...kept.keys()].sort((a, b) => a - b);
      const training = {
        ...{ options: { l1: 1 }, rows: 3, seen: ids.length, seenByFeature: [] },
        loss: { progressive: null, train: 0.5, validation: null },
      };
      const parts = { loss: "logistic" as const, intercept: b === 0 ? 0 : b, declared, slots: null, vwBits: null };
      const values = Float32Array.from(ids, (id) => kept.get(id)!);
      const model = new Model({ ...parts, change: null, training, space }, Float64Array.from(ids), values);
      const again = decodeModel(encodeModel(model));
      expect([again.ids, again.values, again.intercept]).toEqual([model.ids, model.values, model.intercept]);
      expect(again.space?.state.learned).toEqual(space?.state.learned);
      expect(encodeModel(again)).toEqual(encodeModel(model));
    }),
  );
});

test("a training state's file holds what the state does", async () => {
  const file = (await streamSvmlight(bytesOf("1 1:1\n-1 2:1\n"), { lambda1: 0, keepState: true })).state!;
  const state = decodeState(file);
  const declared = Number.MAX_SAFE_INTEGER;
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: declared - 1 }), { maxLength: 30 });
  fc.assert(
    fc.property(ids, fc.array(fc.double({ noNaN: true })), fc.jsonValue(), (list, globals, setting) => {
      const columns = {
        kind: "numbered" as const,
        ids: Float64Array.from(list),
        state: Uint8Array.from({ length: 8 * list.length }, (_, i) => i),
      };
      const settings = { setting: setting as never };
      const given = { ...state, declared, columns, globals: Float64Array.from(globals), settings };
      const { columns: read, ...rest } = decodeState(encodeState(given));
      expect(read).toEqual(columns);
      expect(rest.globals).toEqual(given.globals);
      expect(rest.settings).toEqual(JSON.parse(JSON.stringify(given.settings)));
    }),
  );
});

test("every id has a name, and the name the id", () => {
  fc.assert(
    fc.property(learned, (space) => {
      for (let id = 0; id < space.declared; id++) {
        const text = space.nameOf(id);
        const alike = Array.from({ length: space.declared }, (_, i) => i).filter((it) => space.nameOf(it) === text);
        expect(alike).toContain(space.idOf(text));
      }
    }),
  );
});

/** Expressions, and what they are. */
const { tree } = fc.letrec<{ tree: { text: string; value: number | null } }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    fc.nat(1000).map((it) => ({ text: String(it), value: it })),
    fc.double({ min: 0, max: 1e6, noNaN: true }).map((it) => ({ text: String(it), value: it })),
    fc.constantFrom(...["x", "`a b`", "`__proto__`"]).map((it) => ({ text: it, value: CELLS.get(it)! })),
    fc.tuple(tie("tree"), fc.constantFrom("+", "-", "*", "/"), tie("tree")).map(([a, sign, b]) => ({
      text: `(${a.text}) ${sign} (${b.text})`,
      value: a.value === null || b.value === null ? null : computed(a.value, sign, b.value),
    })),
    tie("tree").map((a) => ({ text: `-(${a.text})`, value: a.value === null ? null : 0 - a.value })),
  ),
}));
const CELLS = new Map([
  ["x", 2.5],
  ["`a b`", -3],
  ["`__proto__`", 7],
]);
const cellOf = (column: string) => CELLS.get(column === "x" ? column : `\`${column}\``);

function computed(a: number, sign: string, b: number): number | null {
  const result = sign === "+" ? a + b : sign === "-" ? a - b : sign === "*" ? a * b : a / b;
  return Number.isFinite(result) ? result : null;
}

describe("an expression", () => {
  test("is computed as it is written", () => {
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        fc.pre(text.length < 1000);
        expect(compileExpression(text).evaluate(cellOf)).toBe(value);
      }),
    );
  });

  test("that compares is true where that is so", () => {
    const sign = fc.constantFrom<Operator>("<", "<=", ">", ">=", "==", "!=");
    fc.assert(
      fc.property(tree, sign, tree, (a, operator, b) => {
        fc.pre(a.text.length + b.text.length < 1000);
        const [x, y] = [a.value, b.value];
        const order = x === null || y === null ? null : x - y;
        const holds = { "<": order! < 0, "<=": order! <= 0, ">": order! > 0, ">=": order! >= 0 } as Record<
          string,
          boolean
        >;
        const expected = order === null ? null : (holds[operator] ?? (operator === "==") === (order === 0));
        expect(compileExpression(`${a.text} ${operator} ${b.text}`).evaluate(cellOf)).toBe(expected);
      }),
    );
  });
});
