import { sigmoid } from "../baseline/math.js";
import { Dictionary } from "../data/dictionary.js";
import type { Loss } from "../engine/kernels.js";
import { OptionError } from "../errors.js";
import { Entries } from "../features/entries.js";
import { numberAfter, type Place } from "../features/names.js";
import type { FeatureSpace, Fields } from "../features/space.js";
import { foldId } from "../slots.js";
import type { Change } from "./quantize.js";

/** How a model came about, for people: recorded in its file, used for nothing. */
export interface Training {
  options: Record<string, string | number | boolean>;
  rows: number;
  /**
   * Columns seen in training, kept or not, and how many of them belong to each feature of the space. Of streams with
   * solver ftrl those that moved: not such as only rows of weight 0 had, or rows without an error to learn from.
   */
  seen: number;
  seenByFeature: number[];
  loss: { progressive: number | null; train: number | null; validation: number | null };
  /** What solver batch says of its weights: their objective, and how far at most it is above the optimum. */
  certificate?: { objective: number; gap: number };
  /** How its margins were scaled afterwards, slope · margin + intercept, by how many rows; absent where they were not. */
  calibration?: { slope: number; intercept: number; rows: number };
}

export interface ModelParts {
  loss: Loss;
  intercept: number;
  /** Declared dimension. */
  declared: number;
  /** Slots that ids past them are folded into, a power of two; null or absent where every id has its own. */
  slots?: number | null;
  /** null when ids are the indices of svmlight or of arrays, or hashes. */
  space: FeatureSpace | null;
  /** Of ids that are Vowpal Wabbit's hashes, how many bits they have; null or absent for others. */
  vwBits?: number | null;
  training: Training;
  /** How far its weights are from those of training, where they were written in fewer bits; else null or absent. */
  change?: Change | null;
}

/** A weight that is not 0. */
export interface NamedWeight {
  id: number;
  /** "lat [52.37, 52.38) × lon [4.88, 4.90)"; without a feature space the index, from 1, or "#" and the hash. */
  name: string;
  weight: number;
}

/** What a feature adds to a margin. */
export interface Contribution {
  /** As of a weight, or "intercept". */
  name: string;
  value: number;
  /** weight · value, in single precision */
  contribution: number;
}

/** A linear model: an intercept and the weights that are not 0, by id. It predicts; it needs no engine. */
export class Model implements ModelParts {
  readonly loss: Loss;
  readonly intercept: number;
  readonly declared: number;
  readonly slots: number | null;
  readonly space: FeatureSpace | null;
  readonly vwBits: number | null;
  readonly training: Training;
  readonly change: Change | null;
  /** Ascending. */
  readonly ids: Float64Array;
  /** One an id, none 0. */
  readonly values: Float32Array;
  /** Made when the first weight is asked for. */
  #places: Dictionary | null = null;
  readonly #entries = new Entries();

  /** Takes ids in ascending order with their weights, none of which is 0. */
  constructor(parts: ModelParts, ids: Float64Array, values: Float32Array) {
    this.loss = parts.loss;
    this.intercept = parts.intercept;
    this.declared = parts.declared;
    this.slots = parts.slots ?? null;
    this.space = parts.space;
    this.vwBits = parts.vwBits ?? null;
    this.training = parts.training;
    this.change = parts.change ?? null;
    this.ids = ids;
    this.values = values;
  }

  /**
   * Makes a model of what training saw: ids in any order, weights that may be 0. Arrays that are as the model wants them are
   * not copied: the caller leaves them to it.
   */
  static from(parts: ModelParts, ids: Float64Array, weights: Float64Array | Float32Array): Model {
    let [count, last, isAscending] = [0, -1, true];
    for (let j = 0; j < ids.length; j++) {
      if (Math.fround(weights[j]!) === 0) continue;
      count++;
      isAscending &&= ids[j]! > last;
      last = ids[j]!;
    }
    if (isAscending && count === ids.length && weights instanceof Float32Array) return new Model(parts, ids, weights);
    const kept = new Uint32Array(count);
    for (let j = 0, k = 0; k < count; j++) if (Math.fround(weights[j]!) !== 0) kept[k++] = j;
    if (!isAscending) kept.sort((a, b) => ids[a]! - ids[b]!);
    const [own, values] = [new Float64Array(count), new Float32Array(count)];
    for (let k = 0; k < count; k++) {
      own[k] = ids[kept[k]!]!;
      values[k] = weights[kept[k]!]!;
    }
    return new Model(parts, own, values);
  }

