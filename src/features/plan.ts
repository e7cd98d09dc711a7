import { NOWHERE } from "../engine/kernels.js";
import type { Memory, NumberArray, Slice } from "../engine/memory.js";
import {
  CODINGS,
  OPERATIONS,
  PART_LENGTH,
  type Plan,
  SHORT_WORD,
  STEPS,
  USES,
  WORD,
  WORD_LENGTH,
} from "../engine/texts.js";
import { compileExpression, type Expression, type Program } from "./expression.js";
import { hashBytes, keyOf } from "./hash.js";
import type { SimpleDefinition } from "./kinds.js";
import type { FeatureSpace, Layout } from "./space.js";

/** How the records of a table stand as text, and what to take from them besides features. */
export interface RowFormat {
  columns: readonly string[];
  /** One character; null where a line is an object of JSON. */
  delimiter: string | null;
  /** A column or an expression; null without labels. */
  target: string | null;
  weight: string | null;
}

const ENCODER = new TextEncoder();

/** Entries of a row whose cells may give any number of them: beyond, it is not plain. */
const MOST_ENTRIES = 1 << 14;

/** Fields of objects, which are looked for one after the other; with more of them in play they are read one by one. */
const MOST_KEYS = 512;

/** Bytes of a line's cells that have "" in quotes; with more it is not plain. */
const MOST_UNQUOTED = 1 << 16;

/** Puts a plan into memory: one for each lane. */
export type Compiled = (memory: Memory, lanes: number) => Plan[];

/**
 * Compiles a space and a format to what kernels take, as a function that puts it into memory, once,
 * with scratch for each of some lanes. Returns null where they cannot do it: for text that derived numbers are written out as, a
 * delimiter that is not ASCII, values without names, columns that are not there.
 */
export function compilePlan(space: FeatureSpace, format: RowFormat): Compiled | null {
  const { columns, delimiter, target, weight } = format;
  const layout = space.layout;
  const { derived, missing, atoms, outputs, isMany } = layout;
  const isFit =
    delimiter === null ? columns.length <= MOST_KEYS && columns.every(isWhole) : delimiter.charCodeAt(0) < 128;
  if (!isFit || space.isStripped) return null;
  const isTextual = ({ kind, column }: SimpleDefinition) =>
    derived.has(column) && ["category", "tokens", "hash"].includes(kind);
  if (atoms.some(({ definition }) => isTextual(definition))) return null;

  const draft = new Draft(layout, new Map(columns.map((column, i) => [column, i])));
  const isSimple = !isMany && outputs.length === atoms.length && outputs.every(({ parts }, i) => `${parts}` === `${i}`);
  const steps = atoms.flatMap((atom, i) => draft.step(atom, isSimple ? outputs[i]!.offset : 0));
  const isDerived = target !== null && derived.has(target);
  const isColumn = target !== null && !isDerived && columns.includes(target);
  const label = (text: string) => (isDerived ? [{ column: text }] : compileExpression(text).program);
  const program = target === null || isColumn ? 0 : draft.target(label(target));
  const isLong = atoms.some(({ definition }) => definition.kind === "tokens");
  const room = (isLong ? MOST_ENTRIES : 0) + Math.max(atoms.length, outputs.length);
  const most = outputs.reduce((most, { parts }) => Math.max(most, parts.length), 0);
  const weighing = weight === null ? NOWHERE : draft.cell(weight);
  if (!draft.isExact) return null;
  const absent = [...missing].filter(isWhole).flatMap((word) => draft.text(word));
  const keys = delimiter === null ? draft.keys() : [];
  const features = outputs.flatMap((output) => draft.output(output));
  const shared = (memory: Memory) => ({
    steps: filled(memory.u32(steps.length), steps),
    outputs: filled(memory.u32(features.length), features),
    parts: filled(memory.u32(draft.parts.length), draft.parts),
    code: filled(memory.u32(draft.code.length), draft.code),
    numbers: filled(memory.f64(draft.numbers.length), draft.numbers),
    words: draft.wordsIn(memory),
    text: draft.textIn(memory),
    missing: filled(memory.u32(absent.length), absent),
    keys: filled(memory.u32(keys.length), keys),
    columns: columns.length,
    delimiter: delimiter?.charCodeAt(0) ?? 0,
    target: target === null ? NOWHERE : isColumn ? draft.cell(target) : 0,
    program,
    coding: CODINGS.asTheyAre,
    weight: weighing,
    isMany,
    isSimple,
    room,
  });
  const scratch = (memory: Memory) => ({
    cells: memory.u32(2 * (columns.length + 17)),
    stack: memory.f64(draft.code.length + 2),
    spans: memory.u32(2 * atoms.length),
    odds: memory.u32(most),
    ids: memory.f64(2 * room),
    values: memory.f64(2 * room),
    seats: memory.u32(isLong || isMany ? 2 * 2 ** Math.max(4, Math.ceil(Math.log2(2 * room + 1))) : 0),
    counts: memory.u32(2),
    unquoted: memory.u8(MOST_UNQUOTED + 8),
  });
  return (memory, lanes) => {
    const all = shared(memory);
    return Array.from({ length: lanes }, () => ({ ...all, ...scratch(memory) }));
  };
}

