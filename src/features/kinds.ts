import { DataError, OptionError } from "../errors.js";
import { Random } from "../random.js";
import { type Cell, isMissing, numberOf, quote, textOf } from "./cell.js";
import type { Entries } from "./entries.js";
import { hashText, hashValue } from "./hash.js";

// One object a kind of feature: how it learns from training data, and how it encodes a cell once it has.
// To add a kind: give it a definition type, add it to Definition and to KINDS, and a function to define.ts.

/** A finite number as it is: one dimension whose value is the number. */
export interface NumberDefinition {
  kind: "number";
  column: string;
}
/** Buckets of equal width, [min + k·width, min + (k+1)·width). Without a range, that of the training data. */
export interface BucketDefinition {
  kind: "bucket";
  column: string;
  width: number;
  min?: number;
  max?: number;
}
/** Buckets that hold equally many training rows each, as nearly as equal values allow. */
export interface QuantilesDefinition {
  kind: "quantiles";
  column: string;
  buckets: number;
}
/** One dimension for each value met in training. */
export interface CategoryDefinition {
  kind: "category";
  column: string;
}
/** One dimension for each word met in training, counted: text split at white space, or a list of words. */
export interface TokensDefinition {
  kind: "tokens";
  column: string;
}
/** One of `slots` dimensions chosen by a hash of the value: nothing to learn, collisions possible. */
export interface HashDefinition {
  kind: "hash";
  column: string;
  slots: number;
}
export type SimpleDefinition =
  | NumberDefinition
  | BucketDefinition
  | QuantilesDefinition
  | CategoryDefinition
  | TokensDefinition
  | HashDefinition;

/** What learning adds to a definition. It is saved in the model. */
export interface Learned {
  /** Whether training data missed this cell: then "missing" is a bucket of its own, the last. */
  missing?: boolean;
  /** bucket: the range, widened to whole buckets. */
  min?: number;
  max?: number;
  /** quantiles: ascending edges between the buckets. */
  edges?: number[];
  /** category, tokens: the values by id. */
  values?: string[];
  /** In place of values, where a model keeps no names. */
  hashed?: HashedValues;
}

/** Values that are known by the hashes of their texts only: those that a weight needs, of `count` that there were. */
export interface HashedValues {
  count: number;
  bits: 32 | 53;
  /** Ascending, with a hash each. */
  ids: number[];
  hashes: number[];
}

/** Collects what a kind needs to know from cells that are not missing. */
export interface Learner {
  observe(cell: Cell): void;
  finish(): Learned;
}

/** Encodes cells that are not missing into ids below `dimension`. */
export interface Encoder {
  readonly dimension: number;
  /** Whether a cell may give other than exactly one id of value 1. */
  readonly many: boolean;
  /** Pushes (id, value) pairs. Returns how many parts of the cell were not seen in training. */
  encode(cell: Cell, out: Entries): number;
  /** Readable name of an id: "latitude [37.45, 37.47)". `name` is the feature's. */
  label(id: number, name: string): string;
}

interface Kind<D extends SimpleDefinition> {
  /** Throws OptionError when a number in the definition is out of range. */
  check(definition: D): void;
  learner(definition: D): Learner | null;
  encoder(definition: D, learned: Learned): Encoder;
}

const NOTHING_TO_LEARN: Learner = { observe: () => {}, finish: () => ({}) };

const number: Kind<NumberDefinition> = {
  check: () => {},
  learner: () => NOTHING_TO_LEARN,
  encoder: ({ column }) => ({
    dimension: 1,
    many: true,
    encode(cell, out) {
      const value = numberOf(cell, column);
      if (!Number.isFinite(Math.fround(value))) {
        throw new DataError(`${column}: value ${quote(cell)} is beyond single precision (±3.4e38)`);
      }
      out.push(0, value);
      return 0;
    },
    label: (_, name) => name,
  }),
};

