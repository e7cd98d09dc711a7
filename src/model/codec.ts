import { ModelError, NoughtError } from "../errors.js";
import { parseSpace } from "../features/define.js";
import type { Learned } from "../features/kinds.js";
import { FeatureSpace } from "../features/space.js";
import { crc32 } from "./crc32.js";
import { Model, type Training } from "./model.js";

// The model file, version 1, little-endian:
//
//     offset  bytes
//     0       8       magic: "nought", 0, version
//     8       4       CRC-32 (ISO 3309) of everything after it
//     12      4       H, length of the header
//     16      H       header, JSON in UTF-8: loss, intercept, declared, slots, kept, idBytes, space, vwBits, training
//     16+H    idBytes ids, ascending: the first, then each difference to the one before, LEB128
//     …       4·kept  weights, f32
//
// The file ends there. Nothing is allocated before the lengths are found to add up to the file's own.

const MAGIC = [0x6e, 0x6f, 0x75, 0x67, 0x68, 0x74, 0];
const VERSION = 1;
const PREFIX = 16;

interface Header {
  loss: "logistic" | "squared";
  intercept: number;
  declared: number;
  slots: number | null;
  kept: number;
  idBytes: number;
  space: { definition: unknown; learned: unknown } | null;
  /** Absent where ids are no hashes. */
  vwBits?: number;
  training: Training;
}

/** Returns a model's file. */
export function encodeModel(model: Model): Uint8Array {
  const ids = encodeIds(model.ids);
  const { loss, intercept, declared, slots, kept, space, vwBits, training } = model;
  const header: Header = {
    loss,
    intercept,
    declared,
    slots,
    kept,
    idBytes: ids.length,
    space: space?.state ?? null,
    ...(vwBits !== null && { vwBits }),
    training,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(PREFIX + json.length + ids.length + 4 * kept);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes[7] = VERSION;
  view.setUint32(12, json.length, true);
  bytes.set(json, PREFIX);
  bytes.set(ids, PREFIX + json.length);
  const weights = PREFIX + json.length + ids.length;
  model.values.forEach((weight, i) => {
    view.setFloat32(weights + 4 * i, weight, true);
  });
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/** Reads a model's file. Throws ModelError when it is damaged, cut short, or of a version that is not known. */
export function decodeModel(file: ArrayBuffer | Uint8Array): Model {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX || MAGIC.some((byte, i) => bytes[i] !== byte)) throw new ModelError("not a nought model");
  if (bytes[7] !== VERSION)
    throw new ModelError(`model file of version ${bytes[7]}; this is nought for version ${VERSION}`);
  if (crc32(bytes.subarray(12)) !== view.getUint32(8, true)) {
    throw new ModelError("model file is damaged: its checksum does not match");
  }
  try {
    return decodeChecked(bytes, view);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const what =
      cause instanceof NoughtError || cause instanceof SyntaxError ? (cause as Error).message : String(cause);
    throw new ModelError(`model file is damaged: ${what}`, { cause });
  }
}

function decodeChecked(bytes: Uint8Array, view: DataView): Model {
  const headerEnd = PREFIX + view.getUint32(12, true);
  expect(headerEnd <= bytes.length, "its header is longer than the file");
  const header = parseHeader(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(PREFIX, headerEnd)));
  const { kept, idBytes, declared } = header;
  expect(headerEnd + idBytes + 4 * kept === bytes.length, "its sections do not add up to its length");
  expect(kept <= idBytes, "it has fewer id bytes than weights");
  const ids = decodeIds(bytes.subarray(headerEnd, headerEnd + idBytes), kept, header.slots ?? declared);
  const values = Float32Array.from({ length: kept }, (_, i) => view.getFloat32(headerEnd + idBytes + 4 * i, true));
  expect(
    values.every((weight) => weight !== 0 && Number.isFinite(weight)),
    "a weight is 0 or not finite",
  );
  const space = header.space && parseSpaceState(header.space);
  expect(!space || space.declared === declared, "its feature space has another dimension");
  return new Model({ ...header, space }, ids, values);
}

