import { expect, test } from "vitest";
import { crc32 } from "../../src/model/crc32.js";
import { bytesOf } from "../helpers.js";

test("is that of ISO 3309, for any length", () => {
  expect(crc32(bytesOf("123456789"))).toBe(0xcbf43926);
  const text = bytesOf("The quick brown fox jumps over the lazy dog");
  expect(crc32(text)).toBe(0x414fa339);
  for (let length = 0; length <= text.length; length++) {
    // A bit at a time, as the polynomial is defined.
    let c = -1;
    for (const byte of text.subarray(0, length)) {
      c ^= byte;
      for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    }
    expect(crc32(text.subarray(0, length))).toBe(~c >>> 0);
  }
});
