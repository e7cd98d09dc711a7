import { log1pExp, sigmoid } from "./math";

/** A loss as a function of one margin m = x·w + b and its target y. Stateless: called as `changetype<D>(0).loss(y, m)`. */
export abstract class Datafit {
  abstract loss(y: f64, m: f64): f64;
  /** ∂loss/∂m */
  abstract gradient(y: f64, m: f64): f64;
  /** ∂²loss/∂m² */
  abstract curvature(y: f64, m: f64): f64;
}

/** log(1 + exp(−y·m)), y ∈ {−1, +1}. */
export class Logistic extends Datafit {
  loss(y: f64, m: f64): f64 {
    return log1pExp(-y * m);
  }

  gradient(y: f64, m: f64): f64 {
    return -y * sigmoid(-y * m);
  }

  curvature(y: f64, m: f64): f64 {
    return sigmoid(m) * sigmoid(-m);
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

  curvature(_y: f64, _m: f64): f64 {
    return 1.0;
  }
}
