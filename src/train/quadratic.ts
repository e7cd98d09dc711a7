import { softThreshold } from "../baseline/math.js";
import type { Matrix } from "../engine/kernels.js";
import type { State } from "./newton.js";
import type { WorkingSet } from "./working.js";

/** Residual left by conjugate gradients, squared, as a share of the first. */
const RESIDUAL = 0.01;

/** Least curvature along a direction, as a share of the preconditioner's. */
const FLAT = 1e-10;

/** The model that a Newton step minimises, Σ q·m + ½ Σ D·m² of the margins that a working set's weights move. */
export interface Quadratic {
  /** Visits order[0 … active) once, as the kernel `descend` does: see set.outcome. */
  descend(active: number, radius: number, slack: number): void;
  /** Writes X_jᵀq of every column to set.slopes. */
  slopes(): void;
  /** Runs conjugate gradients on the face that set.inverse, set.ridge and set.residual say; the result is set.step. */
  conjugate(limit: number): void;
  /** Returns ‖X·u‖² weighted by D, for u = set.moves. */
  energy(): number;
  /** Moves the model by the u of the last `energy`. */
  advance(): void;
}

/** The model as kernels have it: rows {q, D}, and the set's columns. `conjugate` and `energy` need the set by rows. */
export function sparseQuadratic(state: State, set: WorkingSet): Quadratic {
  const { engine, count, model, direction, outcome } = state;
  const { kernels } = engine;
  const { x, size, curvatures, w: weights, penalties, origin, inverseReach } = set;
  const { inverse, ridge, residual, step, search, slopes: curved } = set;
  return {
    descend(active, radius, slack) {
      const o = { model, curvatures, weights, penalties, origin, inverseReach, outcome, radius, slack };
      kernels.descend(x, set.order, active, o);
    },
    slopes: () => kernels.gradients(x, 0, size, model, set.slopes),
    conjugate(limit) {
      const vectors = { inverse, ridge, residual, step, search, curved };
      const o = { model, products: direction, ...vectors, columns: size, limit, enough: RESIDUAL };
      kernels.conjugate(x, set.rows as Matrix, count, o);
    },
    energy() {
      kernels.margins(set.rows as Matrix, 0, count, set.moves, 0, direction);
      return kernels.bend(0, count, model, direction);
    },
    advance() {
      const [q, bent] = [model.view, direction.view];
      for (let i = 0; i < bent.length; i++) q[2 * i]! += bent[i]!;
    },
  };
}

/** How many times fewer numbers than the set's entries H must have to be worth it. */
const DENSE = 4;

/** Whether H = XᵀDX is so small beside X that working on it is much cheaper. */
export function isDense({ size, x }: WorkingSet): boolean {
  return DENSE * size * size <= x.indices.length;
}

/** The same model by its Hessian H = XᵀDX, a few columns on many rows. It is plain TypeScript: no loop is long. */
export function denseQuadratic(state: State, set: WorkingSet): Quadratic {
  const { engine, count, model, outcome } = state;
  const { size, order, slopes } = set;
  set.gram ??= engine.memory.f64(size * size);
  const { gram } = set;
  gram.view.fill(0);
  engine.kernels.gram(set.rows as Matrix, count, size, model, gram);
  engine.kernels.gradients(set.x, 0, size, model, slopes);
  const H = gram.view;
  const g = slopes.view.slice(); // X_jᵀq
  const product = new Float64Array(size);

  /** product = H·u */
  const multiply = (u: Float64Array) => {
    product.fill(0);
    for (let t = 0; t < size; t++) if (u[t] !== 0) addLine(product, H, t, u[t]!);
  };
  return {
    descend(active, radius, slack) {
      const [w, l, origin, reach] = [set.w.view, set.penalties.view, set.origin.view, set.inverseReach.view];
      const visits = order.view;
      let [violation, left] = [0, 0];
      for (let s = 0; s < active; s++) {
        const t = visits[s]!;
        const l1 = l[2 * t]!;
        const h = H[t * size + t]! + l[2 * t + 1]!;
        if (h <= 0) continue;
        const slope = g[t]! + l[2 * t + 1]! * w[t]!;
        if (w[t] === 0 && l1 - Math.abs(slope) > slack) continue;
        visits[left++] = t;
        const wall = radius * reach[t]!;
        const wanted = softThreshold(h * w[t]! - slope, l1) / h;
        const next = Math.min(Math.max(wanted, origin[t]! - wall), origin[t]! + wall);
        const step = next - w[t]!;
        if (step === 0) continue;
        w[t] = next;
        violation += h * Math.abs(step);
        addLine(g, H, t, step);
      }
      outcome.view.set([violation, left]);
    },
    slopes: () => slopes.view.set(g),
    conjugate(limit) {
      const [inverse, ridge, residual] = [set.inverse.view, set.ridge.view, set.residual.view];
      const [search, step] = [set.search.view, set.step.view];
      let energy = 0;
      for (let t = 0; t < size; t++) {
        search[t] = residual[t]! * inverse[t]!;
        energy += residual[t]! * search[t]!;
      }
      const enough = RESIDUAL * energy;
      for (let left = limit; left > 0 && energy > enough; left--) {
        multiply(search);
        let [bent, scale] = [0, 0];
        for (let t = 0; t < size; t++) {
          product[t]! += ridge[t]! * search[t]!;
          bent += product[t]! * search[t]!;
          if (inverse[t] !== 0) scale += (search[t]! * search[t]!) / inverse[t]!;
        }
        const isFlat = bent < FLAT * scale;
        const alpha = energy / (isFlat ? FLAT * scale : bent);
        let next = 0;
        for (let t = 0; t < size; t++) {
          if (inverse[t] === 0) continue;
          step[t]! += alpha * search[t]!;
          residual[t]! -= alpha * product[t]!;
          next += residual[t]! * residual[t]! * inverse[t]!;
        }
        for (let t = 0; t < size; t++) search[t] = residual[t]! * inverse[t]! + (next / energy) * search[t]!;
        energy = isFlat ? 0 : next;
      }
    },
    energy() {
      const u = set.moves.view;
      multiply(u);
      return u.reduce((sum, it, t) => sum + it * product[t]!, 0);
    },
    advance() {
      for (let t = 0; t < size; t++) g[t]! += product[t]!;
    },
  };
}

/** out += step·H[t] */
function addLine(out: Float64Array, H: Float64Array, t: number, step: number): void {
  const size = out.length;
  for (let j = 0, at = t * size; j < size; j++) out[j]! += step * H[at + j]!;
}
