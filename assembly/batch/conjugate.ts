import { Conjugate, Matrix } from "../layout";
import { margins, Values } from "../sparse";
import { bend } from "./quadratic";

/** Least curvature along a direction, as a share of the preconditioner's. Columns that add up to another have none. */
const FLAT: f64 = 1e-10;

/**
 * Adds to o.step the approximate minimum of ½dᵀHd − residualᵀd, H = XᵀDX + ridge, by preconditioned conjugate gradients
 * (Hestenes & Stiefel 1952), and leaves the residual there. A direction without curvature is the last that it takes. x: by columns; rows: the same by rows, `count` of them.
 */
export function conjugate<V extends Values>(x: Matrix, rows: Matrix, count: u32, o: Conjugate): void {
  const products = o.products;
  const inverse = o.inverse;
  const ridge = o.ridge;
  const residual = o.residual;
  const search = o.search;
  const step = o.step;
  const curved = o.curved;
  const end = <usize>o.columns << 3;
  let energy: f64 = 0.0;
  for (let t: usize = 0; t < end; t += 8) {
    const r = load<f64>(residual + t);
    const z = r * load<f64>(inverse + t);
    store<f64>(search + t, z);
    energy += r * z;
  }
  const enough = o.enough * energy;
  for (let left = o.limit; left > 0 && energy > enough; --left) {
    margins<V>(rows, 0, count, search, 0.0, products);
    let bent = bend(0, count, o.model, products);
    let scale: f64 = 0.0;
    margins<V>(x, 0, o.columns, products, 0.0, curved);
    for (let t: usize = 0; t < end; t += 8) {
      const p = load<f64>(search + t);
      const l2 = load<f64>(ridge + t);
      const weight = load<f64>(inverse + t);
      bent += l2 * p * p;
      if (weight != 0.0) scale += (p * p) / weight;
      store<f64>(curved + t, load<f64>(curved + t) + l2 * p);
    }
    const isFlat = bent < FLAT * scale;
    const alpha = energy / (isFlat ? FLAT * scale : bent);
    let next: f64 = 0.0;
    for (let t: usize = 0; t < end; t += 8) {
      const weight = load<f64>(inverse + t);
      if (weight == 0.0) continue;
      store<f64>(step + t, load<f64>(step + t) + alpha * load<f64>(search + t));
      const r = load<f64>(residual + t) - alpha * load<f64>(curved + t);
      store<f64>(residual + t, r);
      next += r * r * weight;
    }
    const beta = next / energy;
    for (let t: usize = 0; t < end; t += 8) {
      store<f64>(search + t, load<f64>(residual + t) * load<f64>(inverse + t) + beta * load<f64>(search + t));
    }
    energy = isFlat ? 0.0 : next;
  }
}
