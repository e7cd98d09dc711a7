import { ModelError, NoughtError } from "../errors.js";
import { check, checkExtents, damaged, type Extents, seal, unseal } from "./container.js";
import { Model, type ModelParts, type Training } from "./model.js";
import { isCount, type PackedSpace, packSpace, unpackSpace } from "./packing.js";
import { type Change, checkQuantize, checkWeights, type Quantize, readWeights, writeWeights } from "./quantize.js";
import { checkRuns, encodeRice, gapsOf, readRuns, summed } from "./rice.js";

// The model file, version 2. Numbers are little-endian but for the digest.
//
//     offset  bytes
//     0       8       magic: "nought", 0, version
//     8       4       H, length of the header, 2²⁶ at most
//     12      H       header: JSON in UTF-8, to the byte as JSON.stringify makes it, so that no key is there twice
//     12+H    …       sections, one after another: ids, weights, values
//     end−32  32      SHA-256 of everything before it
//
// The header:
//     loss        "logistic" or "squared"
//     intercept, declared (the declared dimension), kept (how many weights there are)
//     slots       a power of two; only where ids from it on are folded into so many (src/slots.ts)
//     vwBits      only where ids are Vowpal Wabbit's hashes of so many bits
//     step        what weights are multiples of; only where they are
//     change      then how far the weights are from those that were written, { weight, margin } (quantize.ts)
//     space       null where ids are no features' but indices; else PackedSpace (packing.ts)
//     training    its options, rows, columns seen; and, but for a model without names, its losses and its certificate
//     sections    [offset, length] of each, counted from the end of the header; without gaps and in order
//
// Numbers of some sections are Rice codes. Bits fill a byte from the lowest on. Every 32 numbers of a run begin with r in
// 6 bits; then each number n: ⌊n/2ʳ⌋ zeros, a one, n mod 2ʳ in r bits. Zeros fill the last byte of a section and 4 more.
// (rice.ts says why.)
//     ids         Rice codes of id − (id before, or −1) − 1, ascending
//     weights     f32 numbers; or, with a step, Rice codes of 2·(|q| − 1) + (1 if q < 0) for weights q·step, rounded to f32,
//                 0 < |q| < 2¹⁵. None is 0.
//     values      nothing where there is no space; else JSON, as JSON.stringify makes it, a list of texts for each atom of
//                 kinds "category" and "tokens" in turn; or, of a model without names, for each such atom two runs of Rice
//                 codes of the fewest bits: of the ids of its values, as those of weights, and of the values' hashes: of 32
//                 bits MurmurHash3 (x86, seed 0) of the text, of 53 bits that + 2³²·⌊the one of seed 1 / 2¹¹⌋
// A feature's dimension is the product of its atoms' sizes, or its slots; a cross's id is in mixed radix, the first atom
// the highest; features' ids follow one another.

/** How a model is written. */
export interface EncodeOptions {
  /** How weights are written; default "f32": as they are. Weights that round to 0 are left out. */
  quantize?: Quantize;
  /** Write hashes in place of the texts of categories and tokens: it predicts all the same, and names are numbers. */
  stripNames?: boolean;
}

interface Header {
  loss: ModelParts["loss"];
  intercept: number;
  declared: number;
  kept: number;
  slots?: number;
  vwBits?: number;
  step?: number;
  change?: Change;
  space: PackedSpace | null;
  training: Omit<Training, "loss"> & Partial<Training>;
  sections: Extents;
}

/**
 * Returns a model's file. Throws OptionError when it cannot be written so, ModelError where its weights are beyond single
 * precision, or its intercept is no number.
 */
export function encodeModel(model: Model, { quantize = "f32", stripNames = false }: EncodeOptions = {}): Uint8Array {
  checkQuantize(quantize);
  const { loss, intercept, declared, slots, space, vwBits, training } = model;
  const wild = model.values.find((weight) => !Number.isFinite(weight));
  if (wild !== undefined) throw new ModelError(`a model with a weight of ${wild} has no file`);
  if (!Number.isFinite(intercept)) throw new ModelError(`a model with an intercept of ${intercept} has no file`);
  const { step, bytes: weights, ids, change } = writeWeights(model, quantize);
  const packed = space && packSpace(space, stripNames ? valuesNeeded(model, ids) : null);
  const total = add(model.change, change);
  const header: Omit<Header, "sections"> = {
    loss,
    intercept,
    declared,
    kept: ids.length,
    ...(slots !== null && { slots }),
    ...(vwBits !== null && { vwBits }),
    ...(step !== null && { step }),
    ...(total.weight !== 0 && { change: total }),
    space: packed?.space ?? null,
    training: recorded(training, stripNames, total),
  };
  return seal(header, [encodeRice(gapsOf(ids)), weights, packed?.values ?? new Uint8Array(0)]);
}

