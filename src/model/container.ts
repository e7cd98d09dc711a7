import { ModelError } from "../errors.js";
import { sha256 } from "./sha256.js";

// What holds a model: a header of JSON, sections of bytes, and a digest of it all. codec.ts has the whole format.

const MAGIC = "nought\0";
const VERSION = 2;
const PREFIX = 12;
const DIGEST = 32;
const MOST_HEADER = 2 ** 24;
/** Bits within a section are counted in 31. */
const MOST_SECTION = 2 ** 28 - 4;

/** In their order in the file. */
export const SECTIONS = ["ids", "weights", "edges", "values"] as const;
export type Sections<T> = Record<(typeof SECTIONS)[number], T>;
/** Where a section begins, counted from the end of the header, and its length. */
export type Extents = Sections<readonly [offset: number, length: number]>;

/** Returns a header, with the sections' extents added to it, and sections as a file. */
export function seal(header: object, sections: Sections<Uint8Array>): Uint8Array {
  const extents: Record<string, [number, number]> = {};
  let length = 0;
  for (const name of SECTIONS) {
    const section = sections[name];
    if (section.length > MOST_SECTION)
      throw new ModelError(`a model of ${section.length} bytes of ${name} has no file`);
    extents[name] = [length, section.length];
    length += section.length;
  }
  const json = new TextEncoder().encode(JSON.stringify({ ...header, sections: extents }));
  if (json.length > MOST_HEADER)
    throw new ModelError("a model with so many features has no file: its header is too long");
  const bytes = new Uint8Array(PREFIX + json.length + length + DIGEST);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  bytes[7] = VERSION;
  view.setUint32(8, json.length, true);
  bytes.set(json, PREFIX);
  for (const name of SECTIONS) bytes.set(sections[name], PREFIX + json.length + extents[name]![0]);
  const end = bytes.length - DIGEST;
  sha256(bytes.subarray(0, end)).forEach((word, i) => {
    view.setInt32(end + 4 * i, word);
  });
  return bytes;
}

/**
 * Parts a file into its header and a view from the beginning of each section to the end of the file. Allocates nothing
 * but the header before it has found the digest right and the lengths to add up. Throws ModelError.
 */
export function unseal(file: ArrayBuffer | Uint8Array): { header: { sections: Extents }; views: Sections<DataView> } {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - DIGEST;
  check(end >= PREFIX && [...MAGIC].every((sign, i) => bytes[i] === sign.charCodeAt(0)), "not a nought model");
  check(bytes[7] === VERSION, `model file of version ${bytes[7]}; this is nought for version ${VERSION}`);
  const isWhole = sha256(bytes.subarray(0, end)).every((word, i) => word === view.getInt32(end + 4 * i));
  check(isWhole, "model file is damaged: its digest does not match");
  const body = PREFIX + view.getUint32(8, true);
  check(body <= Math.min(end, PREFIX + MOST_HEADER), "model file is damaged: its header is too long");
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(PREFIX, body));
  const header = JSON.parse(text);
  // A key that is there twice is there once then.
  check(JSON.stringify(header) === text, "model file is damaged: its header is not as it is written");
  const views = {} as Sections<DataView>;
  let at = body;
  for (const name of SECTIONS) {
    const [offset, length] = header.sections[name];
    check(body + offset === at && length >= 0 && at + length <= end, `model file is damaged: ${name} out of place`);
    views[name] = new DataView(view.buffer, view.byteOffset + at, bytes.length - at);
    at += length;
  }
  check(at === end, "model file is damaged: its sections do not add up to its length");
  return { header, views };
}

export function check(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new ModelError(problem);
}
