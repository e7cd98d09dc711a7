import type { Kernels } from "../engine/kernels.js";
import { bend } from "./quadratic.js";
import { margins } from "./sparse.js";

const FLAT = 1e-10;

/** Preconditioned conjugate gradients, as in assembly/batch/conjugate.ts. */
export const conjugate = conjugateOver({ margins, bend });

/** Returns conjugate gradients on given kernels: all that is long in them. */
export function conjugateOver({ margins, bend }: Pick<Kernels, "margins" | "bend">): Kernels["conjugate"] {
  return (x, rows, count, o) => {
    const inverse = o.inverse.view;
    const ridge = o.ridge.view;
    const residual = o.residual.view;
    const search = o.search.view;
    const step = o.step.view;
    const curved = o.curved.view;
    const { columns } = o;
    let energy = 0;
    for (let t = 0; t < columns; t++) {
      search[t] = residual[t]! * inverse[t]!;
      energy += residual[t]! * search[t]!;
    }
    const enough = o.enough * energy;
    for (let left = o.limit; left > 0 && energy > enough; left--) {
      margins(rows, 0, count, o.search, 0, o.products);
      let bent = bend(0, count, o.model, o.products);
      let scale = 0;
      margins(x, 0, columns, o.products, 0, o.curved);
      for (let t = 0; t < columns; t++) {
        const p = search[t]!;
        bent += ridge[t]! * p * p;
        if (inverse[t] !== 0) scale += (p * p) / inverse[t]!;
        curved[t]! += ridge[t]! * p;
      }
      const isFlat = bent < FLAT * scale;
      const alpha = energy / (isFlat ? FLAT * scale : bent);
      let next = 0;
      for (let t = 0; t < columns; t++) {
        if (inverse[t] === 0) continue;
        step[t]! += alpha * search[t]!;
        const r = residual[t]! - alpha * curved[t]!;
        residual[t] = r;
        next += r * r * inverse[t]!;
      }
      const beta = next / energy;
      for (let t = 0; t < columns; t++) search[t] = residual[t]! * inverse[t]! + beta * search[t]!;
      energy = isFlat ? 0 : next;
    }
  };
}
