// The entry "nought/predict": loads a model and predicts, without WebAssembly and the rest of nought, on any platform.
import { ModelError } from "./errors.js";
import { unseal } from "./model/container.js";
import type { PackedSpace } from "./model/packing.js";
import { DataError, type Fields, recordReader } from "./serve/records.js";
import { type Form, type WeightsHeader, weightsOf } from "./serve/weights.js";

export type { Cell, Fields } from "./serve/records.js";
export type { Form } from "./serve/weights.js";
export { DataError, ModelError };

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

/**
 * Reads a model from its file's bytes. In the form "hash" it takes some 20 bytes a weight and is the quickest; in the
 * form "compact" it looks weights up where they are in the file. Throws ModelError when they are damaged.
 */
export function load(file: ArrayBuffer | Uint8Array, { form = "hash" }: { form?: Form } = {}): Predictor {
  try {
    const { header: json, views } = unseal(file);
    const header = json as unknown as Header;
    const { loss, intercept, kept, space } = header;
    const weightOf = weightsOf(header, views, form);
    const read = space && recordReader(space, views, header.sections.values[1]);
    const margin = (record: Fields) => {
      if (!read) throw new DataError("the model's columns have no names");
      let sum = intercept;
      read(record, (id, value) => {
        sum += weightOf(id) * value;
      });
      return sum;
    };
    const predict = (record: Fields) => (loss === "logistic" ? sigmoid(margin(record)) : margin(record));
    return { loss, intercept, kept, weightOf, margin, predict };
  } catch (cause) {
    throw cause instanceof ModelError ? cause : new ModelError(`model file is damaged: ${cause}`);
  }
}

/** That of baseline/math.ts to the bit, in a loop. */
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