const bucket: Kind<BucketDefinition> = {
  check({ column, width, min, max }) {
    if (!(width > 0 && Number.isFinite(width))) {
      throw new OptionError(`bucket of ${quote(column)}: width ${width} is not a positive number`);
    }
    if ((min === undefined) !== (max === undefined)) {
      throw new OptionError(`bucket of ${quote(column)}: min and max go together`);
    }
    if (min !== undefined && max !== undefined && !(min < max && Number.isFinite(max - min))) {
      throw new OptionError(`bucket of ${quote(column)}: min ${min} is not below max ${max}`);
    }
  },
  learner({ column, width, min, max }) {
    if (min !== undefined && max !== undefined) return { observe: () => {}, finish: () => ({ min, max }) };
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    return {
      observe(cell) {
        const value = numberOf(cell, column);
        least = Math.min(least, value);
        most = Math.max(most, value);
      },
      finish: () => {
        if (least > most) return { min: 0, max: 0 };
        return { min: Math.floor(least / width) * width, max: (Math.floor(most / width) + 1) * width };
      },
    };
  },
  encoder({ column, width }, { min = 0, max = 0 }) {
    // A range that is a multiple of the width but for rounding has no bucket for the rest.
    const dimension = Math.ceil(((max - min) / width) * (1 - 1e-12));
    if (!(dimension <= Number.MAX_SAFE_INTEGER)) throw new OptionError(`bucket of ${quote(column)}: too many buckets`);
    // Enough decimals that neighbouring edges differ.
    const decimals = Math.max(0, Math.min(20, 1 - Math.floor(Math.log10(width))));
    const edge = (k: number) => (min + k * width).toFixed(decimals);
    return {
      dimension,
      many: false,
      encode(cell, out) {
        const value = numberOf(cell, column);
        if (value < min || value > max || dimension === 0) return 1;
        // The upper end of the range belongs to the last bucket, so that latitude 90 has one.
        out.push(Math.min(Math.floor((value - min) / width), dimension - 1), 1);
        return 0;
      },
      label: (id, name) => `${name} [${edge(id)}, ${edge(id + 1)})`,
    };
  },
};

/** Quantiles are exact up to this many training rows; beyond, they are those of a random sample as large. */
const QUANTILE_SAMPLE = 1 << 20;

const quantiles: Kind<QuantilesDefinition> = {
  check({ column, buckets }) {
    if (!(Number.isInteger(buckets) && buckets >= 2 && buckets <= QUANTILE_SAMPLE)) {
      throw new OptionError(`quantiles of ${quote(column)}: ${buckets} buckets; expected a whole number, 2 or more`);
    }
  },
  learner({ column, buckets }) {
    const sample: number[] = [];
    const random = new Random(0);
    let seen = 0;
    return {
      observe(cell) {
        const value = numberOf(cell, column);
        seen++;
        // Reservoir sampling (Vitter, 1985).
        const place = seen <= QUANTILE_SAMPLE ? seen - 1 : Math.floor(random.unit() * seen);
        if (place < QUANTILE_SAMPLE) sample[place] = value;
      },
      finish() {
        const sorted = Float64Array.from(sample).sort();
        const edges = new Set<number>();
        for (let i = 1; i < buckets && sorted.length > 0; i++) {
          // Between the two nearest ranks, as NumPy and R (type 7) interpolate.
          const rank = (i * (sorted.length - 1)) / buckets;
          const below = sorted[Math.floor(rank)] as number;
          const above = sorted[Math.ceil(rank)] as number;
          edges.add(below + (above - below) * (rank - Math.floor(rank)));
        }
        return { edges: [...edges] };
      },
    };
  },
  encoder({ column }, { edges = [] }) {
    const show = (edge: number | undefined) => String(Number((edge as number).toPrecision(6)));
    return {
      dimension: edges.length + 1,
      many: false,
      encode(cell, out) {
        const value = numberOf(cell, column);
        // The number of edges ≤ value.
        let low = 0;
        let high = edges.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if ((edges[middle] as number) <= value) low = middle + 1;
          else high = middle;
        }
        out.push(low, 1);
        return 0;
      },
      label(id, name) {
        if (edges.length === 0) return `${name} (all)`;
        if (id === 0) return `${name} < ${show(edges[0])}`;
        if (id === edges.length) return `${name} ≥ ${show(edges[id - 1])}`;
        return `${name} [${show(edges[id - 1])}, ${show(edges[id])})`;
      },
    };
  },
};

