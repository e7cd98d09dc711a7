import { ModelError } from "../errors.js";
import { sha256 } from "./sha256.js";

// What holds a model: a header of JSON, sections of bytes, and a digest of it all. codec.ts has the whole format.

const MAGIC = "nought\0";
const VERSION = 2;
const PREFIX = 12;
const DIGEST = 32;
const MOST_HEADER = 2 ** 26;
/** Bits within a section are counted in 31. */
const MOST_SECTION = 2 ** 28 - 4;

/** Where the sections ids, weights and values begin, counted from the end of the header, and their lengths. */
export type Extents = readonly (readonly [offset: number, length: number])[];
export type Sections = readonly [ids: DataView, weights: DataView, values: DataView];

/** Returns a header, with the sections' extents added to it, and sections as a file. */
export function seal(header: object, sections: readonly Uint8Array[]): Uint8Array {
  let end = 0;
  const extents = sections.map(({ length }): Extents[number] => {
    if (length > MOST_SECTION) throw new ModelError("a model of so many weights has no file");
    end += length;
    return [end - length, length];
  });
  const json = new TextEncoder().encode(JSON.stringify({ ...header, sections: extents }));
  if (json.length > MOST_HEADER) throw new ModelError("a model of so many features has no file");
  const body = PREFIX + json.length;
  const bytes = new Uint8Array(body + end + DIGEST);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  bytes[7] = VERSION;
  view.setUint32(8, json.length, true);
  bytes.set(json, PREFIX);
  sections.forEach((section, i) => {
    bytes.set(section, body + extents[i]![0]);
  });
  sha256(bytes.subarray(0, -DIGEST)).forEach((word, i) => {
    view.setInt32(body + end + 4 * i, word);
  });
  return bytes;
}

/**
 * Parts a file into its header and its sections. Allocates no more than the file's size before it has found the digest
 * right. Throws ModelError, or an error of JSON; asked for sections, one of a view unless their extents were checked.
 */
export function unseal<H>(bytes: Uint8Array): { header: H; sections: Sections } {
  const { buffer, byteOffset, length } = bytes;
  const view = new DataView(buffer, byteOffset, length);
  const end = length - DIGEST;
  if (String.fromCharCode(...bytes.subarray(0, 7)) !== MAGIC) throw new ModelError("not a nought model");
  if (bytes[7] !== VERSION)
    throw new ModelError(`model file of version ${bytes[7]}; this is nought for version ${VERSION}`);
  const digest = sha256(bytes.subarray(0, end));
  check(
    digest.every((word, i) => word === view.getInt32(end + 4 * i)),
    "its digest does not match",
  );
  const body = PREFIX + view.getUint32(8, true);
  const text = new TextDecoder().decode(bytes.subarray(PREFIX, body));
  const header = JSON.parse(text);
  // A key that is there twice is there once then.
  check(JSON.stringify(header) === text, "its header is not canonical");
  return {
    header,
    get sections() {
      return header.sections.map(([offset, length]: Extents[number]) => {
        return new DataView(buffer, byteOffset + body + offset, length);
      });
    },
  };
}

/** Throws ModelError unless sections follow one another without gaps, from the header's end to the digest. */
export function checkExtents(extents: Extents, file: Uint8Array): void {
  const body = PREFIX + new DataView(file.buffer, file.byteOffset).getUint32(8, true);
  let at = 0;
  check(Array.isArray(extents), "its sections are no list");
  for (const extent of extents) {
    check(Array.isArray(extent), "its sections are out of place");
    const [offset, length] = extent;
    check(offset === at && length >= 0 && Number.isSafeInteger(at + length), "its sections are out of place");
    at += length;
  }
  check(extents.length === 3 && body + at + DIGEST === file.length, "its sections do not add up to its length");
}

/** Returns the digest that a file ends with, in hexadecimal. */
export function digestOf(file: Uint8Array): string {
  return Array.from(file.subarray(-DIGEST), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What messages about damaged files begin with. */
export const DAMAGED = "model file is damaged: ";

/** Throws ModelError unless what must hold of a model's file does. */
export function check(holds: unknown, problem: string): asserts holds {
  if (!holds) throw new ModelError(DAMAGED + problem);
}

/** The error of a damaged file. */
export function damaged(problem: string, cause?: unknown): ModelError {
  return new ModelError(DAMAGED + problem, { cause });
}
