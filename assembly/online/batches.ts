import { Datafit } from "../datafit";
import { Ftrl, Rows } from "../layout";
import { Values } from "../sparse";
import { accumulate, biasWeight, slotOf, updateBias, weightAt } from "./ftrl";

// FTRL-Proximal in steps of several rows. A batch's columns are listed once, with their weights, and its entries say which of
// them they are.

/** No place. */
const NONE: u32 = 0xffffffff;

/**
 * Updates in steps of o.batch rows of order[from … to): every row of a batch sees the same weights, their
 * gradients are summed, the sum is shortened to the norm o.clip, and each column touched is updated once.
 * Returns Σ s·loss as ftrlRows does.
 */
export function ftrlBatches<D extends Datafit, V extends Values>(
  rows: Rows,
  order: usize,
  from: u32,
  to: u32,
  o: Ftrl,
): f64 {
  let sum: f64 = 0.0;
  for (let t = from; t < to; t += o.batch) {
    sum += ftrlGradient<D, V>(rows, order, t, min<u32>(t + o.batch, to), o);
    ftrlStep(o);
  }
  return sum;
}

/**
 * Sums the gradients of the rows order[from … to) at the weights at hand: o.touched lists their columns, in the order of
 * their first entry, o.gradient the sums, o.outcome how many they are and the intercept's. Reads the state only, once a
 * column. Returns Σ s·loss of the rows.
 */
export function ftrlGradient<D extends Datafit, V extends Values>(
  rows: Rows,
  order: usize,
  from: u32,
  to: u32,
  o: Ftrl,
): f64 {
  const pointers = rows.pointers;
  const values = rows.values;
  const weights = rows.weights;
  const margins = o.margins;
  const spots = o.spots;
  const gradient = o.gradient;
  const count = locate(rows, order, from, to, o);
  weighTouched(count, o);
  const bias = biasWeight(o);
  let sum: f64 = 0.0;
  let biasGradient: f64 = 0.0;
  let spot = spots;
  for (let t = from; t < to; ++t) {
    const i: usize = order ? load<u32>(order + (<usize>t << 2)) : t;
    const start = load<u32>(pointers + (i << 2));
    const end = load<u32>(pointers + (i << 2), 4);
    const y = load<f64>(rows.labels + (i << 3));
    const s = weights ? load<f64>(weights + (i << 3)) : 1.0;
    const m = bias + dotTouched<V>(spot, values, start, end, o.scratch);
    if (margins) store<f64>(margins + (i << 3), m);
    sum += s * changetype<D>(0).loss(y, m);
    const g = s * changetype<D>(0).gradient(y, m);
    biasGradient += g;
    for (let k = start; k < end; ++k, spot += 4) {
      const at = gradient + (<usize>load<u32>(spot) << 3);
      store<f64>(at, load<f64>(at) + g * changetype<V>(0).at(values, k));
    }
  }
  store<f64>(o.outcome, count);
  store<f64>(o.outcome, o.intercept ? biasGradient : 0.0, 8);
  return sum;
}

/**
 * Lists the columns of rows in o.touched, in the order of their first entry, and in o.spots where each entry's stands
 * there; o.gradient is 0 for each. Returns how many. Finds them by a hash table of more seats than entries, at most twice as
 * many, or one, where a column's is that of its product with the key (multiply-shift, Dietzfelbinger et al., 1997).
 */
function locate(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): u32 {
  const pointers = rows.pointers;
  const columns = rows.indices;
  const touched = o.touched;
  const gradient = o.gradient;
  const seats = o.seats;
  const multiplier = o.key | 1;
  let entries: u32 = 0;
  for (let t = from; t < to; ++t) {
    const i: usize = order ? load<u32>(order + (<usize>t << 2)) : t;
    entries += load<u32>(pointers + (i << 2), 4) - load<u32>(pointers + (i << 2));
  }
  const shift = clz<u32>(entries); // 32 − bits: more seats than entries
  const mask = (<u32>1 << (32 - shift)) - 1;
  memory.fill(seats, 0, (<usize>mask + 1) << 2);
  let count: u32 = 0;
  let spot = o.spots;
  for (let t = from; t < to; ++t) {
    const i: usize = order ? load<u32>(order + (<usize>t << 2)) : t;
    const end = load<u32>(pointers + (i << 2), 4);
    for (let k = load<u32>(pointers + (i << 2)); k < end; ++k, spot += 4) {
      const j = load<u32>(columns + (<usize>k << 2));
      let seat = (j * multiplier) >>> shift;
      let place = load<u32>(seats + (<usize>seat << 2)) - 1; // one more than it is: 0 says none
      while (place != NONE && load<u32>(touched + (<usize>place << 2)) != j) {
        seat = (seat + 1) & mask;
        place = load<u32>(seats + (<usize>seat << 2)) - 1;
      }
      if (place == NONE) {
        place = count++;
        store<u32>(seats + (<usize>seat << 2), count);
        store<u32>(touched + (<usize>place << 2), j);
        store<f64>(gradient + (<usize>place << 3), 0.0);
      }
      store<u32>(spot, place);
    }
  }
  return count;
}