/** Numbers values in the order in which they are first met. */
function vocabulary(): { add(value: string): void; finish(): Learned } {
  const values = new Set<string>();
  return { add: (value) => values.add(value), finish: () => ({ values: [...values] }) };
}

/** Values by their texts, or by the hashes of them. */
function valuesOf({ values = [], hashed }: Learned): {
  count: number;
  find(text: string): number | undefined;
  /** The value after `prefix`, or the name of the feature and the value's number. */
  nameOf(id: number, prefix: string, name: string): string;
} {
  if (hashed) {
    const { count, bits, hashes } = hashed;
    const ids = new Map(hashes.map((hash, i) => [hash, hashed.ids[i]]));
    return { count, find: (text) => ids.get(hashValue(text, bits)), nameOf: (id, _, name) => `${name} #${id}` };
  }
  const ids = new Map(values.map((value, id) => [value, id]));
  return { count: values.length, find: (text) => ids.get(text), nameOf: (id, prefix) => prefix + values[id] };
}

const category: Kind<CategoryDefinition> = {
  check: () => {},
  learner({ column }) {
    const { add, finish } = vocabulary();
    return { observe: (cell) => add(textOf(cell, column)), finish };
  },
  encoder({ column }, learned) {
    const { count, find, nameOf } = valuesOf(learned);
    return {
      dimension: count,
      many: false,
      encode(cell, out) {
        const id = find(textOf(cell, column));
        if (id === undefined) return 1;
        out.push(id, 1);
        return 0;
      },
      label: (id, name) => nameOf(id, `${name} = `, name),
    };
  },
};

const tokens: Kind<TokensDefinition> = {
  check: () => {},
  learner({ column }) {
    const { add, finish } = vocabulary();
    return { observe: (cell) => wordsOf(cell, column).forEach(add), finish };
  },
  encoder({ column }, learned) {
    const { count, find, nameOf } = valuesOf(learned);
    return {
      dimension: count,
      many: true,
      encode(cell, out) {
        let unseen = 0;
        for (const word of wordsOf(cell, column)) {
          const id = find(word);
          if (id === undefined) unseen++;
          else out.push(id, 1);
        }
        out.merge();
        return unseen;
      },
      label: (id, name) => nameOf(id, `${name}: `, name),
    };
  },
};

function wordsOf(cell: Cell, column: string): readonly string[] {
  if (Array.isArray(cell)) return cell.map((word) => textOf(word, column));
  return textOf(cell, column)
    .split(/\s+/)
    .filter((word) => word !== "");
}

const hash: Kind<HashDefinition> = {
  check({ column, slots }) {
    checkSlots(`hash of ${quote(column)}`, slots);
  },
  learner: () => null,
  encoder: ({ column, slots }) => ({
    dimension: slots,
    many: false,
    encode(cell, out) {
      out.push(hashText(isMissing(cell) ? "" : textOf(cell, column)) % slots, 1);
      return 0;
    },
    label: (id, name) => `${name} #${id}`,
  }),
};

/** Throws OptionError unless `slots` is a whole number that a 32-bit hash can fill. */
export function checkSlots(what: string, slots: number): void {
  if (!(Number.isInteger(slots) && slots >= 1 && slots <= 2 ** 32)) {
    throw new OptionError(`${what}: ${slots} slots; expected a whole number from 1 to 2³²`);
  }
}

const KINDS = { number, bucket, quantiles, category, tokens, hash };

/** Returns the kind's functions for a definition. */
export function kindOf(definition: SimpleDefinition): Kind<SimpleDefinition> {
  return KINDS[definition.kind] as Kind<SimpleDefinition>;
}

export function isKind(kind: unknown): kind is SimpleDefinition["kind"] {
  return typeof kind === "string" && Object.hasOwn(KINDS, kind);
}
