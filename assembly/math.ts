// Scalar mathematics whose bits are the same on every machine: only +, −, ×, ÷ and exact scalings,
// all correctly rounded by IEEE 754. src/baseline/math.ts does the same operations in the same order.

const LOG2E: f64 = 1.4426950408889634;
/** ln 2 = LN2_HI + LN2_LO; LN2_HI has 32 trailing zero bits, so k · LN2_HI is exact for |k| < 2³². */
const LN2_HI: f64 = 0.6931471803691238;
const LN2_LO: f64 = 1.9082149292705877e-10;
const LN2: f64 = 0.6931471805599453;
const SQRT2_MINUS_1: f64 = 0.41421356237309503;
/** Below this e^x is under 2⁻¹⁰²², the smallest normal number; it is flushed to 0. */
const EXP_FLOOR: f64 = -708.0;

/** Returns e^x for x ≤ 0, within 1 ulp; 0 below −708. Cody–Waite reduction, then the Taylor series on |r| ≤ ½ ln 2. */
export function expNegative(x: f64): f64 {
  if (x < EXP_FLOOR) return 0.0;
  const k = floor<f64>(x * LOG2E + 0.5);
  const r = x - k * LN2_HI - k * LN2_LO;
  // r¹⁴/14! < 5·10⁻¹⁸: thirteen terms reach the last bit. In this order, as in nought/predict.
  let p: f64 = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * reinterpret<f64>((<i64>k + 1023) << 52);
}

/** As expNegative, two at a time: the same operations in each lane. */
// @ts-ignore: decorator
@inline
export function expNegativeTwo(x: v128): v128 {
  const k = f64x2.floor(f64x2.add(f64x2.mul(x, f64x2.splat(LOG2E)), f64x2.splat(0.5)));
  const reduced = f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HI)));
  const r = f64x2.sub(reduced, f64x2.mul(k, f64x2.splat(LN2_LO)));
  let p = f64x2.splat(1.0 / 6227020800.0);
  p = horner(p, r, 1.0 / 479001600.0);
  p = horner(p, r, 1.0 / 39916800.0);
  p = horner(p, r, 1.0 / 3628800.0);
  p = horner(p, r, 1.0 / 362880.0);
  p = horner(p, r, 1.0 / 40320.0);
  p = horner(p, r, 1.0 / 5040.0);
  p = horner(p, r, 1.0 / 720.0);
  p = horner(p, r, 1.0 / 120.0);
  p = horner(p, r, 1.0 / 24.0);
  p = horner(p, r, 1.0 / 6.0);
  p = horner(p, r, 0.5);
  p = horner(p, r, 1.0);
  p = horner(p, r, 1.0);
  const exponents = i64x2.add(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k)), i64x2.splat(1023));
  const isTiny = f64x2.lt(x, f64x2.splat(EXP_FLOOR));
  return v128.andnot(f64x2.mul(p, i64x2.shl(exponents, 52)), isTiny);
}

/** Returns p·x + c. */
// @ts-ignore: decorator
@inline
function horner(p: v128, x: v128, c: f64): v128 {
  return join(f64x2.splat(c), p, x);
}

/** Returns a + b·x. */
// @ts-ignore: decorator
@inline
function line(a: f64, b: f64, x: v128): v128 {
  return join(f64x2.splat(a), f64x2.splat(b), x);
}

/** Returns a + b·x. */
// @ts-ignore: decorator
@inline
function join(a: v128, b: v128, x: v128): v128 {
  return f64x2.add(a, f64x2.mul(b, x));
}

/** Returns log(1 + u) for 0 ≤ u ≤ 1, within 3 ulp. */
// @ts-ignore: decorator
@inline
export function log1pUnit(u: f64): f64 {
  // Above √2 − 1, log(1+u) = ln 2 + log((1+u)/2) keeps s small.
  const high = u > SQRT2_MINUS_1;
  const s = high ? (u - 1.0) / (u + 3.0) : u / (u + 2.0);
  const log = logOfRatio(s);
  return high ? LN2 + log : log;
}

/** Returns log((1+s)/(1−s)) = 2(s + s³/3 + s⁵/5 + …) for |s| ≤ 0.172. */
function logOfRatio(s: f64): f64 {
  // q¹¹/23 < 10⁻¹⁸. Pairs of terms do not wait for each other (Estrin's scheme).
  const q = s * s;
  const q2 = q * q;
  const q4 = q2 * q2;
  const low = 1.0 / 3.0 + (1.0 / 5.0) * q + q2 * (1.0 / 7.0 + (1.0 / 9.0) * q);
  const middle = 1.0 / 11.0 + (1.0 / 13.0) * q + q2 * (1.0 / 15.0 + (1.0 / 17.0) * q);
  const high = 1.0 / 19.0 + (1.0 / 21.0) * q;
  return 2.0 * s * (1.0 + q * (low + q4 * (middle + q4 * high)));
}

