import * as nought from "../errors.js";
import { open, type Predictor } from "./load.js";
import { DataError, type Fields } from "./records.js";

/** Ids of which one is held in memory; the rest stay as they are in the file. */
const STRIDE = 8;

/** How a model is kept in memory. */
export interface LoadOptions {
  /** "indexed": all ids in memory, the quickest. "compact": as they are in the file, the smallest. */
  form?: "indexed" | "compact";
}

/**
 * Reads a model from its file's bytes to predict only, as nought/predict does, with nought's own errors. Throws ModelError
 * when they are damaged. In memory a weight takes 12 bytes, written in fewer bits 9, beyond 2³² dimensions 6 more; or in
 * the form "compact" 6 or 4, and what its id takes in the file.
 */
export function load(file: ArrayBuffer | Uint8Array, { form = "indexed" }: LoadOptions = {}): Predictor {
  const predictor = open(file, form === "compact" ? STRIDE : 1);
  return {
    ...predictor,
    margin: (record) => named(predictor.margin, record),
    predict: (record) => named(predictor.predict, record),
  };
}

function named(of: (record: Fields) => number, record: Fields): number {
  try {
    return of(record);
  } catch (cause) {
    throw cause instanceof DataError ? new nought.DataError(cause.message) : cause;
  }
}
