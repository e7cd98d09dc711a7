// The entry "nought/predict": loads a model and predicts, without WebAssembly, on any platform.
import { decodeModel } from "./model/codec.js";
import type { Model } from "./model/model.js";

export { ModelError } from "./errors.js";
export type { Fields } from "./features/space.js";
export type { Model, NamedWeight } from "./model/model.js";

/** Reads a model from its file's bytes. Throws ModelError when they are damaged. */
export function load(file: ArrayBuffer | Uint8Array): Model {
  return decodeModel(file);
}
