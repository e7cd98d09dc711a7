// The operations of assembly/math.ts in the same order, so that both give the same bits.

const { LN2, LOG2E } = Math;
const LN2_HI = 0.6931471803691238;
const LN2_LO = 1.9082149292705877e-10;
const SQRT2_MINUS_1 = 0.41421356237309503;
const EXP_FLOOR = -708;

/** POWERS_OF_HALF[k] = 2^−k, exact. */
const POWERS_OF_HALF = Float64Array.from({ length: 1023 }, (_, k) => 2 ** -k);

/** Returns e^x for x ≤ 0, within 1 ulp; 0 below −708. */
export function expNegative(x: number): number {
  if (x < EXP_FLOOR) return 0;
  const k = Math.floor(x * LOG2E + 0.5);
  const r = x - k * LN2_HI - k * LN2_LO;
  let p = 1 / 6227020800;
  p = p * r + 1 / 479001600;
  p = p * r + 1 / 39916800;
  p = p * r + 1 / 3628800;
  p = p * r + 1 / 362880;
  p = p * r + 1 / 40320;
  p = p * r + 1 / 5040;
  p = p * r + 1 / 720;
  p = p * r + 1 / 120;
  p = p * r + 1 / 24;
  p = p * r + 1 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * (POWERS_OF_HALF[-k] as number);
}

/** Returns log(1 + u) for 0 ≤ u ≤ 1, within 3 ulp. */
export function log1pUnit(u: number): number {
  const high = u > SQRT2_MINUS_1;
  const log = logOfRatio(high ? (u - 1) / (u + 3) : u / (u + 2));
  return high ? LN2 + log : log;
}

/** Returns log((1+s)/(1−s)) for |s| ≤ 0.172. */
function logOfRatio(s: number): number {
  const q = s * s;
  const q2 = q * q;
  const q4 = q2 * q2;
  const low = 1 / 3 + (1 / 5) * q + q2 * (1 / 7 + (1 / 9) * q);
  const middle = 1 / 11 + (1 / 13) * q + q2 * (1 / 15 + (1 / 17) * q);
  const high = 1 / 19 + (1 / 21) * q;
  return 2 * s * (1 + q * (low + q4 * (middle + q4 * high)));
}

/** Returns log x, the same on every machine, as Math.log need not be. */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return Math.log(x);
  let [mantissa, doublings] = [x, 0];
  for (; mantissa >= 1.5; doublings++) mantissa /= 2;
  for (; mantissa < 0.75; doublings--) mantissa *= 2;
  const rest = mantissa < 1 ? -log1pUnit((1 - mantissa) / mantissa) : log1pUnit(mantissa - 1);
  return doublings * LN2 + rest;
}

/** Returns log(1 + e^m) without overflow. */
export function log1pExp(m: number): number {
  return Math.max(m, 0) + log1pUnit(expNegative(-Math.abs(m)));
}

/** Returns 1 / (1 + e^−m) without overflow. */
export function sigmoid(m: number): number {
  const e = expNegative(-Math.abs(m));
  return (m >= 0 ? 1 : e) / (1 + e);
}

/** Moves v towards 0 by t ≥ 0 and stops at exactly 0: S(v, t) = sgn(v)·max(|v| − t, 0). */
export function softThreshold(v: number, t: number): number {
  if (Math.abs(v) <= t) return 0;
  return v > 0 ? v - t : v + t;
}

/** Below this, −t·log t is left out: it would add less than 10⁻¹⁵, and what needs it may be too small, never too large. */
const NEGLIGIBLE = 1e-18;

/** Returns −u·log u − (1−u)·log(1−u) for 0 ≤ u ≤ 1. */
export function entropy(u: number): number {
  return surprise(u) + surprise(1 - u);
}

/** Returns −t·log t for 0 ≤ t ≤ 1. */
function surprise(t: number): number {
  if (t < NEGLIGIBLE) return 0;
  let [m, k] = [t, 0];
  for (; m < Math.SQRT1_2; k--) m *= 2;
  return t * (logOfRatio((1 - m) / (1 + m)) - k * LN2);
}
