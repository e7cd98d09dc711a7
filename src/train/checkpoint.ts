import type { Identity } from "../data/source.js";
import { hostArray } from "../engine/memory.js";
import { ModelError, NoughtError } from "../errors.js";
import type { FeatureSpace } from "../features/space.js";
import { crc32 } from "../model/crc32.js";
import { parseSpaceState } from "../model/packing.js";
import type { Standing } from "./progressive.js";

// The file of a training state, version 2, little-endian:
//
//     offset  bytes
//     0       8       magic: "nought", 1, version
//     8       4       CRC-32 (ISO 3309) of everything after it
//     12      4       H, length of the header
//     16      H       header, JSON in UTF-8: settings, inputs, space, declared, counts, globals, kind, columns, slots
//     16+H    8·globals  f64, what the trainer carries from row to row
//     …       ids     of kind "numbered" f64, small ones ascending, others in the order of their numbers; of "touched" u32, ascending; of "dense" none
//     …       8·columns  state of each column
//
// The file ends there. Nothing is allocated before the lengths are found to add up to the file's own.

const MAGIC = [0x6e, 0x6f, 0x75, 0x67, 0x68, 0x74, 1];
const VERSION = 2;
const PREFIX = 16;
/** Of a column. */
export const STATE_BYTES = 8;
const ID_BYTES = { numbered: 8, touched: 4, dense: 0 } as const;

/** How far a streamed training came. */
export interface Counts extends Standing {
  /** Pass over the data at hand, from 1, and how many of its rows are done with. */
  epoch: number;
  reached: number;
  /** Whether that is all: the last row of the last pass. */
  isDone: boolean;
  /** Rows trained on, over all passes, the sum of their weights, and of those held out. */
  visits: number;
  weightSum: number;
  heldWeight: number;
  /** What of these came before this data, with the rows of the data then. */
  earlier: { visits: number; heldWeight: number; rows: number };
}

/** What a trainer carries for its columns: 8 bytes each, as they lie in memory. */
export type Columns = { state: Uint8Array } & (
  | { kind: "numbered"; ids: Float64Array }
  /** The slots of a table that are not as they began. */
  | { kind: "touched"; slots: number; ids: Uint32Array }
  /** All slots of a table. */
  | { kind: "dense"; slots: number }
);

/** A streamed training after one of its blocks: all that it takes to go on. */
export interface State {
  /** The options that shape the result, as JSON has them. */
  settings: Readonly<Record<string, unknown>>;
  inputs: readonly Identity[];
  space: FeatureSpace | null;
  declared: number;
  counts: Counts;
  globals: Float64Array;
  columns: Columns;
}

type Header = Pick<State, "settings" | "inputs" | "declared" | "counts"> & {
  space: { definition: unknown; learned: unknown } | null;
  globals: number;
  kind: Columns["kind"];
  columns: number;
  slots: number | null;
};

