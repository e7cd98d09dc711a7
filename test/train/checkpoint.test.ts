import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/model/crc32.js";
import { category, encodeModel, featureSpace, ModelError, streamCsv, streamSvmlight } from "../../src/node.js";
import { Random } from "../../src/random.js";
import { decodeState, encodeState } from "../../src/train/checkpoint.js";
import { bytesOf, errorOf } from "../helpers.js";

const ROWS = bytesOf("1 1:1 3:2\n-1 2:1\n1 9007199254740991:1\n");
const SPACE = featureSpace({ c: category("c") });

const stateOf = async (options: object) => (await streamSvmlight(ROWS, { ...options, keepState: true })).state!;
const STATES: Record<string, () => Promise<Uint8Array>> = {
  numbered: () => stateOf({ lambda1: 0.1 }),
  touched: () => stateOf({ lambda1: 0.1, bits: 6 }),
  dense: () => stateOf({ lambda1: 0.1, bits: 1 }),
  sgd: () => stateOf({ solver: "sgd" }),
  space: async () => {
    const options = { space: SPACE, target: "y", keepState: true, solver: "sgd" } as const;
    return (await streamCsv(bytesOf("c,y\na,1\nb,0\n"), options)).state!;
  },
};

/** Returns a state's file with another header, and a checksum that fits. */
function edited(file: Uint8Array, edit: (header: Record<string, unknown>) => void): Uint8Array {
  const length = new DataView(file.buffer).getUint32(12, true);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(16, 16 + length)));
  edit(header);
  const json = bytesOf(JSON.stringify(header));
  const bytes = new Uint8Array([...file.subarray(0, 16), ...json, ...file.subarray(16 + length)]);
  new DataView(bytes.buffer).setUint32(12, json.length, true);
  return sealed(bytes);
}

function sealed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

describe.each(Object.keys(STATES))("a state of kind %s", (kind) => {
  test("is the same after decoding and encoding, wherever its bytes lie", async () => {
    const file = await STATES[kind]!();
    const shifted = new Uint8Array([0, 0, 0, ...file]).subarray(3);
    expect(encodeState(decodeState(shifted))).toEqual(file);
    expect(encodeState(decodeState(Buffer.from(file)))).toEqual(file);
  });

  test("cut short at any length or with any byte flipped is refused", async () => {
    const file = await STATES[kind]!();
    for (let length = 0; length < file.length; length++) {
      expect(await errorOf(() => decodeState(file.slice(0, length)))).toBeInstanceOf(ModelError);
    }
    for (let at = 0; at < file.length; at++) {
      const flipped = file.slice();
      flipped[at]! ^= 1 << (at % 8);
      expect(await errorOf(() => decodeState(flipped))).toBeInstanceOf(ModelError);
    }
  });

  test("with random bytes and a checksum that fits is refused or decoded, and never asks for more than its size", async () => {
    const file = await STATES[kind]!();
    const random = new Random(5);
    for (let round = 0; round < 2000; round++) {
      const bytes = file.slice();
      for (let k = random.below(4); k >= 0; k--) bytes[12 + random.below(bytes.length - 12)] = random.below(256);
      try {
        const { columns, globals } = decodeState(sealed(bytes));
        expect(columns.state.length + 8 * globals.length).toBeLessThan(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(ModelError);
      }
    }
  });
});

test("the header of a file that lies is found out", async () => {
  const numbered = await STATES.numbered!();
  const touched = await STATES.touched!();
  const cases: [Uint8Array, Record<string, unknown>, RegExp][] = [
    [numbered, { columns: 2 ** 52 }, /sections do not add up/],
    [numbered, { columns: -1 }, /a length is no count/],
    [numbered, { globals: 2 ** 52 }, /sections do not add up/],
    [numbered, { globals: 1.5 }, /a length is no count/],
    [numbered, { kind: "toString" }, /no known kind/],
    [numbered, { kind: "dense" }, /"slots" does not fit/],
    [numbered, { kind: "dense", slots: 2 ** 40 }, /sections do not add up/],
    [numbered, { settings: null }, /settings/],
    [numbered, { inputs: [{}] }, /inputs/],
    [numbered, { counts: {} }, /counts/],
    [numbered, { space: { definition: {}, learned: [] } }, /damaged/],
    [touched, { slots: 1 }, /slots do not ascend/],
    [touched, { slots: null }, /"slots" does not fit/],
  ];
  for (const [file, edit, message] of cases) {
    const error = await errorOf(() => decodeState(edited(file, (header) => Object.assign(header, edit))));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
  }
  const longest = numbered.slice();
  new DataView(longest.buffer).setUint32(12, 0xffffffff, true);
  expect((await errorOf(() => decodeState(sealed(longest)))).message).toMatch(/header is longer than the file/);
});

test.each([
  ["small", 7, 8],
  ["large", 2 ** 22, 4194305],
  ["largest", Number.MAX_SAFE_INTEGER - 1, 9007199254740991],
])("an index that is there twice is found out, a %s one", async (_, id, index) => {
  const file = await STATES.numbered!();
  const { columns, ...state } = decodeState(file);
  if (columns.kind !== "numbered") throw new Error("expected numbered columns");
  for (const from of [0, columns.ids.length - 2]) {
    const resume = encodeState({ ...state, columns: { ...columns, ids: columns.ids.slice().fill(id, from) } });
    const error = await errorOf(streamSvmlight(ROWS, { lambda1: 0.1, resume }));
    expect(error.message).toBe(`training state is damaged: index ${index} is there twice`);
  }
});

test("files of another version, and models, are told apart", async () => {
  const file = await STATES.numbered!();
  file[7] = 9;
  expect((await errorOf(() => decodeState(file))).message).toBe(
    "training state of version 9; this is nought for version 2",
  );
  const { model } = await streamSvmlight(ROWS, {});
  expect((await errorOf(() => decodeState(encodeModel(model)))).message).toBe("not a nought training state");
});