/** As log1pUnit, two at a time: the same operations in each lane. */
// @ts-ignore: decorator
@inline
export function log1pUnitTwo(u: v128): v128 {
  const high = f64x2.gt(u, f64x2.splat(SQRT2_MINUS_1));
  const over = f64x2.sub(u, v128.and(high, f64x2.splat(1.0)));
  const under = f64x2.add(u, v128.bitselect(f64x2.splat(3.0), f64x2.splat(2.0), high));
  return f64x2.add(v128.and(high, f64x2.splat(LN2)), logOfRatioTwo(f64x2.div(over, under)));
}

// @ts-ignore: decorator
@inline
function logOfRatioTwo(s: v128): v128 {
  const q = f64x2.mul(s, s);
  const q2 = f64x2.mul(q, q);
  const q4 = f64x2.mul(q2, q2);
  const low = join(line(1.0 / 3.0, 1.0 / 5.0, q), line(1.0 / 7.0, 1.0 / 9.0, q), q2);
  const middle = join(line(1.0 / 11.0, 1.0 / 13.0, q), line(1.0 / 15.0, 1.0 / 17.0, q), q2);
  const high = line(1.0 / 19.0, 1.0 / 21.0, q);
  const p = join(f64x2.splat(1.0), join(low, join(middle, high, q4), q4), q);
  return f64x2.mul(f64x2.mul(f64x2.splat(2.0), s), p);
}

/** Below this, −t·log t is left out: it would add less than 10⁻¹⁵, and what needs it may be too small, never too large. */
const NEGLIGIBLE: f64 = 1e-18;
/** The bits of √½. */
const SQRT_HALF: i64 = 0x3fe6a09e667f3bcd;

/** Returns −u·log u − (1−u)·log(1−u) for 0 ≤ u ≤ 1: t = m·2ᵏ with √½ ≤ m < √2, so log t = log m + k·ln 2. */
export function entropy(u: f64): f64 {
  if (ASC_FEATURE_SIMD) return surpriseOfBoth(f64x2.replace_lane(f64x2.splat(u), 1, 1.0 - u));
  return surprise(u) + surprise(1.0 - u);
}

/** Returns −t·log t for 0 ≤ t ≤ 1. */
function surprise(t: f64): f64 {
  if (t < NEGLIGIBLE) return 0.0;
  const bits = reinterpret<i64>(t);
  const k = (bits - SQRT_HALF) >> 52;
  const m = reinterpret<f64>(bits - (k << 52));
  return t * (logOfRatio((1.0 - m) / (1.0 + m)) - <f64>k * LN2);
}

/** Returns the sum of `surprise` of two, by the same operations. */
// @ts-ignore: decorator
@inline
function surpriseOfBoth(t: v128): f64 {
  const one = f64x2.splat(1.0);
  const k = i64x2.shr_s(i64x2.sub(t, i64x2.splat(SQRT_HALF)), 52);
  const m = i64x2.sub(t, i64x2.shl(k, 52));
  const log = logOfRatioTwo(f64x2.div(f64x2.sub(one, m), f64x2.add(one, m)));
  const powers = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(k, k, 0, 2, 0, 2));
  const terms = f64x2.mul(t, f64x2.sub(log, f64x2.mul(powers, f64x2.splat(LN2))));
  const counting = v128.andnot(terms, f64x2.lt(t, f64x2.splat(NEGLIGIBLE)));
  return f64x2.extract_lane(counting, 0) + f64x2.extract_lane(counting, 1);
}

/** Returns log(1 + e^m) without overflow. */
// @ts-ignore: decorator
@inline
export function log1pExp(m: f64): f64 {
  return max<f64>(m, 0.0) + log1pUnit(expNegative(-abs<f64>(m)));
}

/** Returns 1 / (1 + e^−m) without overflow. */
// @ts-ignore: decorator
@inline
export function sigmoid(m: f64): f64 {
  const e = expNegative(-abs<f64>(m));
  return (m >= 0.0 ? 1.0 : e) / (1.0 + e);
}

/**
 * Moves v towards 0 by t ≥ 0 and stops at exactly 0: S(v, t) = v − clamp(v, −t, t). Never −0.
 * Without a branch where there is SIMD: a f64.min of WebAssembly minds NaN and costs two.
 */
// @ts-ignore: decorator
@inline
export function softThreshold(v: f64, t: f64): f64 {
  if (ASC_FEATURE_SIMD) {
    const bound = f64x2.splat(t);
    return v - f64x2.extract_lane(f64x2.pmax(f64x2.pmin(f64x2.splat(v), bound), f64x2.neg(bound)), 0);
  }
  return v - max<f64>(min<f64>(v, t), -t);
}