/** Returns a state's file. */
export function encodeState({ settings, inputs, space, declared, counts, globals, columns }: State): Uint8Array {
  const { kind, state } = columns;
  const header: Header = {
    ...{ settings, inputs, space: space?.state ?? null, declared, counts },
    globals: globals.length,
    kind,
    columns: state.length / STATE_BYTES,
    slots: kind === "numbered" ? null : columns.slots,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const ids = kind === "dense" ? new Uint8Array(0) : rawOf(columns.ids);
  const sections = [json, rawOf(globals), ids, state];
  const bytes = hostArray(
    Uint8Array,
    sections.reduce((sum, it) => sum + it.length, PREFIX),
  );
  bytes.set(MAGIC);
  bytes[7] = VERSION;
  let at = PREFIX;
  for (const section of sections) {
    bytes.set(section, at);
    at += section.length;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(12, json.length, true);
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/** Reads a state's file. Throws ModelError when it is damaged, cut short, or of a version that is not known. */
export function decodeState(bytes: Uint8Array): State {
  const checksum = checksumOf(bytes);
  if (bytes[7] !== VERSION) {
    throw new ModelError(`training state of version ${bytes[7]}; this is nought for version ${VERSION}`);
  }
  if (crc32(bytes.subarray(12)) !== checksum) {
    throw new ModelError("training state is damaged: its checksum does not match");
  }
  try {
    return decodeChecked(bytes);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const what = cause instanceof NoughtError || cause instanceof SyntaxError ? cause.message : String(cause);
    throw new ModelError(`training state is damaged: ${what}`, { cause });
  }
}

/** Returns the checksum that a state's file tells of itself. Throws ModelError where it is no such file. */
export function checksumOf(bytes: Uint8Array): number {
  if (bytes.length < PREFIX || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new ModelError("not a nought training state");
  }
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
}

function decodeChecked(bytes: Uint8Array): State {
  const headerEnd = PREFIX + new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
  expect(headerEnd <= bytes.length, "its header is longer than the file");
  const header = parseHeader(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(PREFIX, headerEnd)));
  const { kind, columns: count, globals, space, slots } = header;
  const idsAt = headerEnd + 8 * globals;
  const stateAt = idsAt + ID_BYTES[kind] * count;
  expect(stateAt + STATE_BYTES * count === bytes.length, "its sections do not add up to its length");
  const state = bytes.subarray(stateAt);
  // Not by `slice`: that of Node's Buffer does not copy.
  const raw = (from: number, to: number) => new Uint8Array(bytes.subarray(from, to)).buffer;
  const columns = ((): Columns => {
    if (kind === "numbered") return { kind, ids: new Float64Array(raw(idsAt, stateAt)), state };
    if (kind === "touched") return { kind, slots: slots!, ids: new Uint32Array(raw(idsAt, stateAt)), state };
    return { kind, slots: slots!, state };
  })();
  checkIds(columns, header);
  return {
    ...header,
    space: space && parseSpaceState(space),
    globals: new Float64Array(raw(headerEnd, idsAt)),
    columns,
  };
}

function parseHeader(json: string): Header {
  const header = JSON.parse(json) as Header;
  const { settings, inputs, space, declared, globals, kind, columns, slots, counts } = header;
  expect(isObject(settings), "its settings are no object");
  expect(Array.isArray(inputs) && inputs.every(isIdentity), "its inputs are incomplete");
  expect(space === null || isObject(space), "its feature space is incomplete");
  expect([declared, globals, columns].every(isCount), "a length is no count");
  expect(Object.hasOwn(ID_BYTES, kind), "its columns are of no known kind");
  expect(kind === "numbered" ? slots === null : isCount(slots), '"slots" does not fit its kind');
  expect(isObject(counts) && isObject(counts.earlier), "its counts are incomplete");
  const { epoch, reached, visits, earlier } = counts;
  expect([epoch, reached, visits, earlier.visits].every(isCount) && epoch >= 1, "a count is no whole number");
  const { weightSum, heldWeight, lossRows, lossSum, lossWeight, held, labels } = counts;
  expect(isList(held, 5) && (labels === undefined || isList(labels, 6)), "its counts are incomplete");
  const sums = [
    weightSum,
    heldWeight,
    lossRows,
    lossSum,
    lossWeight,
    ...held,
    ...(labels ?? []),
    earlier.heldWeight,
    earlier.rows,
  ];
  expect(sums.every(Number.isFinite), "a sum is no number");
  expect(typeof counts.isDone === "boolean", "it does not say whether it is done");
  return header;
}

function checkIds(columns: Columns, { columns: count, declared, counts }: Header): void {
  const { kind } = columns;
  if (kind === "numbered") {
    expect(columns.ids.every(isCount), "an id is no whole number below 2⁵³");
    // On the way that is not always known.
    expect(!counts.isDone || columns.ids.every((id) => id < declared), "an id is beyond its dimension");
  } else if (kind === "dense") expect(columns.slots === count, "it has not as many columns as slots");
  else {
    const { ids, slots } = columns;
    const isAscending = ids.every((id, i) => id < slots && (i === 0 || id > ids[i - 1]!));
    expect(isAscending, "slots do not ascend below their number");
  }
}

function isIdentity(it: Identity): boolean {
  const isKnown = (value: unknown) => value === null || Number.isFinite(value);
  return isObject(it) && typeof it.name === "string" && isKnown(it.size) && isKnown(it.modified);
}

function isList(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function expect(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new ModelError(`training state is damaged: ${problem}`);
}

/** The bytes of numbers as they lie in memory. */
export function rawOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
