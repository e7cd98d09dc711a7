import { entropy, expNegative, log1pExp, log1pUnit, sigmoid } from "./math";

/** A row whose curvature vanishes still bounds its step (Yuan, Ho & Lin, JMLR 2012). */
const LEAST_CURVATURE: f64 = 1e-12;

/** A loss as a function of one margin m = x·w + b and its target y. Stateless: called as `changetype<D>(0).loss(y, m)`. */
export abstract class Datafit {
  abstract loss(y: f64, m: f64): f64;
  /** ∂loss/∂m */
  abstract gradient(y: f64, m: f64): f64;
  /** −loss*(−a): what a row adds to the dual value at a = −∂loss/∂m, 0 beyond where it is finite. */
  abstract dual(y: f64, a: f64): f64;
  /** Stores the quadratic model {q, D} = s·{∂loss/∂m, ∂²loss/∂m²} at an address and returns s·loss. */
  abstract expand(y: f64, m: f64, s: f64, at: usize): f64;
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
    const u = min<f64>(abs<f64>(a), 1.0);
    return entropy(u) + entropy(1.0 - u);
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

  expand(y: f64, m: f64, s: f64, at: usize): f64 {
    store<f64>(at, s * (m - y));
    store<f64>(at, max<f64>(s, LEAST_CURVATURE), 8);
    return s * (0.5 * (y - m) * (y - m));
  }
}
