import type { Kernels } from "../engine/kernels.js";

// The kernels of assembly/batch/working.ts.

export const survey: Kernels["survey"] = (count, g, w, penalties, share, order) => {
  const [slopes, weights, l, columns] = [g.view, w.view, penalties.view, order.view];
  let size = 0;
  for (let j = 0; j < count; j++) {
    if (weights[j] !== 0 || Math.abs(slopes[j]!) > share * l[2 * j]!) columns[size++] = j;
  }
  return size;
};

export const penalty: Kernels["penalty"] = (count, penalties, weights, from) => {
  const [l, w, origin] = [penalties.view, weights.view, from?.view];
  let sum = 0;
  for (let j = 0; j < count; j++) {
    const [a, b] = [origin ? origin[j]! : 0, w[j]!];
    if (a !== b) sum += l[2 * j]! * (Math.abs(b) - Math.abs(a)) + 0.5 * l[2 * j + 1]! * (b - a) * (b + a);
  }
  return sum;
};

export const violation: Kernels["violation"] = (count, order, w, gradients, penalties) => {
  const [columns, weights, g, l] = [order?.view, w.view, gradients.view, penalties.view];
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const j = columns ? columns[k]! : k;
    const weight = weights[j]!;
    const slope = g[j]! + l[2 * j + 1]! * weight;
    if (weight === 0) sum += Math.max(Math.abs(slope) - l[2 * j]!, 0);
    else sum += Math.abs(slope + (weight > 0 ? l[2 * j]! : -l[2 * j]!));
  }
  return sum;
};

export const scaling: Kernels["scaling"] = (count, order, w, gradients, penalties, out) => {
  const [columns, weights, g, l] = [order.view, w.view, gradients.view, penalties.view];
  let [cost, scale, excess] = [0, 1, 0];
  for (let k = 0; k < count; k++) {
    const j = columns[k]!;
    const [size, weight] = [Math.abs(g[j]!), Math.abs(weights[j]!)];
    const [l1, l2] = [l[2 * j]!, l[2 * j + 1]!];
    cost += l1 * weight + 0.5 * l2 * weight * weight;
    if (size > l1 && (l1 > 0 || l2 > 0)) {
      excess += ((size - l1) * (size - l1)) / (2 * l2);
      scale = Math.min(scale, l1 / size);
    }
  }
  out.view.set([cost, scale, excess]);
};

export const choose: Kernels["choose"] = (count, order, w, gradients, penalties, skipped, least, scores, out) => {
  const [columns, weights, g, l] = [order.view, w.view, gradients.view, penalties.view];
  const [chosen, beyond] = [out.view, scores.view];
  let [kept, violators] = [0, 0];
  for (let k = 0; k < count; k++) {
    const j = columns[k]!;
    if (j === skipped) continue;
    if (weights[j] !== 0) kept++;
    else beyond[violators++] = Math.abs(g[j]!) - l[2 * j]!;
  }
  let room = Math.max(least, 2 * kept) - kept;
  const worst = violators > room ? largest(beyond, violators, room) : Number.NEGATIVE_INFINITY;
  let size = 0;
  for (let k = 0; k < count; k++) {
    const j = columns[k]!;
    if (j === skipped) continue;
    if (weights[j] === 0) {
      if (room === 0 || Math.abs(g[j]!) - l[2 * j]! < worst) continue;
      room--;
    }
    chosen[size++] = j;
  }
  return size;
};

/** Returns the n-th largest of `count` numbers, 1 ≤ n, and leaves them in another order (quickselect; Hoare 1961). */
function largest(items: Float64Array, count: number, n: number): number {
  let [from, to] = [0, count - 1];
  while (from < to) {
    const pivot = items[(from + to) >> 1]!;
    let [i, j] = [from, to];
    while (i <= j) {
      while (items[i]! > pivot) i++;
      while (items[j]! < pivot) j--;
      if (i > j) break;
      const item = items[i]!;
      items[i++] = items[j]!;
      items[j--] = item;
    }
    if (n - 1 <= j) to = j;
    else if (n - 1 >= i) from = i;
    else break;
  }
  return items[n - 1]!;
}

export const aim: Kernels["aim"] = (count, pointers, weights, origin, gradients, moves, out) => {
  const [starts, w, from, g, d] = [pointers.view, weights.view, origin.view, gradients.view, moves.view];
  let [slope, entries] = [0, 0];
  for (let t = 0; t < count; t++) {
    d[t] = w[t]! - from[t]!;
    slope += g[t]! * d[t]!;
    if (d[t] !== 0) entries += starts[t + 1]! - starts[t]!;
  }
  out.view.set([slope, entries]);
};

export const enumerate: Kernels["enumerate"] = (count, order) => {
  for (let t = 0, view = order.view; t < count; t++) view[t] = t;
};

export const countEntries: Kernels["countEntries"] = (pointers, order, count) => {
  const [starts, columns] = [pointers.view, order.view];
  let entries = 0;
  for (let t = 0; t < count; t++) entries += starts[columns[t]! + 1]! - starts[columns[t]!]!;
  return entries;
};

export const take: Kernels["take"] = (x, width, order, count, out) => {
  const [all, columns, own] = [x.view, order.view, out.view];
  for (let t = 0; t < count; t++) {
    for (let k = 0; k < width; k++) own[width * t + k] = all[width * columns[t]! + k]!;
  }
};

export const give: Kernels["give"] = (x, order, count, out) => {
  const [own, columns, all] = [x.view, order.view, out.view];
  for (let t = 0; t < count; t++) all[columns[t]!] = own[t]!;
};
