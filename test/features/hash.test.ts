import { expect, test } from "vitest";
import { hashId, hashText } from "../../src/features/hash.js";

test.each([
  ["", 0, 0],
  ["", 1, 0x514e28b7],
  ["hello", 0, 0x248bfa47],
  ["hello, world", 0, 0x149bbb7f],
  ["The quick brown fox jumps over the lazy dog", 0, 0x2e4ff723],
])("hashText(%j, %i) is MurmurHash3", (text, seed, expected) => {
  expect(hashText(text, seed)).toBe(expected);
});

test("texts longer than the buffer are hashed whole", () => {
  const long = "é".repeat(1000);
  expect(hashText(`${long}a`)).not.toBe(hashText(`${long}b`));
  expect(hashText(long)).toBe(hashText(long));
});

test("hashId tells ids apart by their high bits, and by order", () => {
  expect(hashId(0, 1)).not.toBe(hashId(0, 1 + 2 ** 32));
  expect(hashId(hashId(0, 1), 2)).not.toBe(hashId(hashId(0, 2), 1));
  const met = new Set(Array.from({ length: 10_000 }, (_, id) => hashId(7, id)));
  expect(met.size).toBeGreaterThan(9_990);
});