/** Collects the parts of a plan. */
class Draft {
  readonly parts: number[] = [];
  readonly code: number[] = [OPERATIONS.end, 0];
  readonly numbers: number[] = [Number.NaN, Number.NaN];
  /** Whether UTF-8 holds all texts that are compared, and all columns are there. */
  isExact = true;
  readonly #layout: Layout;
  readonly #cells: ReadonlyMap<string, number>;
  readonly #uses = new Map<string, number>();
  readonly #words: Uint32Array[] = [];
  #wordsLength = 0;
  readonly #text: Uint8Array[] = [];
  #textLength = 0;

  constructor(layout: Layout, cells: ReadonlyMap<string, number>) {
    this.#layout = layout;
    this.#cells = cells;
  }

  /** Returns the cell of a column, and notes what its values are used for, bits of USES. */
  cell(column: string, use = 0): number {
    const cell = this.#cells.get(column);
    if (cell === undefined) this.isExact = false;
    this.#uses.set(column, (this.#uses.get(column) ?? 0) | use);
    return cell ?? 0;
  }

  /** Returns {from, length, use} of each column. */
  keys(): number[] {
    return [...this.#cells.keys()].flatMap((column) => [...this.text(column), this.#uses.get(column) ?? 0]);
  }

  step({ definition, learned, dimension, absent }: Layout["atoms"][number], offset: number): number[] {
    const { kind, column } = definition;
    const expression = this.#layout.derived.get(column);
    const program = expression ? this.#program(() => this.#expand(expression)) : 0;
    let [at, size, mask] = [0, 0, 0];
    if (kind === "bucket") {
      const { min = 0, max = 0 } = learned;
      at = this.#put([min, max, definition.width, dimension - Number(absent !== null)]);
    } else if (kind === "quantiles") {
      const { edges = [] } = learned;
      [at, size] = [this.#put(edges), edges.length];
    } else if (kind === "hash") {
      [size, mask] = remainder(definition.slots);
    } else if (kind !== "number") {
      [at, size] = this.#vocabulary(learned.values ?? []);
    }
    const isNumeric = kind === "number" || kind === "bucket" || kind === "quantiles";
    const cell = expression ? 0 : this.cell(column, isNumeric ? 0 : USES.textual);
    const missing = absent === null ? 0 : this.#put([absent]);
    return [...halves(offset), STEPS[kind], cell, program, at, size, mask, missing, 0];
  }

  output({ offset, parts, dimensions, slots }: Layout["outputs"][number]): number[] {
    const from = this.parts.length / PART_LENGTH;
    parts.forEach((atom, i) => {
      this.parts.push(...halves(dimensions[i]!), atom, 0);
    });
    const [size, mask] = slots === null ? [0, 0] : remainder(slots);
    return [...halves(offset), from, from + parts.length, size, mask, Number(slots !== null), 0];
  }

  /** Adds the program of a target, which reads cells as they are, and derived columns. */
  target(program: Program): number {
    const { derived } = this.#layout;
    return this.#program(() =>
      this.#compile(program, (column) => {
        const inner = derived.get(column);
        return inner ? this.#expand(inner) : [OPERATIONS.cell, this.cell(column, USES.computed)];
      }),
    );
  }

  /** Adds text; returns {from, length}. */
  text(text: string): [from: number, length: number] {
    const bytes = ENCODER.encode(text);
    // A number ends at a byte that cannot be part of one.
    this.#text.push(bytes, Uint8Array.of(0));
    this.#textLength += bytes.length + 1;
    return [this.#textLength - bytes.length - 1, bytes.length];
  }

  wordsIn(memory: Memory): Plan["words"] {
    return joined(memory.u32(this.#wordsLength), this.#words);
  }

  textIn(memory: Memory): Plan["text"] {
    return joined(memory.u8(this.#textLength), this.#text);
  }

  #put(numbers: readonly number[]): number {
    for (const number of numbers) this.numbers.push(number);
    return this.numbers.length - numbers.length;
  }

  #program(operations: () => number[]): number {
    const compiled = operations(); // may add texts to the code
    const at = this.code.length;
    this.code.push(...compiled, OPERATIONS.end, 0);
    return at;
  }

  /** Operations of a derived column, with those that it is derived from. */
  #expand({ program }: Expression): number[] {
    const { derived } = this.#layout;
    return this.#compile(program, (column) => {
      const inner = derived.get(column);
      return inner ? this.#expand(inner) : [OPERATIONS.field, this.cell(column, USES.computed)];
    });
  }

  /** The result of an expression is a number, whatever it began with. */
  #compile(program: Expression["program"], read: (column: string) => number[]): number[] {
    const operations = program.flatMap((it): number[] => {
      if ("column" in it) return read(it.column);
      if ("number" in it) return [OPERATIONS.number, this.#put([it.number])];
      if ("operator" in it) return [OPERATIONS[it.operator], 0];
      if (!isWhole(it.text)) this.isExact = false;
      this.code.push(...this.text(it.text));
      return [OPERATIONS.text, this.code.length - 2];
    });
    return [...operations, OPERATIONS.numeric, 0];
  }

  /** Adds a hash table of words; returns where it begins and its slots − 1. */
  #vocabulary(values: readonly string[]): [at: number, mask: number] {
    const ids = new Map(values.map((value, id) => [value, id]));
    const slots = 2 ** Math.ceil(Math.log2(2 * ids.size + 1));
    const table = new Uint32Array(slots * WORD_LENGTH);
    for (const [value, id] of ids) {
      if (!isWhole(value)) continue; // no bytes are such text
      const bytes = ENCODER.encode(value);
      const { length } = bytes;
      const hash = hashBytes(bytes, 0, length, 0);
      const key = length > SHORT_WORD ? [hash, this.text(value)[0]] : keyOf(bytes, 0, length);
      let slot = hash & (slots - 1);
      while (table[slot * WORD_LENGTH + WORD.word]) slot = (slot + 1) & (slots - 1);
      table.set([...key, id + 1, length], slot * WORD_LENGTH);
    }
    this.#words.push(table);
    this.#wordsLength += table.length;
    return [(this.#wordsLength - table.length) / WORD_LENGTH, slots - 1];
  }
}

/** Whether text has no half of a surrogate pair, which UTF-8 cannot hold. */
function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The lower and the higher 32 bits of a whole number. */
function halves(number: number): [number, number] {
  return [number % 2 ** 32, Math.floor(number / 2 ** 32)];
}

/** Slots, 0 for 2³², and slots − 1 where they are a power of two. */
function remainder(slots: number): [slots: number, mask: number] {
  return [slots % 2 ** 32, Number.isInteger(Math.log2(slots)) && slots < 2 ** 32 ? slots - 1 : 0];
}

function filled<A extends NumberArray>(slice: Slice<A>, numbers: readonly number[]): Slice<A> {
  slice.view.set(numbers);
  return slice;
}

function joined<A extends NumberArray>(slice: Slice<A>, pieces: readonly A[]): Slice<A> {
  let at = 0;
  for (const piece of pieces) {
    slice.view.set(piece, at);
    at += piece.length;
  }
  return slice;
}
