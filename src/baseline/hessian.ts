import { type Kernels, NOWHERE } from "../engine/kernels.js";

// The kernels of assembly/batch/hessian.ts.

export const couple: Kernels["couple"] = (x, rows, count, o, room, out) => {
  const [pointers, indices] = [x.pointers.view, x.indices.view];
  const [rowPointers, rowIndices] = [rows.pointers.view, rows.indices.view];
  const [ownPointers, ownIndices] = [out.pointers.view, out.indices.view];
  const [cursor, stamps, counts] = [o.cursor.view, o.stamps.view, o.counts.view];
  let at = 0;
  for (let j = 0; j < count; j++) {
    const begun = at;
    for (let k = pointers[j]!; k < pointers[j + 1]!; k++) {
      const i = indices[k]!;
      const first = ++cursor[i]!; // past j itself
      for (let next = first; next < rowPointers[i + 1]!; next++) {
        const t = rowIndices[next]!;
        if (stamps[t] === j + 1) continue;
        if (at === room) return NOWHERE;
        stamps[t] = j + 1;
        ownIndices[at++] = t;
        counts[t]!++;
      }
    }
    ownPointers[j + 1] = at;
    counts[j]! += at - begun;
  }
  return at;
};

export const mirror: Kernels["mirror"] = (own, count, next, H) => {
  const [ownPointers, ownIndices, ends, indices] = [own.pointers.view, own.indices.view, next.view, H.indices.view];
  for (let j = 0; j < count; j++) {
    let at = ends[j]!;
    for (let k = ownPointers[j]!; k < ownPointers[j + 1]!; k++) {
      const t = ownIndices[k]!;
      indices[ends[t]!++] = j;
      indices[at++] = t;
    }
    ends[j] = at;
  }
};

export const weigh: Kernels["weigh"] = (x, rows, count, o, scratch, H) => {
  const [pointers, indices, values] = [x.pointers.view, x.indices.view, x.values?.view];
  const [rowPointers, rowIndices, rowValues] = [rows.pointers.view, rows.indices.view, rows.values?.view];
  const [ends, neighbours, numbers] = [H.pointers.view, H.indices.view, H.values.view];
  const [cursor, next, sums, model] = [scratch.cursor.view, scratch.next.view, scratch.sums.view, o.view];
  for (let j = 0; j < count; j++) {
    for (let k = pointers[j]!; k < pointers[j + 1]!; k++) {
      const i = indices[k]!;
      const first = ++cursor[i]!; // past j itself
      const last = rowPointers[i + 1]!;
      const bent = model[2 * i + 1]! * (values ? values[k]! : 1);
      if (rowValues)
        for (let other = first; other < last; other++) sums[rowIndices[other]!]! += bent * rowValues[other]!;
      else for (let other = first; other < last; other++) sums[rowIndices[other]!]! += bent;
    }
    for (let at = next[j]!; at < ends[j + 1]!; at++) {
      const t = neighbours[at]!;
      const number = sums[t]!;
      sums[t] = 0;
      numbers[at] = number;
      numbers[next[t]!++] = number;
    }
  }
};

/** Returns the product of one column with u, in two sums. */
export function couplingOf(
  indices: Uint32Array,
  numbers: Float64Array,
  from: number,
  to: number,
  u: Float64Array,
): number {
  let even = 0;
  let odd = 0;
  let k = from;
  for (const pairs = from + ((to - from) & ~1); k < pairs; k += 2) {
    even += u[indices[k]!]! * numbers[k]!;
    odd += u[indices[k + 1]!]! * numbers[k + 1]!;
  }
  if (k < to) even += u[indices[k]!]! * numbers[k]!;
  return even + odd;
}

export const curveByHessian: Kernels["curveByHessian"] = (H, count, curvatures, u, out) => {
  const [pointers, indices, numbers] = [H.pointers.view, H.indices.view, H.values.view];
  const [diagonal, own, result] = [curvatures.view, u.view, out.view];
  let energy = 0;
  for (let j = 0; j < count; j++) {
    const bent = diagonal[j]! * own[j]! + couplingOf(indices, numbers, pointers[j]!, pointers[j + 1]!, own);
    result[j] = bent;
    energy += own[j]! * bent;
  }
  return energy;
};

/** One epoch of coordinate descent by H; o.model are the slopes. */
