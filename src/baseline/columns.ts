import { type Kernels, NOWHERE } from "../engine/kernels.js";

// The kernels of assembly/batch/columns.ts.

export const countIndices: Kernels["countIndices"] = (x, count, places, counts) => {
  const indices = x.indices.view;
  const place = places?.view;
  const result = counts.view;
  for (let k = 0, end = x.pointers.view[count]!; k < end; k++) {
    const j = place ? place[indices[k]!]! : indices[k]!;
    if (j !== NOWHERE) result[j]!++;
  }
};

export const transpose: Kernels["transpose"] = (x, count, places, next, out) => {
  const pointers = x.pointers.view;
  const indices = x.indices.view;
  const values = x.values?.view;
  const place = places?.view;
  const slots = next.view;
  const outIndices = out.indices.view;
  const outValues = out.values?.view;
  let k = pointers[0]!;
  for (let i = 0; i < count; i++) {
    for (const end = pointers[i + 1]!; k < end; k++) {
      const j = place ? place[indices[k]!]! : indices[k]!;
      if (j === NOWHERE) continue;
      const at = slots[j]!++;
      outIndices[at] = i;
      if (values && outValues) outValues[at] = values[k]!;
    }
  }
};

export const select: Kernels["select"] = (x, order, count, out) => {
  const pointers = x.pointers.view;
  const outPointers = out.pointers.view;
  let at = 0;
  outPointers[0] = 0;
  for (let t = 0; t < count; t++) {
    const j = order.view[t]!;
    const [start, end] = [pointers[j]!, pointers[j + 1]!];
    out.indices.view.set(x.indices.view.subarray(start, end), at);
    if (x.values && out.values) out.values.view.set(x.values.view.subarray(start, end), at);
    at += end - start;
    outPointers[t + 1] = at;
  }
};

export const pulls: Kernels["pulls"] = (rows, count, up, down) => {
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const labels = rows.labels.view;
  const weights = rows.weights?.view;
  const [ups, downs] = [up.view, down.view];
  let k = pointers[0]!;
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    for (const end = pointers[i + 1]!; k < end; k++) {
      const pull = labels[i]! * (values ? values[k]! : 1);
      (pull > 0 ? ups : downs)[indices[k]!]! += s * Math.abs(pull);
    }
  }
};

export const squares: Kernels["squares"] = (rows, count, sums) => {
  const pointers = rows.pointers.view;
  const indices = rows.indices.view;
  const values = rows.values?.view;
  const weights = rows.weights?.view;
  const result = sums.view;
  let k = pointers[0]!;
  for (let i = 0; i < count; i++) {
    const s = weights ? weights[i]! : 1;
    for (const end = pointers[i + 1]!; k < end; k++) {
      const x = values ? values[k]! : 1;
      result[indices[k]!]! += s * x * x;
    }
  }
};
