import { type Face, type Hessian, type Kernels, NOWHERE } from "../engine/kernels.js";
import { couplingOf } from "./hessian.js";

// The kernel of assembly/batch/factor.ts.

const LEAST_PIVOT = 1e-8;
const FLAT = 1e-10;

export const conjugateByFactor: Kernels["conjugateByFactor"] = (H, count, curvatures, o) => {
  const size = restrict(H, count, curvatures.view, o);
  if (o.isFactored) factorize(size, o);
  const [left, search, curved, solved] = [o.left.view, o.search.view, o.curved.view, o.solved.view];
  const moved = o.moved.view;
  moved.fill(0, 0, size);
  search.fill(0, 0, size);
  let energy = precondition(size, o);
  const enough = o.enough * energy;
  let [beta, scale] = [0, 0];
  for (let steps = o.limit; steps > 0 && energy > enough; steps--) {
    for (let t = 0; t < size; t++) search[t] = solved[t]! + beta * search[t]!;
    scale = energy + beta * beta * scale;
    const bent = curveFace(size, o);
    const isFlat = bent < FLAT * scale;
    const alpha = energy / (isFlat ? FLAT * scale : bent);
    for (let t = 0; t < size; t++) {
      moved[t]! += alpha * search[t]!;
      left[t]! -= alpha * curved[t]!;
    }
    if (isFlat) break;
    const next = precondition(size, o);
    beta = next / energy;
    energy = next;
  }
  const [ranks, step] = [o.ranks.view, o.step.view];
  for (let j = 0; j < count; j++) if (ranks[j] !== NOWHERE) step[j] = moved[ranks[j]!]!;
  return energy <= enough;
};

function restrict(H: Hessian, count: number, curvatures: Float64Array, o: Face): number {
  const [starts, neighbours, numbers] = [H.pointers.view, H.indices.view, H.values.view];
  const [order, ranks, inverse, ridge] = [o.order.view, o.ranks.view, o.inverse.view, o.ridge.view];
  const [residual, left, diagonal] = [o.residual.view, o.left.view, o.diagonal.view];
  const [pointers, cursor, indices, values] = [o.pointers.view, o.cursor.view, o.indices.view, o.values.view];
  let size = 0;
  for (let t = 0; t < count; t++) {
    const j = order[t]!;
    ranks[j] = inverse[j] === 0 ? NOWHERE : size;
    if (inverse[j] === 0) continue;
    left[size] = residual[j]!;
    diagonal[size++] = curvatures[j]! + ridge[j]!;
  }
  let entries = 0;
  for (let t = 0; t < count; t++) {
    const j = order[t]!;
    const s = ranks[j]!;
    if (s === NOWHERE) continue;
    pointers[s] = entries;
    cursor[s] = entries;
    for (let k = starts[j]!; k < starts[j + 1]!; k++) {
      const rank = ranks[neighbours[k]!]!;
      if (rank > s && rank !== NOWHERE) entries++;
    }
  }
  pointers[size] = entries;
  for (let t = 0; t < count; t++) {
    const j = order[t]!;
    const s = ranks[j]!;
    if (s === NOWHERE) continue;
    for (let k = starts[j]!; k < starts[j + 1]!; k++) {
      const rank = ranks[neighbours[k]!]!;
      if (rank >= s) continue;
      const at = cursor[rank]!++;
      indices[at] = s;
      values[at] = numbers[k]!;
    }
  }
  return size;
}

function factorize(size: number, o: Face): void {
  const [pointers, indices, values, factors] = [o.pointers.view, o.indices.view, o.values.view, o.factors.view];
  const [diagonal, pivots, cursor] = [o.diagonal.view, o.pivots.view, o.cursor.view];
  const [head, link, places] = [o.head.view, o.link.view, o.places.view];
  const nowhere = pointers[size]!;
  const wait = (s: number, q: number, end: number) => {
    if (q === end) return;
    cursor[s] = q;
    const list = indices[q]!;
    link[s] = head[list]!;
    head[list] = s;
  };
  head.fill(NOWHERE, 0, size);
  places.fill(nowhere, 0, size);
  for (let t = 0; t < size; t++) {
    const [start, end] = [pointers[t]!, pointers[t + 1]!];
    for (let k = start; k < end; k++) {
      factors[k] = values[k]!;
      places[indices[k]!] = k;
    }
    let pivot = diagonal[t]!;
    for (let s = head[t]!; s !== NOWHERE; ) {
      const following = link[s]!;
      const [at, last] = [cursor[s]!, pointers[s + 1]!];
      const entry = factors[at]!;
      const share = entry * pivots[s]!;
      pivot -= share * entry;
      wait(s, at + 1, last);
      for (let q = at + 1; q < last; q++) factors[places[indices[q]!]!]! -= share * factors[q]!;
      s = following;
    }
    pivots[t] = 1 / (pivot > LEAST_PIVOT * diagonal[t]! ? pivot : diagonal[t]!);
    for (let k = start; k < end; k++) places[indices[k]!] = nowhere;
    wait(t, start, end);
  }
}

function precondition(size: number, o: Face): number {
  const [pointers, indices, factors, pivots] = [o.pointers.view, o.indices.view, o.factors.view, o.pivots.view];
  const [left, solved] = [o.left.view, o.solved.view];
  if (!o.isFactored) return divide(size, o.diagonal.view, left, solved);
  solved.set(left.subarray(0, size));
  for (let s = 0; s < size; s++) {
    const share = solved[s]! * pivots[s]!;
    for (let k = pointers[s]!; k < pointers[s + 1]!; k++) solved[indices[k]!]! -= factors[k]! * share;
  }
  let energy = 0;
  for (let s = size - 1; s >= 0; s--) {
    const rest = solved[s]! - couplingOf(indices, factors, pointers[s]!, pointers[s + 1]!, solved);
    solved[s] = rest * pivots[s]!;
    energy += solved[s]! * left[s]!;
  }
  return energy;
}

function curveFace(size: number, o: Face): number {
  const [pointers, indices, values, diagonal] = [o.pointers.view, o.indices.view, o.values.view, o.diagonal.view];
  const [search, curved] = [o.search.view, o.curved.view];
  for (let s = 0; s < size; s++) curved[s] = diagonal[s]! * search[s]!;
  let bent = 0;
  for (let s = 0; s < size; s++) {
    const p = search[s]!;
    let sum = 0;
    for (let k = pointers[s]!; k < pointers[s + 1]!; k++) {
      const t = indices[k]!;
      sum += values[k]! * search[t]!;
      curved[t]! += values[k]! * p;
    }
    curved[s]! += sum;
    bent += p * curved[s]!;
  }
  return bent;
}

function divide(size: number, diagonal: Float64Array, left: Float64Array, solved: Float64Array): number {
  let energy = 0;
  for (let t = 0; t < size; t++) {
    solved[t] = left[t]! / diagonal[t]!;
    energy += left[t]! * solved[t]!;
  }
  return energy;
}