function parseHeader(json: string): Header {
  const header = JSON.parse(json) as Header;
  expect(header.loss === "logistic" || header.loss === "squared", "unknown loss");
  expect(Number.isFinite(header.intercept), "its intercept is no number");
  for (const name of ["declared", "kept", "idBytes"] as const) expect(isCount(header[name]), `"${name}" is no count`);
  header.slots ??= null; // files written before there were any
  expect(header.slots === null || isPowerOfTwo(header.slots), '"slots" is no power of two');
  expect(header.space === null || isObject(header.space), "its feature space is incomplete");
  expect(header.vwBits === undefined || isHashed(header), '"vwBits" does not fit its dimension');
  expect(isTraining(header.training), "its training summary is incomplete");
  return header;
}

function isHashed({ vwBits, space, declared }: Header): boolean {
  return isCount(vwBits) && space === null && declared === 2 ** vwBits!;
}

function isTraining({ options, rows, seen, seenByFeature, loss }: Training): boolean {
  const isPlain = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
  const isLoss = (value: unknown) => value === null || Number.isFinite(value);
  return (
    isObject(options) &&
    Object.values(options).every(isPlain) &&
    [rows, seen].every(isCount) &&
    Array.isArray(seenByFeature) &&
    seenByFeature.every(isCount) &&
    isObject(loss) &&
    [loss.progressive, loss.train, loss.validation].every(isLoss)
  );
}

/** Returns the feature space that JSON tells of. Throws NoughtError where it cannot be. */
export function parseSpaceState({ definition, learned }: { definition: unknown; learned: unknown }): FeatureSpace {
  return new FeatureSpace({ definition: parseSpace(definition), learned: parseLearned(learned) });
}

function parseLearned(value: unknown): Learned[] {
  expect(Array.isArray(value), "its feature space is incomplete");
  for (const { missing, min, max, edges, values } of value as Learned[]) {
    expect(missing === undefined || typeof missing === "boolean", '"missing" is neither true nor false');
    const isRange = Number.isFinite(min) && Number.isFinite(max) && min! <= max!;
    expect((min === undefined && max === undefined) || isRange, "a bucket's range is no range");
    const isAscending = edges?.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!)) ?? true;
    expect(isAscending, "quantile edges do not ascend");
    expect(values?.every((it) => typeof it === "string") ?? true, "a category is no text");
    expect(new Set(values).size === (values?.length ?? 0), "a category is there twice");
  }
  return value as Learned[];
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPowerOfTwo(value: unknown): boolean {
  return isCount(value) && Number.isInteger(Math.log2(value as number));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function expect(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new ModelError(`model file is damaged: ${problem}`);
}

/** Ascending whole numbers as LEB128 differences. */
function encodeIds(ids: Float64Array): Uint8Array {
  const bytes = new Uint8Array(ids.length * 8);
  let at = 0;
  let previous = 0;
  for (const id of ids) {
    let rest = id - previous;
    previous = id;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
    bytes[at++] = rest;
  }
  return bytes.subarray(0, at);
}

function decodeIds(bytes: Uint8Array, count: number, declared: number): Float64Array {
  const ids = new Float64Array(count);
  let at = 0;
  let id = 0;
  for (let i = 0; i < count; i++) {
    let difference = 0;
    let place = 1;
    for (;;) {
      const byte = bytes[at++];
      expect(byte !== undefined, "its ids end early");
      difference += (byte & 127) * place;
      if (byte < 128) break;
      place *= 128;
      expect(place <= 2 ** 49, "an id is beyond 2⁵³");
    }
    id += difference;
    expect(id < declared && (i === 0 || difference > 0), "ids do not ascend below the declared dimension");
    ids[i] = id;
  }
  expect(at === bytes.length, "bytes are left after its ids");
  return ids;
}
