import { ModelError } from "../errors.js";
import { DAMAGED, unseal } from "../model/container.js";
import type { PackedSpace } from "../model/packing.js";
import { DataError, type Fields, recordReader } from "./records.js";
import { type WeightsHeader, weightsOf } from "./weights.js";

/** A model that predicts, bit for bit what Model of nought does. */
export interface Predictor {
  readonly loss: "logistic" | "squared";
  readonly intercept: number;
  /** Number of weights, none of them 0. */
  readonly kept: number;
  /** Returns the weight of an id, 0 when it is not kept. */
  weightOf(id: number): number;
  /**
   * Returns x·w + b of a record. Values not seen in training count nothing, nor do fields that it does not know.
   * Throws DataError when a field is absent (null says "missing") or of the wrong kind.
   */
  margin(record: Fields): number;
  /** Returns the probability of "yes" (logistic loss) or the value (squared loss) of a record. */
  predict(record: Fields): number;
}

interface Header extends WeightsHeader {
  loss: Predictor["loss"];
  intercept: number;
  space: PackedSpace | null;
}

/** Reads a model; one in `stride` of its ids is held in memory. Throws ModelError when the file is damaged. */
export function open(file: ArrayBuffer | Uint8Array, stride = 1): Predictor {
  try {
    const { header, sections } = unseal<Header>(file instanceof Uint8Array ? file : new Uint8Array(file));
    const { loss, intercept, space } = header;
    const weightOf = weightsOf(header, sections, stride);
    const read = space && recordReader(space, sections[2]);
    const margin = (record: Fields) => {
      if (!read) throw new DataError("unnamed columns");
      let sum = intercept;
      for (const [id, value] of read(record)) sum += weightOf(id) * value;
      return sum;
    };
    const predict = (record: Fields) => (loss === "logistic" ? sigmoid(margin(record)) : margin(record));
    return { ...header, weightOf, margin, predict };
  } catch (cause) {
    throw cause instanceof ModelError ? cause : new ModelError(DAMAGED + cause);
  }
}

/** That of src/baseline/math.ts to the bit, in a loop. */
function sigmoid(margin: number): number {
  const x = -Math.abs(margin);
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
  let factorial = 6227020800; // of 13
  let e = 1 / factorial;
  for (let n = 13; n; n--) {
    factorial /= n;
    e = e * r + 1 / factorial;
  }
  e = x < -708 ? 0 : e * 2 ** k;
  return (margin < 0 ? e : 1) / (1 + e);
}
