import { DataError, OptionError } from "../errors.js";
import { atomsOf, columnsOf } from "./atoms.js";
import { type Cell, isMissing, quote } from "./cell.js";
import { CellReader } from "./cellreader.js";
import { type CrossDefinition, type Definition, parseSpace, type SpaceDefinition } from "./define.js";
import { Entries } from "./entries.js";
import type { Expression } from "./expression.js";
import { hashId } from "./hash.js";
import { type Encoder, kindOf, type Learned, type SimpleDefinition } from "./kinds.js";
import { BETWEEN, numberAfter, type Place, placeOf, placeOfCross } from "./names.js";

/** A feature space that has seen its training data: it encodes records and names every dimension. */
export interface SpaceState {
  definition: SpaceDefinition;
  /** What each simple feature learned, in the order of `atomsOf`. */
  learned: Learned[];
}

/** A feature as it counts in the declared dimension. */
export interface Feature {
  readonly name: string;
  /** Its ids are offset … offset + dimension − 1. */
  readonly offset: number;
  readonly dimension: number;
}

/** Fields of a record by name. */
export type Fields = { readonly [column: string]: Cell };

/** Checks a definition and returns it: what readers take as `space`. Throws OptionError. */
export function featureSpace(features: Record<string, Definition>, rest: Omit<SpaceDefinition, "features"> = {}) {
  return parseSpace({ features, ...rest });
}

/** What kernels need to know of a space to encode as it does. */
export interface Layout {
  atoms: readonly { definition: SimpleDefinition; learned: Learned; dimension: number; absent: number | null }[];
  /** In the order of ids; parts are numbers of atoms. slots: null for exact ids. */
  outputs: readonly { offset: number; parts: readonly number[]; dimensions: readonly number[]; slots: number | null }[];
  derived: ReadonlyMap<string, Expression>;
  missing: ReadonlySet<string>;
  /** Whether a row may hold an id twice before merging. */
  isMany: boolean;
}

interface Atom {
  name: string;
  column: string;
  definition: SimpleDefinition;
  learned: Learned;
  /** Number of ids, with one for "missing" where training data had it. */
  dimension: number;
  hasMissing: boolean;
  encoder: Encoder;
  learns: boolean;
  /** What the cell at hand encodes to. */
  entries: Entries;
}

interface Output extends Feature {
  atoms: Atom[];
  /** null for exact ids. */
  slots: number | null;
}

/**
 * A learned feature space. It maps a record to (id, value) pairs with ids below `declared`.
 * The same record gives the same pairs in training and ever after.
 */
export class FeatureSpace {
  readonly state: SpaceState;
  /** Columns of the source that it reads. */
  readonly columns: readonly string[];
  readonly features: readonly Feature[];
  /** Declared dimension: the sum of all features'. */
  readonly declared: number;
  readonly #atoms: Atom[];
  readonly #outputs: Output[];
  readonly #cells: CellReader;
  /** Whether a row may hold an id twice before merging. */
  readonly #many: boolean;

