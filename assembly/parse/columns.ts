import { NOWHERE } from "../layout";
import { Values } from "../sparse";
import { Parse, Progress } from "../texts";

/** What columnOf says of a new id that is not admitted: the row goes without. */
export const LEFT_OUT: u32 = u32.MAX_VALUE - 1;
/** The limit that admits no id. */
const CLOSED: u32 = 1;
/** 2³² divided by the golden ratio. */
export const HASH: u32 = 0x9e3779b1;

/**
 * Returns the column of an id. Ids below o.table are columns themselves, and others are folded into it where o.mask says
 * so; else they are numbered from o.table on, and one that is new takes the next: number `columns`. Without room for an
 * id NOWHERE: it is then in o.number, and o.progress says so. Of a new id that is not admitted LEFT_OUT; progress.rows
 * is then the row at hand.
 */
// @ts-ignore: decorator
@inline
export function columnOf(id: u64, columns: u32, o: Parse): u32 {
  if (id >= <u64>o.span) return otherColumn(id, columns, o);
  const slot = o.direct + (<usize>id << 2);
  const column = load<u32>(slot) - 1;
  if (column != NOWHERE) return column;
  if (o.limit && !isAdmitted(id, o)) return LEFT_OUT;
  store<u32>(slot, columns + 1);
  store<f64>(o.ids + (<usize>columns << 3), <f64>id);
  return columns;
}

/**
 * Gives ids, o.indices from `start` to `end`, their columns, counts these in o.progress.reached and returns where it
 * stopped: at the first id that can have none, or at the end. Many ids at once: they are far apart in the tables, and so
 * one need not wait for another.
 */
export function numberEntries(start: u32, end: u32, o: Parse): u32 {
  const direct = o.direct;
  const span = o.span;
  const ids = o.ids;
  const indices = o.indices;
  const table = o.table;
  const limit = o.limit;
  const progress = changetype<Progress>(o.progress);
  let columns = progress.reached;
  let k = start;
  for (; k < end; ++k) {
    const at = indices + (<usize>k << 2);
    const id = load<u32>(at);
    let column: u32;
    if (id < span) {
      const slot = direct + (<usize>id << 2);
      column = load<u32>(slot) - 1;
      if (column == NOWHERE) {
        if (limit && !isAdmitted(id, o)) column = LEFT_OUT;
        else {
          column = columns++;
          store<u32>(slot, columns);
          store<f64>(ids + (<usize>column << 3), <f64>id);
        }
      }
    } else {
      column = otherColumn(id, columns, o);
      if (column == NOWHERE) break;
      columns += u32(column - table == columns);
    }
    store<u32>(at, column);
  }
  progress.reached = columns;
  return k;
}

/** As columnOf, of an id past the direct table. */
export function otherColumn(id: u64, columns: u32, o: Parse): u32 {
  const table = o.table;
  if (id < <u64>table) return <u32>id;
  if (o.mask && id > <u64>o.mask) {
    id = hashOf(id) & o.mask;
    if (table) return <u32>id;
    // Only where no id is admitted.
    if (id < <u64>o.span) return min(load<u32>(o.direct + (<usize>id << 2)) - 1, LEFT_OUT);
  }
  if (id < <u64>o.least) return o.limit == CLOSED ? LEFT_OUT : refuse(id, o);
  const progress = changetype<Progress>(o.progress);
  const hashed = o.hashed;
  const slots = o.slots;
  const mask = slots - 1;
  const ids = o.ids;
  let slot = keyedHashOf(id, o.key) & mask;
  for (; slots > 0; slot = (slot + 1) & mask) {
    const number = load<u32>(hashed + (<usize>slot << 2)) - 1;
    if (number == NOWHERE) break;
    if (load<f64>(ids + (<usize>number << 3)) == <f64>id) return table + number;
  }
  if (o.limit && !isAdmitted(id, o)) return LEFT_OUT;
  if (progress.hashed << 1 >= slots) return refuse(id, o);
  ++progress.hashed;
  store<u32>(hashed + (<usize>slot << 2), columns + 1);
  store<f64>(ids + (<usize>columns << 3), <f64>id);
  return table + columns;
}

function refuse(id: u64, o: Parse): u32 {
  changetype<Progress>(o.progress).refused = 1;
  store<f64>(o.number, <f64>id);
  return NOWHERE;
}

/**
 * Whether an id that has no column is given one: at each occurrence with the same probability, McMahan et al. (KDD 2013),
 * §4.1, decided by the row's number and the id alone.
 */
