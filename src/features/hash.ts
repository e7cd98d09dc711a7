import { mix } from "../random.js";

const encoder = new TextEncoder();
let bytes = new Uint8Array(256);

/** Returns MurmurHash3 (x86, 32 bits, Appleby 2011) of the text's UTF-8 bytes, in [0, 2³²). */
export function hashText(text: string, seed = 0): number {
  if (text.length * 3 > bytes.length) bytes = new Uint8Array(text.length * 3);
  const length = encoder.encodeInto(text, bytes).written;
  const body = length & ~3;
  let h = seed;
  for (let i = 0; i < body; i += 4) {
    const k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    h ^= scramble(k);
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let i = length - 1; i >= body; i--) tail = (tail << 8) | bytes[i]!;
  if (length > body) h ^= scramble(tail);
  return mix(h ^ length);
}

function scramble(k: number): number {
  const product = Math.imul(k, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/** Folds an id of up to 53 bits into a hash, for crosses: order matters, every bit of both counts. */
export function hashId(hash: number, id: number): number {
  return mix(Math.imul(hash, 16777619) ^ mix((id | 0) ^ mix(Math.floor(id / 2 ** 32))));
}
