// Ids in the order of the slots that they are hashed to, so that one look most often finds an id or that it is not there:
// linear probing (Knuth, TAOCP 3, §6.4) by a hash that rises with the id. How steeply it does is told block by block of
// the dimension, so that ids in clusters are spread too; where they still are not, the search doubles its steps.

/** Ids of a block, on average. */
const BLOCK = 1024;
/** Slots to an id. */
const ROOM = 1.5;

type Ids = Uint32Array | Float64Array;
type Values = Float32Array | Int16Array;

/** Returns what gives the value of an id, 0 of any that is not among these: ascending whole numbers below `limit`. */
export function spread(ids: Ids, values: Values, limit: number): (id: number) => number {
  const perId = Math.ceil(ids.length / BLOCK) / limit;
  const { lines, slots } = slotsOf(ids, perId, limit);
  const length = (slots.at(-1) ?? 0) + 2;
  // No id is above what empty slots hold; one that is as large comes before any of them.
  const keys = scattered(
    ids,
    slots,
    ids instanceof Uint32Array ? new Uint32Array(length).fill(2 ** 32 - 1) : new Float64Array(length).fill(Infinity),
  );
  const held = scattered(values, slots, new (values.constructor as Float32ArrayConstructor)(length));
  return (id) => {
    const line = 2 * ((id * perId) | 0);
    let slot = (id * lines[line]! + lines[line + 1]!) | 0;
    if (keys[slot]! < id) {
      let step = 1;
      for (; keys[slot + step]! < id; step *= 2) slot += step;
      // The first that is not below lies within the next `step` slots.
      for (step >>= 1; step > 0; step >>= 1) if (keys[slot + step]! < id) slot += step;
      slot++;
    }
    return keys[slot] === id ? held[slot]! : 0;
  };
}

/**
 * Returns the slot of each id: that of its line, or the one after the id before. Lines are two numbers a block: slots to
 * an id, and the slot of id 0 if all were on this line.
 */
function slotsOf(ids: Ids, perId: number, limit: number): { lines: Float64Array; slots: Uint32Array } {
  const slots = new Uint32Array(ids.length);
  const lines = new Float64Array(2 * (Math.ceil(limit * perId) + 1)); // the last id may be rounded up to a block of its own
  let j = 0;
  let last = -1;
  for (let b = 0; j < slots.length; b++) {
    let end = j;
    while (end < slots.length && ((ids[end]! * perId) | 0) === b) end++;
    const room = (end - j) * ROOM;
    const slope = room * perId;
    const begin = last + 1 - room * b;
    for (; j < end; j++) slots[j] = last = Math.max((ids[j]! * slope + begin) | 0, last + 1);
    lines[2 * b] = slope;
    lines[2 * b + 1] = begin;
  }
  return { lines, slots };
}

/** Puts values into slots of an array. */
function scattered<A extends Ids | Values>(values: A, slots: Uint32Array, into: A): A {
  for (let j = 0; j < slots.length; j++) into[slots[j]!] = values[j]!;
  return into;
}