export function isAdmitted(id: u64, o: Parse): bool {
  if (o.limit == CLOSED) return false;
  const row = o.before + changetype<Progress>(o.progress).rows;
  return mix(mix(o.salt + row * HASH) ^ hashOf(id)) < o.limit;
}

/** Takes the entries out of a row whose ids were not admitted, and returns where it then ends. */
export function dropLeftOut<V extends Values>(start: u32, end: u32, o: Parse): u32 {
  const indices = o.indices;
  const values = o.values;
  let kept = start;
  for (let k = start; k < end; ++k) {
    const column = load<u32>(indices + (<usize>k << 2));
    if (column == LEFT_OUT) continue;
    store<u32>(indices + (<usize>kept << 2), column);
    if (changetype<V>(0).areStored()) store<f32>(values + (<usize>kept << 2), load<f32>(values + (<usize>k << 2)));
    ++kept;
  }
  return kept;
}

/** As in src/slots.ts: both sides look into one table. */
export function hashOf(id: u64): u32 {
  return mix(<u32>id ^ (<u32>(id >> 32) * HASH));
}

/** As in src/keyed.ts, of the table that numbers ids. */
// @ts-ignore: decorator
@inline
function keyedHashOf(id: u64, key: u32): u32 {
  return mix((<u32>id ^ key) + <u32>(id >> 32) * (key | 1));
}

/** The finalizer of MurmurHash3 (Appleby, 2011), as in src/random.ts. */
export function mix(value: u32): u32 {
  let h = value;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

/**
 * Adds up the entries of a column that a row has more than once, where its first one stands, and returns where the row
 * then ends; NOWHERE for a sum beyond single precision or, with Ones, one that asks for values, as it then says in
 * o.progress. What o.seen holds of other rows has other stamps.
 */
export function mergeRow<V extends Values>(start: u32, end: u32, o: Parse): u32 {
  if (!hasRepeats(start, end, o)) return end;
  if (!changetype<V>(0).areStored()) {
    changetype<Progress>(o.progress).valued = 1;
    return NOWHERE;
  }
  const indices = o.indices;
  const values = o.values;
  const seen = o.seen;
  const shift = clz<u32>(((end - start) << 1) - 1);
  const mask = u32.MAX_VALUE >> shift; // of a power of two, twice the entries at least
  const stamp = nextStamp(o);
  const multiplier = o.key | 1;
  let kept = start;
  for (let k = start; k < end; ++k) {
    const column = load<u32>(indices + (<usize>k << 2));
    let seat = seen + (<usize>((column * multiplier) >> shift) << 4);
    while (load<u32>(seat, 4) == stamp && load<u32>(seat) != column) {
      seat = seen + (<usize>((((seat - seen) >> 4) + 1) & mask) << 4);
    }
    const value = load<f32>(values + (<usize>k << 2));
    if (load<u32>(seat, 4) == stamp) {
      const first = values + (<usize>load<u32>(seat, 8) << 2);
      const sum = load<f32>(first) + value;
      if (abs<f32>(sum) == f32.POSITIVE_INFINITY) return NOWHERE;
      store<f32>(first, sum);
      continue;
    }
    store<u32>(seat, column);
    store<u32>(seat, stamp, 4);
    store<u32>(seat, kept, 8);
    store<u32>(indices + (<usize>kept << 2), column);
    store<f32>(values + (<usize>kept << 2), value);
    ++kept;
  }
  return kept;
}

/** Whether a row has a column more than once. Each half of a seat holds {column, stamp} here. */
function hasRepeats(start: u32, end: u32, o: Parse): bool {
  const indices = o.indices;
  const seen = o.seen;
  const shift = clz<u32>(((end - start) << 1) - 1) - 1;
  const mask = u32.MAX_VALUE >> shift;
  const stamp = <u64>nextStamp(o) << 32;
  const multiplier = o.key | 1;
  for (let k = start; k < end; ++k) {
    const own = stamp | <u64>load<u32>(indices + (<usize>k << 2));
    let place = (<u32>own * multiplier) >> shift;
    let there = load<u64>(seen + (<usize>place << 3));
    while (there >= stamp) {
      if (there == own) return true;
      place = (place + 1) & mask;
      there = load<u64>(seen + (<usize>place << 3));
    }
    store<u64>(seen + (<usize>place << 3), own);
  }
  return false;
}

function nextStamp(o: Parse): u32 {
  const progress = changetype<Progress>(o.progress);
  if (++progress.stamp == 0) {
    memory.fill(o.seen, 0, <usize>o.seats << 4);
    progress.stamp = 1;
  }
  return progress.stamp;
}