/** Writes the weight of each touched column to scratch. */
function weighTouched(count: u32, o: Ftrl): void {
  const touched = o.touched;
  const state = o.state;
  const scratch = o.scratch;
  const inverseAlpha = <f32>o.inverseAlpha;
  const ridge = o.ridge;
  const lambda1 = o.lambda1;
  for (let q: u32 = 0; q < count; ++q) {
    const slot = slotOf(state, touched, q);
    const w = weightAt(load<f32>(slot), sqrt<f32>(load<f32>(slot, 4)), inverseAlpha, ridge, lambda1);
    store<f32>(scratch + (<usize>q << 2), w);
  }
}

/** Returns x·w of one row, whose entries' columns stand at `spots` in the list of touched ones. Sums as gatherWeights does. */
function dotTouched<V extends Values>(spots: usize, values: usize, start: u32, end: u32, scratch: usize): f64 {
  const fours = start + ((end - start) & ~3);
  let s0: f64 = 0.0;
  let s1: f64 = 0.0;
  let s2: f64 = 0.0;
  let s3: f64 = 0.0;
  let k = start;
  for (; k < fours; k += 4, spots += 16) {
    s0 += weightFor(spots, scratch) * <f64>changetype<V>(0).at(values, k);
    s1 += weightFor(spots + 4, scratch) * <f64>changetype<V>(0).at(values, k + 1);
    s2 += weightFor(spots + 8, scratch) * <f64>changetype<V>(0).at(values, k + 2);
    s3 += weightFor(spots + 12, scratch) * <f64>changetype<V>(0).at(values, k + 3);
  }
  let rest: f64 = 0.0;
  for (; k < end; ++k, spots += 4) rest += weightFor(spots, scratch) * <f64>changetype<V>(0).at(values, k);
  return s0 + s1 + (s2 + s3) + rest;
}

// @ts-ignore: decorator
@inline
function weightFor(spot: usize, scratch: usize): f64 {
  return <f64>load<f32>(scratch + (<usize>load<u32>(spot) << 2));
}

/** Takes the gradient that ftrlGradient summed, no longer than o.clip, into {z, n} of each touched column. */
export function ftrlStep(o: Ftrl): void {
  const count = <u32>load<f64>(o.outcome);
  const biasGradient = load<f64>(o.outcome, 8);
  const shrink = clipFactor(count, biasGradient, o);
  const touched = o.touched;
  const gradient = o.gradient;
  const state = o.state;
  const inverseAlpha = <f32>o.inverseAlpha;
  const ridge = o.ridge;
  const lambda1 = o.lambda1;
  for (let q: u32 = 0; q < count; ++q) {
    const slot = slotOf(state, touched, q);
    const root = sqrt<f32>(load<f32>(slot, 4));
    const w = weightAt(load<f32>(slot), root, inverseAlpha, ridge, lambda1);
    accumulate(slot, <f32>(load<f64>(gradient + (<usize>q << 3)) * shrink), w, root, inverseAlpha);
  }
  if (o.intercept) updateBias(o, biasGradient * shrink);
}

/** Factor that shortens the summed gradient to the norm o.clip; 1 when it is no longer than that. */
function clipFactor(count: u32, biasGradient: f64, o: Ftrl): f64 {
  if (o.clip == Infinity) return 1.0;
  const gradient = o.gradient;
  let square = biasGradient * biasGradient;
  for (let q: u32 = 0; q < count; ++q) {
    const g = load<f64>(gradient + (<usize>q << 3));
    square += g * g;
  }
  return min<f64>(1.0, o.clip / sqrt<f64>(square));
}
