import { open, type Predictor } from "./load.js";

/** Ids of which one is held in memory; the rest stay as they are in the file. */
const STRIDE = 8;

export interface LoadOptions {
  /** "indexed": all ids in memory, the quickest. "compact": as they are in the file, the smallest. */
  form?: "indexed" | "compact";
}

/**
 * Reads a model from its file's bytes to predict only, as nought/predict does. Throws ModelError when they are damaged.
 * In memory a weight takes 16 bytes, or in the form "compact" 6.5 and what its id takes in the file.
 */
export function load(file: ArrayBuffer | Uint8Array, { form = "indexed" }: LoadOptions = {}): Predictor {
  return open(file, form === "compact" ? STRIDE : 1);
}
