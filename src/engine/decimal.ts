/** Of the powers of ten that assembly/decimal.ts takes, the first and how many. */
const LEAST = -292;
const COUNT = 617;

/** Returns the 128 bits of each power from its first on, rounded up, as {higher, lower} halves of 64. */
export function powersOfTen(): Uint32Array {
  const powers = new BigUint64Array(2 * COUNT);
  for (let i = 0; i < COUNT; i++) {
    const k = LEAST + i;
    const up = 10n ** BigInt(Math.max(k, 0));
    const down = 10n ** BigInt(Math.max(-k, 0));
    const shift = 127 - Math.floor(k * Math.log2(10));
    const [dividend, divisor] = shift >= 0 ? [up << BigInt(shift), down] : [up, down << BigInt(-shift)];
    const bits = (dividend + divisor - 1n) / divisor;
    powers.set([bits >> 64n, bits & (2n ** 64n - 1n)], 2 * i);
  }
  return new Uint32Array(powers.buffer);
}
