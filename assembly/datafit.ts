import { entropy, expNegative, expNegativeTwo, log1pExp, log1pUnit, log1pUnitTwo, sigmoid } from "./math";

/** A row whose curvature vanishes still bounds its step (Yuan, Ho & Lin, JMLR 2012). */
const LEAST_CURVATURE: f64 = 1e-12;

/** A loss as a function of one margin m = x·w + b and its target y. Stateless: called as `changetype<D>(0).loss(y, m)`. */
export abstract class Datafit {
  abstract loss(y: f64, m: f64): f64;
  /** ∂loss/∂m */
  abstract gradient(y: f64, m: f64): f64;
  /** −loss*(−a): what a row adds to the dual value at a = −∂loss/∂m, 0 beyond where it is finite. */
  abstract dual(y: f64, a: f64): f64;
  /** The nearest to a slope q = −s·a whose dual value is finite: 0 for a row that weighs nothing. */
  abstract nearest(y: f64, s: f64, q: f64): f64;
  /** Stores the quadratic model {q, D} = s·{∂loss/∂m, ∂²loss/∂m²} at an address and returns s·loss. */
  abstract expand(y: f64, m: f64, s: f64, at: usize): f64;
  /** As `expand`, of two rows side by side, with the same bits; only in builds with SIMD. */
  abstract expandTwo(y: v128, m: v128, s: v128, at: usize): v128;
  /** What an entry adds, times s, to its column's bound on the side that it pulls to. */
  abstract bound(x: f64): f64;
  /**
   * What the gradient of a column is at most at an optimum, from its bounds on both sides and Σ s·r² of the best model
   * without features.
   */
  abstract steepest(up: f64, down: f64, residuals: f64): f64;
}

/** log(1 + exp(−y·m)), y ∈ {−1, +1}. */
export class Logistic extends Datafit {
  loss(y: f64, m: f64): f64 {
    return log1pExp(-y * m);
  }

  gradient(y: f64, m: f64): f64 {
    return -y * sigmoid(-y * m);
  }

  /** −u log u − (1−u) log(1−u) with u = |a|. */
  dual(_y: f64, a: f64): f64 {
    return entropy(min<f64>(abs<f64>(a), 1.0));
  }

  /** 0 ≤ −y·q ≤ s */
  nearest(y: f64, s: f64, q: f64): f64 {
    return -y * min<f64>(max<f64>(-y * q, 0.0), s);
  }

  /** D = e/(1 + e)² with e = exp(−|m|): one exponential for all three. */
  expand(y: f64, m: f64, s: f64, at: usize): f64 {
    const e = expNegative(-abs<f64>(m));
    const wrong = -y * m;
    const share = 1.0 / (1.0 + e);
    store<f64>(at, s * (-y * ((wrong >= 0.0 ? 1.0 : e) * share)));
    store<f64>(at, max<f64>(s * (e * share * share), LEAST_CURVATURE), 8);
    return s * (max<f64>(wrong, 0.0) + log1pUnit(e));
  }

  bound(x: f64): f64 {
    return abs<f64>(x);
  }

  /** Every row pulls on a margin by less than s, positives up and negatives down, at any margins. */
  steepest(up: f64, down: f64, _residuals: f64): f64 {
    return max<f64>(up, down);
  }

  // @ts-ignore: decorator
  @inline
  expandTwo(y: v128, m: v128, s: v128, at: usize): v128 {
    const zero = f64x2.splat(0.0);
    const one = f64x2.splat(1.0);
    const e = expNegativeTwo(f64x2.neg(f64x2.abs(m)));
    const minus = f64x2.neg(y);
    const wrong = f64x2.mul(minus, m);
    const share = f64x2.div(one, f64x2.add(one, e));
    const sigma = f64x2.mul(v128.bitselect(one, e, f64x2.ge(wrong, zero)), share);
    const D = f64x2.mul(s, f64x2.mul(f64x2.mul(e, share), share));
    storeTwo(at, f64x2.mul(s, f64x2.mul(minus, sigma)), D);
    return f64x2.mul(s, f64x2.add(f64x2.max(wrong, zero), log1pUnitTwo(e)));
  }
}

/** ½(y − m)². */
export class Squared extends Datafit {
  loss(y: f64, m: f64): f64 {
    return 0.5 * (y - m) * (y - m);
  }

  gradient(y: f64, m: f64): f64 {
    return m - y;
  }

  /** y·a − ½a² */
  dual(y: f64, a: f64): f64 {
    return y * a - 0.5 * a * a;
  }

  nearest(_y: f64, s: f64, q: f64): f64 {
    return s > 0.0 ? q : 0.0;
  }

  expand(y: f64, m: f64, s: f64, at: usize): f64 {
    store<f64>(at, s * (m - y));
    store<f64>(at, max<f64>(s, LEAST_CURVATURE), 8);
    return s * (0.5 * (y - m) * (y - m));
  }

  bound(x: f64): f64 {
    return x * x;
  }

  /** |Σ s·x_ij·r_i| ≤ √(Σ s·x_ij²)·√(Σ s·r²), and Σ s·r² is at an optimum no more than without features. */
  steepest(up: f64, down: f64, residuals: f64): f64 {
    return sqrt<f64>(up + down) * sqrt<f64>(residuals); // their product may be below all numbers
  }

  // @ts-ignore: decorator
  @inline
  expandTwo(y: v128, m: v128, s: v128, at: usize): v128 {
    storeTwo(at, f64x2.mul(s, f64x2.sub(m, y)), s);
    const missed = f64x2.sub(y, m);
    return f64x2.mul(s, f64x2.mul(f64x2.mul(f64x2.splat(0.5), missed), missed));
  }
}

/** Stores {q, D} of two rows, their curvature floored. */
// @ts-ignore: decorator
@inline
function storeTwo(at: usize, q: v128, D: v128): void {
  const floored = f64x2.max(D, f64x2.splat(LEAST_CURVATURE));
  v128.store(at, v128.shuffle<f64>(q, floored, 0, 2));
  v128.store(at, v128.shuffle<f64>(q, floored, 1, 3), 16);
}
