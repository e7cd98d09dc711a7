import { mix } from "../random.js";

const encoder = /* @__PURE__ */ new TextEncoder();
let bytes = /* @__PURE__ */ new Uint8Array(256);

/** Returns hashBytes of the text's UTF-8 bytes. */
export function hashText(text: string, seed = 0): number {
  if (text.length * 3 > bytes.length) bytes = new Uint8Array(text.length * 3);
  return hashBytes(bytes, 0, encoder.encodeInto(text, bytes).written, seed);
}

/** Returns MurmurHash3 (x86, 32 bits, Appleby 2011) of bytes from ≤ i < to, in [0, 2³²). */
export function hashBytes(bytes: Uint8Array, from: number, to: number, seed: number): number {
  const length = to - from;
  const body = to - (length & 3);
  let h = seed;
  for (let i = from; i < body; i += 4) {
    const k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    h ^= scramble(k);
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let i = to - 1; i >= body; i--) tail = (tail << 8) | bytes[i]!;
  // Of no bytes the scrambled tail is 0.
  return mix(h ^ scramble(tail) ^ length);
}

function scramble(k: number): number {
  const product = Math.imul(k, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/** Returns a hash of the text in [0, 2ᵇⁱᵗˢ): by which models know values whose texts they do not keep. */
export function hashValue(text: string, bits: 32 | 53): number {
  return hashText(text) + (bits === 32 ? 0 : (hashText(text, 1) >>> 11) * 2 ** 32);
}

/** Folds an id of up to 53 bits into a hash, for crosses: order matters, every bit of both counts. */
export function hashId(hash: number, id: number): number {
  return mix(Math.imul(hash, 16777619) ^ mix((id | 0) ^ mix(Math.floor(id / 2 ** 32))));
}

/** The bytes of a word, 8 at most, as two numbers of 32 bits: the first the lowest, zeros after them. */
export function keyOf(bytes: Uint8Array, from: number, to: number): [low: number, high: number] {
  const key: [number, number] = [0, 0];
  for (let i = 0; i < to - from; i++) key[i >> 2]! |= bytes[from + i]! << (8 * (i & 3));
  return [key[0] >>> 0, key[1] >>> 0];
}