/** What a file says of the training: a certificate holds only for the weights that it was made for. */
function recorded({ loss, certificate, ...facts }: Training, isStripped: boolean, { weight }: Change) {
  if (isStripped) return facts;
  return { ...facts, loss, ...(certificate && weight === 0 && { certificate }) };
}

/** What values the ids of weights are made of; of a folded model, where many ids share a slot, all. */
function valuesNeeded({ space, slots }: Model, ids: Float64Array): (Set<number> | null)[] {
  const sets = space!.valuesIn(slots === null ? ids : []);
  return slots === null ? sets : sets.map(() => null);
}

function add(before: Change | null, { weight, margin }: Change): Change {
  if (!before) return { weight, margin };
  const isKnown = before.margin !== null && margin !== null;
  return { weight: before.weight + weight, margin: isKnown ? before.margin! + margin! : null };
}

/** Reads a model's file. Throws ModelError when it is damaged, cut short, or of a version that is not known. */
export function decodeModel(file: ArrayBuffer | Uint8Array): Model {
  try {
    return decode(file instanceof Uint8Array ? file : new Uint8Array(file));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const what = cause instanceof NoughtError || cause instanceof SyntaxError ? cause.message : String(cause);
    throw damaged(what, cause);
  }
}

/** Returns how many bytes of a file each of its parts takes. Throws what decodeModel throws. */
export function partsOf(file: Uint8Array): Record<string, number> {
  const [ids, weights, values] = unseal(file).sections.map(({ byteLength }) => byteLength) as [number, number, number];
  return { header: file.length - ids - weights - values, ids, weights, values };
}

function decode(bytes: Uint8Array): Model {
  const sealed = unseal<Header>(bytes);
  const { header } = sealed;
  if ("delta" in header) throw new ModelError("not a model but the delta of two, which nought patch applies");
  checkHeader(header);
  checkExtents(header.sections, bytes);
  const { sections } = sealed;
  const { kept, declared } = header;
  // First that all is there, before memory is taken for it.
  const [gaps] = checkRuns(sections[0], [kept]);
  check(gaps! + kept - 1 < (header.slots ?? declared), "ids do not ascend below the declared dimension");
  checkWeights(header.step ?? null, sections[1], kept);
  const space = header.space && unpackSpace(header.space, sections[2]);
  check(space || sections[2].byteLength === 0, "it has values, and no feature space");
  check(!space || space.declared === declared, "its feature space has another dimension");
  const ids = summed(readRuns(sections[0], [kept])[0]!);
  const weights = readWeights(header.step ?? null, sections[1], kept);
  return new Model({ ...header, training: trainingOf(header), space }, ids, weights);
}

function checkHeader(header: Header): void {
  const { loss, intercept, declared, kept, slots, step, change, space } = header;
  check(loss === "logistic" || loss === "squared", "unknown loss");
  check(Number.isFinite(intercept), "its intercept is no number");
  for (const count of [declared, kept]) check(isCount(count), `${count} is no count`);
  check(slots === undefined || isPowerOfTwo(slots), '"slots" is no power of two');
  check(step === undefined || (Number.isFinite(step) && step > 0), "its step is none");
  check(change === undefined || (isObject(change) && isChange(change)), "it does not say how far its weights are off");
  check(space === null || isObject(space), "its feature space is incomplete");
  check(header.vwBits === undefined || isHashed(header), '"vwBits" does not fit its dimension');
  check(isObject(header.training) && isTraining(trainingOf(header)), "its training summary is incomplete");
}

function trainingOf({ training }: Header): Training {
  return { ...training, loss: training.loss ?? { progressive: null, train: null, validation: null } };
}

function isChange({ weight, margin }: Change): boolean {
  return [weight, margin === null ? 0 : margin].every((it) => Number.isFinite(it) && it >= 0);
}

function isHashed({ vwBits, space, declared }: Header): boolean {
  return isCount(vwBits) && space === null && declared === 2 ** vwBits!;
}

function isTraining({ options, rows, seen, seenByFeature, loss, certificate, calibration }: Training): boolean {
  const isPlain = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
  const isLoss = (value: unknown) => value === null || Number.isFinite(value);
  return (
    isObject(options) &&
    Object.values(options).every(isPlain) &&
    [rows, seen].every(isCount) &&
    Array.isArray(seenByFeature) &&
    seenByFeature.every(isCount) &&
    isObject(loss) &&
    [loss.progressive, loss.train, loss.validation].every(isLoss) &&
    (certificate === undefined || [certificate?.objective, certificate?.gap].every(Number.isFinite)) &&
    (calibration === undefined || isCalibration(calibration))
  );
}

function isCalibration({ slope, intercept, rows }: NonNullable<Training["calibration"]>): boolean {
  return Number.isFinite(slope) && Number.isFinite(intercept) && isCount(rows);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPowerOfTwo(value: unknown): boolean {
  return isCount(value) && Number.isInteger(Math.log2(value));
}
