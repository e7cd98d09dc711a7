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
 * Parts a file into its header and a view from the beginning of each section to the end of the file. Allocates no more
 * than the file's size before it has found the digest right and the lengths to add up. Throws ModelError.
 */
export function unseal(file: ArrayBuffer | Uint8Array): { header: { sections: Extents }; views: Sections<DataView> } {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  const { buffer, byteOffset, length } = bytes;
  const view = new DataView(buffer, byteOffset, length);
  const end = length - DIGEST;
  if (end < PREFIX || String.fromCharCode(...bytes.subarray(0, 7)) !== MAGIC)
    throw new ModelError("not a nought model");
  if (bytes[7] !== VERSION) {
    throw new ModelError(`model file of version ${bytes[7]}; this is nought for version ${VERSION}`);
  }
  const digest = sha256(bytes.subarray(0, end));
  check(
    digest.every((word, i) => word === view.getInt32(end + 4 * i)),
    "its digest does not match",
  );
  let at = PREFIX + view.getUint32(8, true);
  check(at <= end, "its header is longer than the file");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(PREFIX, at));
  const header = JSON.parse(text);
  // A key that is there twice is there once then.
  check(JSON.stringify(header) === text, "its header is not as it is written");
  const views = {} as Sections<DataView>;
  const body = at;
  for (const name of SECTIONS) {
    const [offset, size] = header.sections[name];
    check(body + offset === at && size >= 0, `${name} out of place`);
    views[name] = new DataView(buffer, byteOffset + at, length - at);
    at += size;
  }
  check(at === end, "its sections do not add up to its length");
  return { header, views };
}

/** Throws ModelError unless what must hold of a model's file does. */
export function check(holds: unknown, problem: string): asserts holds {
  if (!holds) throw new ModelError(`model file is damaged: ${problem}`);
}
