import { ModelError } from "../errors.js";
import { decodeModel } from "./codec.js";
import { check, checkExtents, digestOf, type Extents, seal, unseal } from "./container.js";
import { isCount } from "./packing.js";
import { codeOf, stepsOf } from "./quantize.js";
import { checkRuns, encodeRice, gapsOf, readRuns, summed } from "./rice.js";

// A delta: what makes a model's file of another's, to the byte. It has the container that codec.ts describes. Its header:
//     delta       1, the version of this form
//     from, to    the digests that the two files end with, in hexadecimal
//     header      the keys of the new header in order, but for "sections": [key] where the old one has the same, else
//                 [key, value]
//     counts      of weights, [removed, added, changed]; null where sections ids and weights are the new ones, whole
//     values      whether the section is the new one; else it is empty, and the old one stays
//     sections    as of a model
// With counts, sections are Rice codes of five runs. Ascending numbers go as differences, as ids do in a model.
//     ids         removed: places among the old ids, ascending; then added ids, ascending
//     weights     changed: places among the ids that stay, ascending; of each how much its number grew, zigzag − 1; then
//                 the added weights' numbers, zigzag
// A weight's number: how many steps it is; of f32 weights their bits without the sign, with the weight's sign, so that
// near weights have near numbers. Zigzag: 2n, below 0 −2n − 1.

const VERSION = 1;

type Counts = readonly [removed: number, added: number, changed: number];

interface Header {
  kept: number;
  step?: number;
  sections: Extents;
}

interface DeltaHeader {
  delta: number;
  from: string;
  to: string;
  header: (readonly [key: string, value?: unknown])[];
  counts: Counts | null;
  values: boolean;
  sections: Extents;
}

/** Ids of weights, ascending, and the weights' numbers. */
interface Weights {
  ids: Float64Array;
  numbers: Float64Array;
}

/**
 * Returns a delta, of which patchModel with the old file makes the new one. Where the models have little in common it
 * holds the new one. Throws ModelError unless both are files of models.
 */
export function diffModels(old: Uint8Array, next: Uint8Array): Uint8Array {
  for (const file of [old, next]) decodeModel(file);
  const [before, after] = [unseal<Header>(old), unseal<Header>(next)];
  const had = new Map(Object.entries(before.header));
  const header = Object.entries(after.header)
    .filter(([key]) => key !== "sections")
    .map(([key, value]) => (JSON.stringify(had.get(key)) === JSON.stringify(value) ? [key] : [key, value]));
  const [ids, weights, values] = after.sections.map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array];
  const isOther = !isSame(bytesOf(before.sections[2]), values);
  const common = { delta: VERSION, from: digestOf(old), to: digestOf(next), header };
  const kept = isOther ? values : new Uint8Array(0);
  const whole = seal({ ...common, counts: null, values: isOther }, [ids, weights, kept]);
  if ("step" in before.header !== "step" in after.header) return whole;
  const { counts, sections } = changesOf(weightsOf(before), weightsOf(after));
  const delta = seal({ ...common, counts, values: isOther }, [...sections, kept]);
  // Who wrote the new file may have chosen other codes for the same numbers.
  return delta.length < whole.length && isSame(applied(old, delta), next) ? delta : whole;
}

/**
 * Makes the new file of the old one and a delta. Throws ModelError when a file is damaged, or the delta was made for
 * another model.
 */
export function patchModel(old: Uint8Array, delta: Uint8Array): Uint8Array {
  try {
    const next = applied(old, delta);
    check(digestOf(next) === unseal<DeltaHeader>(delta).header.to, "what it makes is not what it was made of");
    decodeModel(next);
    return next;
  } catch (cause) {
    throw cause instanceof ModelError ? cause : new ModelError(`delta is damaged: ${cause}`, { cause });
  }
}

