import type { Random } from "../../src/random.js";
import { bytesOf } from "../helpers.js";

/** What breaks readers. */
const PIECES = [
  ..."0 1 -1 +1 9 00 1.5 .5 5. 1e5 1e-5 1e309 1e39 nan inf 0x1 1_0 1,5 -0".split(" "),
  ..."2147483648 4294967295 4294967297 9007199254740991 9007199254740992 99999999999999999999".split(" "),
  ...': | # qid: , ; " "" \' { } [ ] \\ \\u0041 true null __proto__ constructor'.split(" "),
  ...[" ", "\t", "\n", "\r", "\r\n", "\n\n", "\0", "\x0b", "\x1b", "\x7f", "é", "😀", "\u2028", "\ufeff", "\ufffd"],
].map(bytesOf);
const BROKEN = [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0x80], [0xed, 0xa0, 0x80]].map((it) =>
  Uint8Array.from(it),
);

/** Returns a seed with one change to three, of which some take in a part of another. */
export function mutated(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = pick(seeds, random);
  for (let left = random.below(3); left >= 0; left--) {
    const at = random.below(bytes.length + 1);
    const to = Math.min(at + 1 + random.below(random.below(4) ? 3 : 40), bytes.length);
    const part = bytes.subarray(at, to);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(to)];
    const ways = [
      () => [before, after],
      () => [before, part, part, after],
      () => [before, pick(PIECES, random), bytes.subarray(at)],
      () => [before, pick(PIECES, random), after],
      () => [before, pick(random.below(4) ? PIECES : BROKEN, random), after],
      () => [before, part.map((byte) => byte ^ (1 << random.below(8))), after],
      () => [before, pick(seeds, random).subarray(random.below(20)), after],
      () => [before, part.toReversed(), after],
    ];
    bytes = new Uint8Array(Buffer.concat(pick(ways, random)()));
  }
  return bytes;
}

/** Changes one value anywhere in JSON. */
export function mutatedJson(value: unknown, random: Random): unknown {
  const isInside = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (!isInside || random.below(6) === 0) return pick(JUNK, random);
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  const key = pick(Object.keys(copy), random);
  if (random.below(12) === 0) delete copy[key];
  else copy[key] = mutatedJson(copy[key], random);
  return copy;
}

const JUNK = [null, true, false, 0, 1, -1, 2, 3, 0.5, 1e300, 2 ** 32, 2 ** 53, -0.1, "", "x", "1", "__proto__"].concat([
  [],
  {},
  [0],
  [null],
  ["x"],
  { a: 1 },
  [[]],
] as never[]);

export function pick<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)]!;
}