  /** Throws OptionError when the dimensions pass 2⁵³ − 1 and ids could not be exact. */
  constructor(state: SpaceState) {
    this.state = state;
    const { definition, learned } = state;
    const atoms = new Map<string, Atom>();
    let next = 0;
    for (const [key, { name, definition: it }] of atomsOf(definition)) {
      const lesson = learned[next++] ?? {};
      const kind = kindOf(it);
      const encoder = kind.encoder(it, lesson);
      const hasMissing = lesson.missing ?? false;
      const learns = kind.learner(it) !== null;
      const dimension = encoder.dimension + Number(hasMissing);
      const parts = { definition: it, learned: lesson, dimension, hasMissing, encoder, learns, entries: new Entries() };
      atoms.set(key, { name, column: it.column, ...parts });
    }
    this.#atoms = [...atoms.values()];
    this.#outputs = [];
    let offset = 0;
    for (const [name, it] of Object.entries(definition.features)) {
      const atomOf = (part: string | SimpleDefinition) =>
        atoms.get(JSON.stringify(typeof part === "string" ? definition.features[part] : part)) as Atom;
      const parts = it.kind === "cross" ? it.of.map(atomOf) : [atomOf(it)];
      const slots = (it as CrossDefinition).kind === "cross" ? ((it as CrossDefinition).slots ?? null) : null;
      const dimension = slots ?? parts.reduce((product, part) => product * part.dimension, 1);
      this.#outputs.push({ name, offset, dimension, atoms: parts, slots });
      offset += dimension;
      if (!Number.isSafeInteger(offset)) {
        throw new OptionError(
          `feature ${quote(name)}: ${dimension} dimensions, ${offset} with those before it; ids are exact up to 2⁵³ − 1. ` +
            `Give the cross "slots" to hash it.`,
        );
      }
    }
    this.declared = offset;
    this.features = this.#outputs.map(({ name, offset, dimension }) => ({ name, offset, dimension }));
    this.#cells = new CellReader(definition, columnsOf(definition));
    this.columns = this.#cells.columns;
    this.#many = this.#outputs.some((it) => it.slots !== null && it.atoms.some((atom) => atom.encoder.many));
  }

