import type { Rows } from "../engine/kernels.js";
import {
  type Constructor,
  type F32,
  type F64,
  hostArray,
  type Memory,
  type NumberArray,
  type Slice,
  type U32,
} from "../engine/memory.js";
import type { Entries } from "../features/entries.js";
import type { Dictionary } from "./dictionary.js";

/** Rows on their way into linear memory, CSR in ordinary typed arrays. */
export interface RowBlock {
  rows: number;
  /** [rows + 1] */
  pointers: Uint32Array;
  indices: Uint32Array;
  /** null when every value is 1. */
  values: Float32Array | null;
  labels: Float64Array;
  /** null when every weight is 1. */
  weights: Float64Array | null;
  /** null when every offset is 0. */
  offsets: Float64Array | null;
}

/** Collects rows into a block. Its arrays grow by doubling and are used again after `clear`. */
export class RowBlockBuilder {
  rows = 0;
  entries = 0;
  #pointers = new Uint32Array(1 << 8);
  #indices = new Uint32Array(1 << 12);
  #values = new Float32Array(1 << 12);
  #labels = new Float64Array(1 << 8);
  #weights = new Float64Array(1 << 8);
  #offsets = new Float64Array(1 << 8);
  #allOnes = true;
  #unweighted = true;
  #hasOffsets = false;

  /** Adds an entry to the row that `endRow` will close. */
  push(index: number, value: number): void {
    if (this.entries === this.#indices.length) {
      this.#indices = doubled(this.#indices);
      this.#values = doubled(this.#values);
    }
    this.#indices[this.entries] = index;
    this.#values[this.entries++] = value;
    if (value !== 1) this.#allOnes = false;
  }

  endRow(label: number, weight: number, offset = 0): void {
    if (this.rows + 1 === this.#pointers.length) {
      this.#pointers = doubled(this.#pointers);
      this.#labels = doubled(this.#labels);
      this.#weights = doubled(this.#weights);
      this.#offsets = doubled(this.#offsets);
    }
    this.#labels[this.rows] = label;
    this.#offsets[this.rows] = offset;
    this.#weights[this.rows++] = weight;
    this.#pointers[this.rows] = this.entries;
    if (weight !== 1) this.#unweighted = false;
    if (offset !== 0) this.#hasOffsets = true;
  }

  /** Returns views of the rows so far, valid until the next push or clear. */
  block(): RowBlock {
    return {
      rows: this.rows,
      pointers: this.#pointers.subarray(0, this.rows + 1),
      indices: this.#indices.subarray(0, this.entries),
      values: this.#allOnes ? null : this.#values.subarray(0, this.entries),
      labels: this.#labels.subarray(0, this.rows),
      weights: this.#unweighted ? null : this.#weights.subarray(0, this.rows),
      offsets: this.#hasOffsets ? this.#offsets.subarray(0, this.rows) : null,
    };
  }

  clear(): void {
    this.rows = 0;
    this.entries = 0;
    this.#allOnes = true;
    this.#unweighted = true;
    this.#hasOffsets = false;
  }

  /** Adds a whole row, its ids as the dictionary numbers them. */
  addRow(entries: Entries, dictionary: Dictionary, label: number, weight: number, offset = 0): void {
    for (let k = 0; k < entries.length; k++) this.push(dictionary.add(entries.ids[k]!), entries.values[k]!);
    this.endRow(label, weight, offset);
  }
}

/**
 * Moves every entry of a block to column places[index], or drops it where that is negative. Returns how many it
 * dropped.
 */
export function rename(block: RowBlock, places: Int32Array): number {
  const { rows, pointers, indices, values } = block;
  let kept = 0;
  let k = 0;
  for (let i = 0; i < rows; i++) {
    for (const end = pointers[i + 1]!; k < end; k++) {
      const place = places[indices[k]!]!;
      if (place < 0) continue;
      indices[kept] = place;
      if (values) values[kept] = values[k]!;
      kept++;
    }
    pointers[i + 1] = kept;
  }
  block.indices = indices.subarray(0, kept);
  block.values = values?.subarray(0, kept) ?? null;
  return k - kept;
}

function doubled<A extends NumberArray>(array: A): A {
  const grown = hostArray(array.constructor as Constructor<A>, array.length * 2);
  grown.set(array);
  return grown;
}

/** A place in an engine's memory for one block after another. It grows to the largest. */
export class RowBuffer {
  readonly #memory: Memory;
  #pointers: U32 | null = null;
  #indices: U32 | null = null;
  #values: F32 | null = null;
  #labels: F64 | null = null;
  #weights: F64 | null = null;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Copies a block in. The rows returned are valid until the next call. */
  fill(block: RowBlock): Rows {
    const memory = this.#memory;
    this.#pointers = place(memory, this.#pointers, block.pointers, (length) => memory.u32(length));
    this.#indices = place(memory, this.#indices, block.indices, (length) => memory.u32(length));
    if (block.values) this.#values = place(memory, this.#values, block.values, (length) => memory.f32(length));
    this.#labels = place(memory, this.#labels, block.labels, (length) => memory.f64(length));
    if (block.weights) this.#weights = place(memory, this.#weights, block.weights, (length) => memory.f64(length));
    return {
      pointers: this.#pointers,
      indices: this.#indices,
      values: block.values && this.#values,
      labels: this.#labels,
      weights: block.weights && this.#weights,
    };
  }
}

function place<A extends NumberArray>(
  memory: Memory,
  slice: Slice<A> | null,
  content: A,
  allocate: (length: number) => Slice<A>,
): Slice<A> {
  let room = slice ?? allocate(content.length);
  if (room.length < content.length) room = memory.grow(room, Math.max(content.length, Math.ceil(room.length * 1.5)));
  room.view.set(content as Float64Array & A);
  return room;
}
