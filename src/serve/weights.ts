import { check, type Sections } from "../model/container.js";
import { IS_TINY, readNumber, start } from "../model/rice.js";
import { foldId } from "../slots.js";
import { spread } from "./spread.js";

export interface WeightsHeader {
  kept: number;
  declared: number;
  slots?: number;
  /** What weights are multiples of; absent where they are as they are. */
  step?: number;
}

/** Bytes of memory to a byte of the file that are taken before all of it is looked through. */
const MOST_GROWTH = 3.5;

type Numeric = Float64Array | Float32Array | Uint32Array | Int16Array;

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
  let places!: Float64Array;
  let values!: Int16Array | Float32Array;
  // What takes much memory is read twice: first into arrays of no length, to see that all is there.
  for (const size of isMuch ? [0, kept] : [kept]) {
    known = new Ids(IS_TINY ? size : Math.ceil(size / stride));
    if (!IS_TINY) places = new Float64Array(stride > 1 ? known.length : 0);
    values = new Values(size);
    const last = IS_TINY || stride === 1 ? readIds(ids, kept, known) : readFew(ids, kept, known, places, stride);
    check(last < limit, "ids");
    readWeights(weights, kept, values, step);
  }
  if (!IS_TINY && stride === 1) return stepped(spread(known, values, limit), slots, step);
  // The dimension in parts of two ids each, and how many there are up to the beginning of each.
  const scale = known.length / 2 / limit;
  const parts = new Uint32Array(known.length / 2 + 2);
  for (let j = 0; j < known.length; j++) parts[((known[j]! * scale) | 0) + 1]!++;
  for (let p = 1; p < parts.length; p++) parts[p]! += parts[p - 1]!;

  const next = start();
  return (given) => {
    const id = slots ? foldId(given, slots) : given;
    const part = (id * scale) | 0;
    // The last one known that is no larger.
    const place = countUpTo(known, id, parts[part], parts[part + 1]) - 1;
    if (IS_TINY) return known[place] === id ? values[place]! : 0;
    if (id >= limit) return 0; // its part may be that of another
    let found = known[place]!;
    let j = place * stride;
    next.bit = Math.floor(places[place]! / 64);
    next.r = places[place]! - next.bit * 64;
    while (found < id && ++j < kept) found += readNumber(ids, next, j) + 1;
    return found === id ? (step ? Math.fround(values[j]! * step) : values[j]!) : 0;
  };
}

// Loops over all weights are functions of their own: what closures hold too is no local variable. And what one closure of a
// function holds, all of them do.

/** Returns what gives the weight of an id from what gives how many steps it is, or itself. */
function stepped(find: (id: number) => number, slots?: number, step?: number): (id: number) => number {
  return (given) => {
    const value = find(slots ? foldId(given, slots) : given);
    return step ? Math.fround(value * step) : value;
  };
}

/** Reads ids. Returns the last. */
function readIds(view: DataView, kept: number, known: Numeric): number {
  const at = start();
  let last = -1;
  for (let j = 0; j < kept; j++) known[j] = last += readNumber(view, at, j) + 1;
  return last;
}

/** Reads one id in `stride`, and where the one after it begins. Returns the last of all. */
function readFew(view: DataView, kept: number, known: Numeric, places: Float64Array, stride: number): number {
  const at = start();
  let last = -1;
  for (let j = 0; j < kept; j++) {
    last += readNumber(view, at, j) + 1;
    if (j % stride === 0) {
      known[j / stride] = last;
      places[j / stride] = at.bit * 64 + at.r;
    }
  }
  return last;
}

/** Reads weights: as they are, or how many steps they are. */
function readWeights(view: DataView, kept: number, values: Numeric, step?: number): void {
  const at = start();
  for (let j = 0; j < kept; j++) {
    if (step) {
      const code = readNumber(view, at, j);
      values[j] = ((code + 2) >> 1) * (1 - 2 * (code & 1)) * (IS_TINY ? step : 1);
    } else values[j] = view.getFloat32(4 * j, true);
  }
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
