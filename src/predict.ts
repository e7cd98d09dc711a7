// The entry "nought/predict": loads a model and predicts, without WebAssembly and the rest of nought, on any platform.
import { ModelError } from "./errors.js";
import { open, type Predictor } from "./serve/load.js";
import { type Cell, DataError, type Fields } from "./serve/records.js";

export type { Cell, Fields, Predictor };
export { DataError, ModelError };

/** Reads a model from its file's bytes. Throws ModelError when they are damaged. */
export const load: (file: ArrayBuffer | Uint8Array) => Predictor = open;
