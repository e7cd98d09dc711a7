import { openSource, type SingleInput } from "../data/source.js";
import { ModelError } from "../errors.js";
import { platform } from "../platform.js";
import { decodeModel, type EncodeOptions, encodeModel } from "./codec.js";
import type { Model } from "./model.js";

/** Writes a model to a file: the whole of it, or nothing. Node only; in a browser use encodeModel. Returns its bytes. */
export async function saveModel(model: Model, path: string, options?: EncodeOptions): Promise<number> {
  const bytes = encodeModel(model, options);
  await platform().save(path, bytes);
  return bytes.length;
}

/** Reads a model from a path (a URL in the browser), a Response, a File or a stream. Throws ModelError. */
export async function loadModel(input: SingleInput): Promise<Model> {
  return (await readModel(input)).model;
}

/** As loadModel, with the bytes that it read. */
export async function readModel(input: SingleInput): Promise<{ model: Model; bytes: Uint8Array }> {
  return readAs(input, (bytes) => ({ model: decodeModel(bytes), bytes }));
}

/** Reads a file as a whole and decodes it. A ModelError gets the file's name. */
export async function readAs<T>(input: SingleInput, decode: (bytes: Uint8Array) => T | Promise<T>): Promise<T> {
  const chunks: Uint8Array[] = [];
  const source = openSource(input, { keep: false });
  for await (const chunk of source.chunks()) chunks.push(chunk.slice());
  const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  try {
    return await decode(bytes);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    throw new ModelError(`${source.name}: ${cause.message}`, { cause });
  }
}
