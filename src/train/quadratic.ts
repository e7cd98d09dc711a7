import { softThreshold } from "../baseline/math.js";
import type { Matrix } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import type { State } from "./newton.js";
import type { WorkingSet } from "./working.js";

/** The model that a Newton step minimises, ½ Σ D·m² + Σ q·m of the margins m that a working set's weights move. */
export interface Quadratic {
  /** Visits order[0 … active) once, as the kernel `descend` does: see set.outcome. */
  descend(active: number, radius: number, slack: number): void;
  /** Writes X_jᵀq of every column to set.slopes. */
  slopes(): void;
  /** Returns uᵀHu, H = XᵀDX. */
  bend(u: F64): number;
  /** Writes H·u and returns uᵀHu. */
  curve(u: F64, out: F64): number;
  /** Moves the model by the u of the last `bend`. */
  advance(): void;
}

/** The model as kernels have it: rows {q, D}, and the set's columns. `bend` and `curve` need the set by rows. */
export function sparseQuadratic(state: State, set: WorkingSet): Quadratic {
  const { engine, count, model, direction, outcome } = state;
  const { kernels } = engine;
  const { x, size, curvatures, w: weights, penalties, origin, inverseReach } = set;
  return {
    descend(active, radius, slack) {
      const o = { model, curvatures, weights, penalties, origin, inverseReach, outcome, radius, slack };
      kernels.descend(x, set.order, active, o);
    },
    slopes: () => kernels.gradients(x, 0, size, model, set.slopes),
    bend(u) {
      kernels.margins(set.rows as Matrix, 0, count, u, 0, direction);
      return kernels.bend(0, count, model, direction);
    },
    curve(u, out) {
      out.view.fill(0);
      return kernels.curve(set.rows as Matrix, 0, count, model, u, direction, out);
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
  const bend = (u: F64) => {
    const along = u.view;
    multiply(along);
    return along.reduce((sum, it, t) => sum + it * product[t]!, 0);
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
    bend,
    curve(u, out) {
      const energy = bend(u);
      out.view.set(product);
      return energy;
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