function applied(old: Uint8Array, delta: Uint8Array): Uint8Array {
  const { header, sections } = unseal<DeltaHeader>(delta);
  if (header.delta !== VERSION) throw new ModelError(`not a delta of version ${VERSION}`);
  checkExtents(header.sections, delta);
  const before = unseal<Header>(old);
  if (digestOf(old) !== header.from) throw new ModelError("the delta was made for another model");
  const had = new Map(Object.entries<unknown>({ ...before.header }));
  const next = Object.fromEntries(
    header.header.map(([key, ...value]) => [key, value.length > 0 ? value[0] : had.get(key)]),
  );
  const [ids, weights, values] = sections.map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array];
  const own = header.values ? values : bytesOf(before.sections[2]);
  if (header.counts === null) return seal(next, [ids, weights, own]);
  const changed = withChanges(weightsOf(before), header.counts, [sections[0], sections[1]]);
  return seal(next, [encodeRice(gapsOf(changed.ids)), encodeNumbers(changed.numbers, "step" in next), own]);
}

/** What the sections of a model hold. */
function weightsOf({ header, sections }: { header: Header; sections: readonly DataView[] }): Weights {
  const [ids, weights] = sections as [DataView, DataView];
  const { kept, step } = header;
  return {
    ids: summed(readRuns(ids, [kept])[0]!),
    numbers:
      step === undefined
        ? Float64Array.from({ length: kept }, (_, i) => withSign(weights.getInt32(4 * i, true)))
        : readRuns(weights, [kept])[0]!.map(stepsOf),
  };
}

function encodeNumbers(numbers: Float64Array, isSteps: boolean): Uint8Array {
  if (isSteps) return encodeRice(numbers.map(codeOf));
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => {
    view.setInt32(4 * i, withSign(number), true);
  });
  return bytesOf(view);
}

/** From the bits of an f32 to its number and back: both ways the low 31 bits, negated where the sign is set. */
function withSign(number: number): number {
  return number < 0 ? -(number & 0x7fffffff) : number;
}

function changesOf(old: Weights, next: Weights): { counts: Counts; sections: [ids: Uint8Array, weights: Uint8Array] } {
  const removed: number[] = [];
  const added: number[] = [];
  const changed: number[] = [];
  const growths: number[] = [];
  const numbers: number[] = [];
  let stayed = 0;
  for (let i = 0, j = 0; i < old.ids.length || j < next.ids.length; ) {
    const id = next.ids[j] ?? Number.POSITIVE_INFINITY;
    const order = (old.ids[i] ?? Number.POSITIVE_INFINITY) - id;
    if (order < 0) removed.push(i++);
    else if (order > 0) {
      added.push(id);
      numbers.push(zigzag(next.numbers[j++]!));
    } else {
      const growth = next.numbers[j++]! - old.numbers[i++]!;
      if (growth !== 0) {
        changed.push(stayed);
        growths.push(zigzag(growth) - 1);
      }
      stayed++;
    }
  }
  return {
    counts: [removed.length, added.length, changed.length],
    sections: [encodeRice(gapsOf(removed), gapsOf(added)), encodeRice(gapsOf(changed), growths, numbers)],
  };
}

function withChanges(old: Weights, counts: Counts, [ids, weights]: readonly [DataView, DataView]): Weights {
  check(counts.length === 3 && counts.every(isCount), "it does not say how many weights change");
  const [gone, come, other] = counts;
  checkRuns(ids, [gone, come]);
  checkRuns(weights, [other, other, come]);
  const [removed, added] = readRuns(ids, [gone, come]).map(summed) as [Float64Array, Float64Array];
  const [gaps, growths, numbers] = readRuns(weights, [other, other, come]) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const changed = summed(gaps);
  const length = old.ids.length - gone + come;
  const next = { ids: new Float64Array(length), numbers: new Float64Array(length) };
  let [stayed, place] = [0, 0];
  for (let i = 0, r = 0, a = 0, c = 0; place < length || i < old.ids.length; ) {
    if (i < old.ids.length && removed[r] === i) {
      i++;
      r++;
    } else if (a < come && !(old.ids[i]! < added[a]!)) {
      next.ids[place] = added[a]!;
      next.numbers[place++] = unzigzag(numbers[a++]!);
    } else {
      check(i < old.ids.length, "it changes weights that there are not");
      const growth = changed[c] === stayed++ ? unzigzag(growths[c++]! + 1) : 0;
      next.ids[place] = old.ids[i]!;
      next.numbers[place++] = old.numbers[i++]! + growth;
    }
  }
  return next;
}

function zigzag(number: number): number {
  return number < 0 ? -2 * number - 1 : 2 * number;
}

function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
