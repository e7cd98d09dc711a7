import { check, type Extents, type Sections } from "../model/container.js";
import { halfOf } from "../model/half.js";
import { BLOCK, RiceReader } from "../model/rice.js";
import { foldId, slotOf } from "../slots.js";

/** How ids lie in memory: in a hash table, the quickest, or as they are in the file, the smallest. */
export type Form = "hash" | "compact";

/** Ids are looked up from every eighth on. */
const STRIDE = 8;

export interface WeightsHeader {
  kept: number;
  declared: number;
  slots?: number;
  weights: "f32" | "f16" | "steps";
  step?: number;
  sections: Extents;
}

/** Returns what gives the weight of an id, 0 where none is kept. Throws RangeError where a section ends early. */
export function weightsOf(
  { kept, declared, slots, weights, step, sections }: WeightsHeader,
  views: Sections<DataView>,
  form: Form,
): (id: number) => number {
  const view = views.weights;
  const codes = new RiceReader(views.ids);
  const steps = new RiceReader(view);
  check(kept <= 8 * sections.ids[1], "kept");
  const isHash = form === "hash";
  const ids = new Float64Array(isHash ? kept : 0);
  // The first is 0, for ids that have none.
  const values = new Float32Array(kept + 1);
  // Of every few ids the one before them, and where they begin.
  const before = new Float64Array(isHash ? 0 : Math.ceil(kept / STRIDE));
  const places = new Uint32Array(before.length);
  let id = -1;
  for (let j = 0; j < kept; j++) {
    if (j % STRIDE === 0) {
      before[j / STRIDE] = id;
      places[j / STRIDE] = codes.bit;
    }
    if (j % BLOCK === 0) {
      codes.begin();
      if (step) steps.begin();
    }
    id += codes.next() + 1;
    if (isHash) ids[j] = id;
    if (step) {
      const code = steps.next();
      values[j + 1] = ((code >> 1) + 1) * (code & 1 ? -step : step);
    } else values[j + 1] = weights === "f32" ? view.getFloat32(4 * j, true) : halfOf(view.getUint16(2 * j, true));
  }
  codes.finish(sections.ids[1]);
  check(id < (slots ?? declared), "ids");
  const table = new Uint32Array(isHash ? 2 ** Math.ceil(Math.log2(2 * kept + 1)) : 0);
  for (let j = 0; j < ids.length; j++) table[slotOf(ids[j]!, table, ids)] = j + 1;

  // As many parts of the dimension as blocks, and how many blocks begin before each.
  const width = 2 ** Math.ceil(Math.log2((slots ?? declared) / before.length));
  const parts = new Uint32Array(before.length + 2);
  for (let j = 0; j < parts.length; j++) parts[j] = countUpTo(before, j * width - 1);

  return (given) => {
    const id = slots ? foldId(given, slots) : given;
    if (isHash) return values[table[slotOf(id, table, ids)]!]!;
    // The last place that comes after a smaller id.
    const part = Math.floor(id / width);
    const place = countUpTo(before, id - 1, parts[part], parts[part + 1]) - 1;
    let at = before[place] ?? id;
    const start = place & -(BLOCK / STRIDE);
    codes.bit = places[start]!;
    if (at < id) codes.begin();
    if (place > start) codes.bit = places[place]!;
    for (let j = place * STRIDE; j < kept && at < id; j++) {
      at += codes.next() + 1;
      if (at === id) return values[j + 1]!;
    }
    return 0;
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
