import { mix } from "./columns";

/** MurmurHash3 (x86, 32 bits, Appleby 2011) of bytes from ≤ at < to, as hashBytes of src/features/hash.ts. Reads up to 3 more. */
export function hashBytes(from: usize, to: usize, seed: u32): u32 {
  const length = to - from;
  const body = to - (length & 3);
  let h = seed;
  for (let at = from; at < body; at += 4) h = step(h, load<u32>(at));
  // Of no bytes the scrambled tail is 0.
  const tail = load<u32>(body) & ((1 << (<u32>(length & 3) << 3)) - 1);
  return mix(h ^ scramble(tail) ^ <u32>length);
}

/** As hashBytes from 0 on, quicker for 8 bytes and less. Reads up to 8. */
// @ts-ignore: decorator
@inline
export function hashCell(from: usize, to: usize): u32 {
  const length = <u32>(to - from);
  const bytes = load<u64>(from);
  if (length < 8) return hashShort(bytes, length, 0);
  return length > 8 ? hashBytes(from, to, 0) : mix(step(step(0, <u32>bytes), <u32>(bytes >> 32)) ^ 8);
}

/** As hashBytes of the first `length` ≤ 7 bytes of eight; no branch depends on it. */
// @ts-ignore: decorator
@inline
export function hashShort(bytes: u64, length: u32, seed: u32): u32 {
  const isLong = 0 - (length >> 2);
  const h = seed ^ ((seed ^ step(seed, <u32>bytes)) & isLong);
  const tail = <u32>(bytes >> (32 & isLong)) & ((1 << ((length & 3) << 3)) - 1);
  return mix(h ^ scramble(tail) ^ length);
}

// @ts-ignore: decorator
@inline
function step(h: u32, k: u32): u32 {
  return rotl(h ^ scramble(k), 13) * 5 + 0xe6546b64;
}

// @ts-ignore: decorator
@inline
function scramble(k: u32): u32 {
  return rotl(k * 0xcc9e2d51, 15) * 0x1b873593;
}

/** As hashId of src/features/hash.ts. */
// @ts-ignore: decorator
@inline
export function fold(hash: u32, id: u64): u32 {
  const high = <u32>(id >> 32);
  return mix((hash * 16777619) ^ mix(<u32>id ^ (high ? mix(high) : 0)));
}