  /**
   * Replaces the content of `out` by the pairs of one record, no id twice.
   * Returns how many values were not seen in training. Throws DataError on a cell of the wrong kind, the last one read.
   */
  encodeInto(out: Entries, field: (column: string) => Cell): number {
    let unseen = 0;
    for (const atom of this.#atoms) {
      atom.entries.clear();
      const cell = this.#cells.read(atom.column, field);
      if (!atom.learns || !isMissing(cell)) unseen += atom.encoder.encode(cell, atom.entries);
      else if (atom.hasMissing) atom.entries.push(atom.dimension - 1, 1);
      else unseen++;
    }
    out.clear();
    for (const output of this.#outputs) {
      if (output.atoms.length === 1) {
        const { entries } = output.atoms[0] as Atom;
        for (let i = 0; i < entries.length; i++) out.push(output.offset + entries.ids[i]!, entries.values[i]!);
      } else {
        crossInto(out, output, 0, 0, 1);
      }
    }
    if (this.#many) out.merge();
    return unseen;
  }

  /** Returns a cell of a record, also of a column that the space derives. */
  cellOf(column: string, field: (column: string) => Cell): Cell {
    return this.#cells.read(column, field);
  }

  /** Encodes a record given as an object. Throws DataError when it lacks a field: null says that a value is missing. */
  encodeFields(out: Entries, fields: Fields): number {
    return this.encodeInto(out, (column) => {
      if (Object.hasOwn(Object(fields), column)) return fields[column];
      throw new DataError(`the record has no field ${quote(column)}; give null where the value is missing`);
    });
  }

  get layout(): Layout {
    const { derived, missing } = this.#cells;
    return {
      atoms: this.#atoms.map(({ definition, learned, dimension, hasMissing }) => {
        return { definition, learned, dimension, absent: hasMissing ? dimension - 1 : null };
      }),
      outputs: this.#outputs.map(({ offset, atoms, slots }) => {
        const parts = atoms.map((atom) => this.#atoms.indexOf(atom));
        return { offset, parts, dimensions: atoms.map((atom) => atom.dimension), slots };
      }),
      derived,
      missing,
      isMany: this.#many,
    };
  }

  /** Returns the feature that an id belongs to. */
  featureOf(id: number): Feature {
    return this.#outputOf(id);
  }

  /** Whether an id was met in training for certain: that of a value, or of a missing cell, that the space learned. */
  isMet(id: number): boolean {
    const { atoms, slots, offset } = this.#outputOf(id);
    const { definition, hasMissing, dimension } = atoms[0]!;
    if (atoms.length > 1 || slots !== null) return false;
    const isAbsent = hasMissing && id - offset === dimension - 1;
    return isAbsent || definition.kind === "category" || definition.kind === "tokens";
  }

  /** Whether each feature of a record has one id of value 1, or none. */
  get isOneHot(): boolean {
    return !this.#atoms.some(({ encoder }) => encoder.many);
  }

  /** Whether it knows values by hashes in place of their names. */
  get isStripped(): boolean {
    return this.state.learned.some(({ hashed }) => hashed);
  }

  /**
   * Returns, in the order of `atomsOf`, the values that some ids are made of; null for one that a hashed cross mixes
   * with others, so that all its values may be.
   */
  valuesIn(ids: Iterable<number>): (Set<number> | null)[] {
    const found = new Map<Atom, Set<number> | null>(this.#atoms.map((atom) => [atom, new Set()]));
    for (const { atoms, slots } of this.#outputs) if (slots !== null) for (const atom of atoms) found.set(atom, null);
    for (const id of ids) {
      const { atoms, slots, offset } = this.#outputOf(id);
      if (slots !== null) continue;
      let rest = id - offset;
      for (let i = atoms.length - 1; i >= 0; i--) {
        const atom = atoms[i] as Atom;
        found.get(atom)?.add(rest % atom.dimension);
        rest = Math.floor(rest / atom.dimension);
      }
    }
    return this.#atoms.map((atom) => found.get(atom) as Set<number> | null);
  }

  /** Returns an id's readable name: "lat [52.37, 52.38) × lon [4.88, 4.90)". Ids are 0 … declared − 1. */
  nameOf(id: number): string {
    const { name, atoms, slots, offset } = this.#outputOf(id);
    let rest = id - offset;
    if (slots !== null) return `${atoms.map((atom) => atom.name).join(BETWEEN)} #${rest}`;
    const labels: string[] = [];
    for (let i = atoms.length - 1; i >= 0; i--) {
      const atom = atoms[i] as Atom;
      const part = rest % atom.dimension;
      rest = Math.floor(rest / atom.dimension);
      const label = atoms.length === 1 ? name : atom.name;
      labels.unshift(
        atom.hasMissing && part === atom.dimension - 1 ? `${label} missing` : atom.encoder.label(part, label),
      );
    }
    return labels.join(BETWEEN);
  }

  /** Returns the id that a name of nameOf stands for; of a hash also by its value, as "user = bob". */
  idOf(name: string): Place {
    let found: Place;
    for (const { name: own, atoms, slots, offset, dimension } of this.#outputs) {
      let place: Place;
      if (slots !== null) {
        place = numberAfter(`${atoms.map((atom) => atom.name).join(BETWEEN)} #`, name, dimension);
      } else {
        const places = atoms.map((atom) => (label: string): Place => {
          const prefix = atoms.length === 1 ? own : atom.name;
          if (label === `${prefix} missing` && atom.learns) return atom.hasMissing ? atom.dimension - 1 : null;
          return placeOf(atom, label, prefix);
        });
        const dimensions = atoms.map((atom) => atom.dimension);
        place = places.length === 1 ? places[0]!(name) : placeOfCross(name, places, dimensions);
      }
      if (typeof place === "number") return offset + place;
      if (place === null) found = null;
    }
    return found;
  }

  #outputOf(id: number): Output {
    let low = 0;
    let high = this.#outputs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#outputs[middle] as Output).offset <= id) low = middle;
      else high = middle - 1;
    }
    return this.#outputs[low] as Output;
  }
}

/** Pushes every combination of the parts' entries from part `i` on; `id` is the mixed-radix id (or hash) so far. */
function crossInto(out: Entries, output: Output, i: number, id: number, value: number): void {
  const atom = output.atoms[i];
  if (!atom) {
    if (!Number.isFinite(Math.fround(value))) {
      throw new DataError(`${output.name}: the product ${value} is beyond single precision (±3.4e38)`);
    }
    out.push(output.offset + (output.slots === null ? id : id % output.slots), value);
    return;
  }
  const { ids, values, length } = atom.entries;
  for (let k = 0; k < length; k++) {
    const next = output.slots === null ? id * atom.dimension + ids[k]! : hashId(id, ids[k]!);
    crossInto(out, output, i + 1, next, value * values[k]!);
  }
}
