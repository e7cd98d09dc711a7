import { check, type Sections } from "../model/container.js";
import { readRun, type Visit } from "../model/rice.js";
import { foldId } from "../slots.js";

declare global {
  /** Set in the build of nought/predict, which leaves out what is not worth its bytes there. */
  var NOUGHT_TINY: true | undefined;
}

export interface WeightsHeader {
  kept: number;
  declared: number;
  slots?: number;
  /** What weights are multiples of; absent where they are as they are. */
  step?: number;
}

const IS_TINY = globalThis.NOUGHT_TINY;
/** Bytes of memory to a byte of the file that are taken before all of it is looked through. */
const MOST_GROWTH = 3.5;

/**
 * Returns what gives the weight of an id, 0 where none is kept. One in `stride` ids is held in memory; from it on others
 * are looked for in the file. Throws where a section does not hold them.
 */
export function weightsOf(
  { kept, declared, slots, step }: WeightsHeader,
  [ids, weights]: Sections,
  stride: number,
): (id: number) => number {
  const limit = slots ?? declared;
  const Ids = IS_TINY || limit > 2 ** 32 ? Float64Array : Uint32Array;
  const Values = IS_TINY || !step ? Float32Array : Int16Array;
  const isMuch =
    IS_TINY ||
    kept * (Values.BYTES_PER_ELEMENT + Ids.BYTES_PER_ELEMENT / stride) >
      MOST_GROWTH * (ids.byteLength + weights.byteLength);
  // Every id, or every few, and where the next begins.
  let known!: Float64Array | Uint32Array;
  let places!: Float64Array | Uint32Array;
  let values!: Int16Array | Float32Array;
  // What takes much memory is read twice: first into arrays of no length, to see that all is there.
  for (const size of isMuch ? [0, kept] : [kept]) {
    known = new Ids(IS_TINY ? size : Math.ceil(size / stride));
    places = IS_TINY ? known : new Float64Array(stride > 1 ? known.length : 0);
    values = new Values(size);
    let last = -1;
    readRun(ids, kept, (gap, j, bit, r) => {
      last += gap + 1;
      if (IS_TINY || stride === 1) known[j] = last;
      else if (j % stride === 0) {
        known[j / stride] = last;
        places[j / stride] = bit * 64 + r;
      }
    });
    check(last < limit, "ids");
    if (step) {
      readRun(weights, kept, (code, j) => {
        values[j] = ((code >> 1) + 1) * (code & 1 ? -1 : 1) * (IS_TINY ? step : 1);
      });
    } else for (let j = 0; j < kept; j++) values[j] = weights.getFloat32(4 * j, true);
  }
  const weightAt = (j: number) => (step ? Math.fround(values[j]! * step) : values[j]!);
  const count = IS_TINY ? kept : known.length;
  // The dimension in as many parts, and how many ids there are up to the beginning of each.
  const width = 2 ** Math.ceil(Math.log2(limit / count));
  const parts = new Uint32Array(count + 1);
  for (let j = 0; j < count; j++) parts[Math.floor(known[j]! / width) + 1]!++;
  for (let j = 0; j < count; j++) parts[j + 1]! += parts[j]!;

  /** The last one known that is no larger. */
  const placeOf = (id: number) => {
    const part = Math.floor(id / width);
    return countUpTo(known, id, parts[part], parts[part + 1]) - 1;
  };
  if (IS_TINY || stride === 1) {
    return (given) => {
      const id = slots ? foldId(given, slots) : given;
      const place = placeOf(id);
      if (known[place] !== id) return 0;
      return IS_TINY ? values[place]! : weightAt(place);
    };
  }
  // What is looked for, and what was met last in the file.
  let id = 0;
  let at = 0;
  let j = 0;
  const visit: Visit = (gap, i) => {
    at += gap + 1;
    j = i;
    return at >= id;
  };
  return (given) => {
    id = slots ? foldId(given, slots) : given;
    const place = placeOf(id);
    at = known[place]!;
    j = place * stride;
    if (at < id) readRun(ids, kept, visit, Math.floor(places[place]! / 64), j + 1, places[place]! % 64);
    return at === id ? weightAt(j) : 0;
  };
}

/** Returns how many of ascending numbers are no larger than a number. */
export function countUpTo(ascending: ArrayLike<number>, number: number, low = 0, high = ascending.length): number {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}
