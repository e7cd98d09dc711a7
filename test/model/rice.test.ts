import { createHash } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { ModelError } from "../../src/errors.js";
import { seal } from "../../src/model/container.js";
import { BLOCK, checkRuns, encodeRice, readNumber, readRuns, start } from "../../src/model/rice.js";
import { sha256 } from "../../src/model/sha256.js";
import { Random } from "../../src/random.js";

function decode(bytes: Uint8Array, count: number): number[] {
  const view = new DataView(bytes.buffer);
  const [sum] = checkRuns(view, [count]);
  const [numbers] = readRuns(view, [count]) as [Float64Array];
  expect(sum).toBe(numbers.reduce((total, it) => total + it, 0));
  return Array.from(numbers);
}

describe("Rice codes", () => {
  const random = new Random(3);
  const draw = (count: number, below: number) => Array.from({ length: count }, () => Math.floor(random.unit() * below));
  test.each([
    ["none", []],
    ["zeros", new Array(100).fill(0)],
    ["small", draw(1000, 5)],
    ["of 32 bits", draw(100, 2 ** 32)],
    ["of 53 bits", [...draw(100, 2 ** 53), Number.MAX_SAFE_INTEGER]],
    ["one large among small", [...draw(31, 3), 5000, ...draw(40, 3), 2 ** 40]],
  ])("%s come back, and nothing is left over", (_, numbers) => {
    expect(decode(encodeRice(numbers), numbers.length)).toEqual(numbers);
  });

  test("are read as far as is wanted, and from there on", () => {
    const numbers = draw(100, 1000);
    const bytes = encodeRice(numbers);
    const view = new DataView(bytes.buffer);
    const at = start();
    const read = (i: number) => readNumber(view, at, i);
    expect(numbers.slice(0, 41).map((_, i) => read(i))).toEqual(numbers.slice(0, 41));
    const { bit, r } = at;
    expect(numbers.slice(41).map((_, i) => read(41 + i))).toEqual(numbers.slice(41));
    expect(readNumber(view, { bit, r }, 41)).toBe(numbers[41]);
  });

  test("are read by the build of nought/predict, which has no short way for most of them", async () => {
    vi.stubGlobal("NOUGHT_TINY", true);
    vi.resetModules();
    const tiny = await import("../../src/model/rice.js");
    vi.unstubAllGlobals();
    const numbers = [...draw(500, 9), ...draw(100, 2 ** 32), ...draw(100, 2 ** 53)];
    const bytes = encodeRice(numbers);
    expect(Array.from(tiny.readRuns(new DataView(bytes.buffer), [numbers.length])[0]!)).toEqual(numbers);
  });

  test("with anything left over are refused", () => {
    const codes = encodeRice([1, 20, 300]);
    for (const [bytes, count] of [
      [codes, 2],
      [codes, 4],
      [codes, 1000],
      [Uint8Array.of(...codes, 0), 3],
    ] as const) {
      expect(() => decode(bytes, count)).toThrow(ModelError);
    }
  });

  test("are no longer than Elias–Fano and bitmap, but for 6 bits a block", () => {
    for (const [declared, count] of [
      [1e6, 1000],
      [1e5, 40_000],
      [1e9, 5000],
    ] as const) {
      const ids = [...new Set(draw(count, declared))].sort((a, b) => a - b);
      const l = Math.max(0, Math.floor(Math.log2(declared / ids.length)));
      const eliasFano = ids.length * (l + 1) + Math.floor(ids.at(-1)! / 2 ** l);
      const bits = 8 * encodeRice(ids.map((id, i) => id - (ids[i - 1] ?? -1) - 1)).length - 7 - 32;
      expect(bits).toBeLessThanOrEqual(Math.min(eliasFano, declared) + 6 * Math.ceil(ids.length / BLOCK));
    }
  });
});

describe("sha256", () => {
  test("is that of Node, at every length around a block and where Node's own is taken, within a larger buffer", () => {
    const bytes = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 37) ^ (i >> 3));
    const lengths = Array.from({ length: 260 }, (_, i) => i);
    for (const length of [...lengths, 20_000, 20_001, 29_990]) {
      const part = bytes.subarray(5, 5 + length);
      const hex = Array.from(sha256(part), (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
      expect(hex).toBe(createHash("sha256").update(part).digest("hex"));
    }
  });
});

test("a file is not begun where it could not be read", () => {
  const many = (what: string) => new ModelError(`a model of so many ${what} has no file`);
  expect(() => seal({}, [new Uint8Array(2 ** 28)])).toThrow(many("weights"));
  expect(() => seal({ names: "x".repeat(2 ** 26) }, [])).toThrow(many("features"));
});
