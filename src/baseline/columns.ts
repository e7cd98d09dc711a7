import { type Kernels, NOWHERE } from "../engine/kernels.js";

// The kernels of assembly/batch/columns.ts.

/** 2³² / φ, and the bits of 1 in single precision. */
const HASH = 0x9e3779b1;
const ONE_BITS = 0x3f800000;
/** Entries that a hash looks at, about. */
const HASHED = 8;

export const countIndices: Kernels["countIndices"] = (x, count, places, counts) => {
  const indices = x.indices.view;
  const place = places?.view;
  const result = counts.view;
  for (let k = 0, end = x.pointers.view[count]!; k < end; k++) {
    const j = place ? place[indices[k]!]! : indices[k]!;
    if (j !== NOWHERE) result[j]!++;
  }
};

export const layOut: Kernels["layOut"] = (rows, counts, pointers) => {
  const [lengths, starts] = [counts.view, pointers.view];
  let products = 0;
  starts[0] = 0;
  for (let i = 0; i < rows; i++) {
    const count = lengths[i]!;
    starts[i + 1] = starts[i]! + count;
    products += 0.5 * count * (count - 1);
  }
  return products;
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

export const pick: Kernels["pick"] = (x, count, places, extra, out) => {
  const [pointers, indices, values] = [x.pointers.view, x.indices.view, x.values?.view];
  const [outPointers, outIndices, outValues] = [out.pointers.view, out.indices.view, out.values?.view];
  const place = places.view;
  let at = 0;
  outPointers[0] = 0;
  for (let i = 0, k = pointers[0]!; i < count; i++) {
    for (const end = pointers[i + 1]!; k < end; k++) {
      const j = place[indices[k]!]!;
      if (j === NOWHERE) continue;
      outIndices[at] = j;
      if (values && outValues) outValues[at] = values[k]!;
      at++;
    }
    if (extra !== NOWHERE) {
      outIndices[at] = extra;
      if (outValues) outValues[at] = 1;
      at++;
    }
    outPointers[i + 1] = at;
  }
};

export const mergeColumns: Kernels["mergeColumns"] = (x, count, columns, factors, table, alone, places) => {
  const [pointers, indices, values] = [x.pointers.view, x.indices.view, x.values?.view];
  const [slots, rows, place] = [table.view.fill(0), alone.view, places.view];
  const [ids, factor] = [columns.view, factors?.view];
  const bits = values && new Uint32Array(values.buffer, values.byteOffset, values.length);
  const mask = slots.length - 1;
  let [size, top, start] = [0, pointers[0]!, pointers[0]!];
  for (let j = 0; j < count; j++) {
    const end = pointers[j + 1]!;
    const id = ids[j]!;
    const isAlone = end - start === 1 && !factor;
    const homes = isAlone ? rows : slots;
    let home = isAlone ? indices[start]! : hashOf(start, end) & mask;
    while (!isAlone && homes[home]! > 0 && !isEqual(homes[home]! - 1, j, start, end)) home = (home + 1) & mask;
    let other = homes[home]!;
    if (other === 0) {
      indices.copyWithin(top, start, end);
      values?.copyWithin(top, start, end);
      top += end - start;
      ids[size] = id;
      if (factor) factor[size] = factor[j]!;
      pointers[++size] = top;
      homes[home] = size;
      other = size;
    } else if (values && end - start === 1) {
      const at = pointers[other - 1]!;
      if (Math.abs(values[start]!) > Math.abs(values[at]!)) {
        values[at] = values[start]!;
        ids[other - 1] = id;
      }
    }
    place[id] = other - 1;
    start = end;
  }
  return size;

  function hashOf(from: number, to: number): number {
    let hash = to - from;
    for (let k = from, stride = Math.max(Math.floor((to - from) / HASHED), 1); k < to; k += stride) {
      hash = Math.imul(hash ^ indices[k]!, HASH);
      hash = (hash << 15) | (hash >>> 17);
      if (to - from > 1) hash += bits ? bits[k]! : ONE_BITS;
    }
    return Math.imul(hash ^ (hash >>> 15), HASH);
  }

  function isEqual(other: number, j: number, from: number, to: number): boolean {
    const at = pointers[other]!;
    const length = to - from;
    if (pointers[other + 1]! - at !== length || (factor && factor[other] !== factor[j])) return false;
    for (let k = 0; k < length; k++) {
      if (indices[at + k] !== indices[from + k]) return false;
      if (length > 1 && values && values[at + k] !== values[from + k]) return false;
    }
    return true;
  }
};

export const inverseReach: Kernels["inverseReach"] = (x, count, out) => {
  const [pointers, values, result] = [x.pointers.view, x.values?.view, out.view];
  for (let j = 0; j < count; j++) {
    let reach = values || pointers[j] === pointers[j + 1] ? 0 : 1;
    if (values) for (let k = pointers[j]!; k < pointers[j + 1]!; k++) reach = Math.max(reach, Math.abs(values[k]!));
    result[j] = reach > 0 ? 1 / reach : 0;
  }
};