  /** Number of weights, none of them 0. */
  get kept(): number {
    return this.ids.length;
  }

  /** Returns the weight of an id, 0 when it is not kept. */
  weightOf(id: number): number {
    this.#places ??= Dictionary.of(this.ids);
    const place = this.#places.find(this.slots === null ? id : foldId(id, this.slots));
    return place < 0 ? 0 : this.values[place]!;
  }

  /** Returns x·w + b of encoded features, whose values count in single precision, as in training. */
  marginOf(entries: Entries): number {
    let margin = this.intercept;
    for (let k = 0; k < entries.length; k++) {
      margin += this.weightOf(entries.ids[k]!) * Math.fround(entries.values[k]!);
    }
    return margin;
  }

  /**
   * Returns x·w + b of a record. Values not seen in training count nothing, nor do fields that it does not know.
   * Throws DataError when a field is absent (null says "missing") or of the wrong kind.
   */
  margin(record: Fields): number {
    if (!this.space) throw new OptionError("this model's features have no names: it was trained on numbered columns");
    this.space.encodeFields(this.#entries, record);
    return this.marginOf(this.#entries);
  }

  /**
   * Returns what a record's margin is made of: the intercept, then each of its features that has a weight, with their
   * values and value · weight. Contributions add up to the margin. Throws what margin throws.
   */
  explain(record: Fields): Contribution[] {
    this.margin(record);
    return this.contributionsOf(this.#entries);
  }

  /** As explain, of encoded features. */
  contributionsOf({ ids, values, length }: Entries): Contribution[] {
    const parts = [{ name: "intercept", value: 1, contribution: this.intercept }];
    for (let k = 0; k < length; k++) {
      const [id, value] = [ids[k]!, values[k]!];
      const weight = this.weightOf(id);
      if (weight === 0) continue;
      const contribution = weight * Math.fround(value);
      parts.push({ name: (this.space ?? this).nameOf(id), value, contribution });
    }
    return parts;
  }

  /** Returns the probability of "yes" (logistic loss) or the value (squared loss) of a record. */
  predict(record: Fields): number {
    return this.respond(this.margin(record));
  }

  /** As predict, for models with logistic loss only. Throws OptionError for others. */
  predictProbability(record: Fields): number {
    if (this.loss !== "logistic")
      throw new OptionError(`a model with ${this.loss} loss predicts values, not probabilities`);
    return this.predict(record);
  }

  /** Turns a margin into what the model predicts. */
  respond(margin: number): number {
    return this.loss === "logistic" ? sigmoid(margin) : margin;
  }

  /** Returns the readable name of an id; of a slot that ids share, its number. */
  nameOf(id: number): string {
    if (this.slots !== null || this.vwBits !== null) return `#${id}`;
    return this.space ? this.space.nameOf(id) : String(id + 1);
  }

  /**
   * Returns the id that a name of nameOf stands for, or a feature's name where ids are folded; null where it names a value
   * that training never met, undefined where no id has that name.
   */
  idOf(name: string): Place {
    const { slots, vwBits, space, declared } = this;
    if (slots !== null || vwBits !== null) {
      const number = numberAfter("#", name, slots ?? declared);
      if (number !== undefined || !space) return number;
    }
    if (space) return space.idOf(name);
    return /^[1-9]\d*$/.test(name) && Number(name) <= declared ? Number(name) - 1 : undefined;
  }

  /** Returns the weights by name, the largest in size first, and of these `most` at most. */
  weights(most = Number.POSITIVE_INFINITY): NamedWeight[] {
    const { ids, values } = this;
    const sizes = values.map(Math.abs);
    // So that few of many are found without sorting all.
    const least = most < sizes.length ? sizes.slice().sort().at(-most)! : 0;
    const order = Array.from(ids.keys()).filter((j) => sizes[j]! >= least);
    order.sort((a, b) => sizes[b]! - sizes[a]!);
    return order.slice(0, most).map((j) => ({ id: ids[j]!, name: this.nameOf(ids[j]!), weight: values[j]! }));
  }
}
