// What a solver asks of its columns one by one: what they cost, by how much they violate their optimality, which of
// them to work on. Weights, gradients X_jᵀq and {l1, l2} interleaved are f64 a column.

/** Lists in order, u32[columns], the columns 0 ≤ j < count with a weight or with |g_j| > share·l1_j. Returns how many. */
export function survey(count: u32, gradients: usize, weights: usize, penalties: usize, share: f64, order: usize): u32 {
  let size: u32 = 0;
  for (let j: u32 = 0; j < count; ++j) {
    const at = <usize>j << 3;
    store<u32>(order + (<usize>size << 2), j);
    const isZero = load<f64>(weights + at) == 0.0;
    size += u32(!isZero || abs<f64>(load<f64>(gradients + at)) > share * load<f64>(penalties + (at << 1)));
  }
  return size;
}

/** Returns Σ l1·(|w| − |from|) + ½·l2·(w² − from²). `from`: 0 for weights of 0. */
export function penalty(count: u32, penalties: usize, weights: usize, from: usize): f64 {
  let sum: f64 = 0.0;
  for (let at: usize = 0, end = <usize>count << 3; at < end; at += 8) {
    const b = load<f64>(weights + at);
    const a: f64 = from ? load<f64>(from + at) : 0.0;
    if (a == b) continue;
    const l = penalties + (at << 1);
    sum += load<f64>(l) * (abs<f64>(b) - abs<f64>(a)) + 0.5 * load<f64>(l, 8) * (b - a) * (b + a);
  }
  return sum;
}

/** Returns Σ |violation of optimality| of the columns order[0 … count), or where `order` is 0 of the first `count`. */
export function violation(count: u32, order: usize, weights: usize, gradients: usize, penalties: usize): f64 {
  let sum: f64 = 0.0;
  for (let k: u32 = 0; k < count; ++k) {
    const at = <usize>(order ? load<u32>(order + (<usize>k << 2)) : k) << 3;
    const weight = load<f64>(weights + at);
    const l1 = load<f64>(penalties + (at << 1));
    const slope = load<f64>(gradients + at) + load<f64>(penalties + (at << 1), 8) * weight;
    if (weight == 0.0) sum += max<f64>(abs<f64>(slope) - l1, 0.0);
    else sum += abs<f64>(slope + copysign<f64>(l1, weight));
  }
  return sum;
}

/**
 * Writes to out, f64[3], of columns order[0 … count): what their weights cost; the largest c ≤ 1 with c·|g_j| ≤ l1_j
 * for all that have a penalty; and Σ (|g_j| − l1_j)²/(2·l2_j) of those whose |g_j| is above l1_j.
 */
export function scaling(count: u32, order: usize, weights: usize, gradients: usize, penalties: usize, out: usize): void {
  let cost: f64 = 0.0;
  let scale: f64 = 1.0;
  let excess: f64 = 0.0;
  for (let k: u32 = 0; k < count; ++k) {
    const at = <usize>load<u32>(order + (<usize>k << 2)) << 3;
    const size = abs<f64>(load<f64>(gradients + at));
    const weight = abs<f64>(load<f64>(weights + at));
    const l1 = load<f64>(penalties + (at << 1));
    const l2 = load<f64>(penalties + (at << 1), 8);
    cost += l1 * weight + 0.5 * l2 * weight * weight;
    if (size > l1 && (l1 > 0.0 || l2 > 0.0)) {
      excess += ((size - l1) * (size - l1)) / (2.0 * l2);
      scale = min<f64>(scale, l1 / size);
    }
  }
  store<f64>(out, cost);
  store<f64>(out, scale, 8);
  store<f64>(out, excess, 16);
}

/**
 * Lists in out, in their order, those of columns order[0 … count) with a weight and the worst violators among the
 * others, as many again or `least` in all, 1 or more, and returns how many. Where the last of them has many like it,
 * those stay that come first. `skipped` is left out. scores: f64[columns], scratch.
 */
export function choose(
  count: u32,
  order: usize,
  weights: usize,
  gradients: usize,
  penalties: usize,
  skipped: u32,
  least: u32,
  scores: usize,
  out: usize,
): u32 {
  let kept: u32 = 0;
  let violators: u32 = 0;
  for (let k: u32 = 0; k < count; ++k) {
    const j = load<u32>(order + (<usize>k << 2));
    if (j == skipped) continue;
    if (load<f64>(weights + (<usize>j << 3)) != 0.0) {
      ++kept;
    } else {
      store<f64>(scores + (<usize>violators << 3), beyond(j, gradients, penalties));
      ++violators;
    }
  }
  let room = max<u32>(least, 2 * kept) - kept;
  const worst: f64 = violators > room ? largest(scores, violators, room) : -Infinity;
  let size: u32 = 0;
  for (let k: u32 = 0; k < count; ++k) {
    const j = load<u32>(order + (<usize>k << 2));
    if (j == skipped) continue;
    if (load<f64>(weights + (<usize>j << 3)) == 0.0) {
      if (room == 0 || beyond(j, gradients, penalties) < worst) continue;
      --room;
    }
    store<u32>(out + (<usize>size << 2), j);
    ++size;
  }
  return size;
}

// @ts-ignore: decorator
@inline
function beyond(j: u32, gradients: usize, penalties: usize): f64 {
  return abs<f64>(load<f64>(gradients + (<usize>j << 3))) - load<f64>(penalties + (<usize>j << 4));
}

/** Returns the n-th largest of `count` numbers, 1 ≤ n, and leaves them in another order (quickselect; Hoare 1961). */
function largest(items: usize, count: u32, n: u32): f64 {
  const target = items + (<usize>(n - 1) << 3);
  let from = items;
  let to = items + (<usize>(count - 1) << 3);
  while (from < to) {
    const pivot = load<f64>(items + ((((from - items) >> 3) + ((to - items) >> 3)) >> 1 << 3));
    let i = from;
    let j = to;
    while (i <= j) {
      while (load<f64>(i) > pivot) i += 8;
      while (load<f64>(j) < pivot) j -= 8;
      if (i > j) break;
      const item = load<f64>(i);
      store<f64>(i, load<f64>(j));
      store<f64>(j, item);
      i += 8;
      j -= 8;
    }
    if (target <= j) to = j;
    else if (target >= i) from = i;
    else break;
  }
  return load<f64>(target);
}

/**
 * Writes moves = w − origin, f64[columns], and to out, f64[2], Σ g_j·moves_j and the entries of the columns that move.
 */
export function aim(
  count: u32,
  pointers: usize,
  weights: usize,
  origin: usize,
  gradients: usize,
  moves: usize,
  out: usize,
): void {
  let slope: f64 = 0.0;
  let entries: f64 = 0.0;
  let start = load<u32>(pointers);
  for (let t: u32 = 0; t < count; ++t) {
    const at = <usize>t << 3;
    const end = load<u32>(pointers + (<usize>t << 2), 4);
    const move = load<f64>(weights + at) - load<f64>(origin + at);
    store<f64>(moves + at, move);
    slope += load<f64>(gradients + at) * move;
    if (move != 0.0) entries += <f64>(end - start);
    start = end;
  }
  store<f64>(out, slope);
  store<f64>(out, entries, 8);
}

/** Writes 0, 1 … to order, u32[count]. */
export function enumerate(count: u32, order: usize): void {
  for (let t: u32 = 0; t < count; ++t) store<u32>(order + (<usize>t << 2), t);
}

/** Returns the entries of columns order[0 … count) of x. */
export function countEntries(pointers: usize, order: usize, count: u32): u32 {
  let entries: u32 = 0;
  for (let t: u32 = 0; t < count; ++t) {
    const at = pointers + (<usize>load<u32>(order + (<usize>t << 2)) << 2);
    entries += load<u32>(at, 4) - load<u32>(at);
  }
  return entries;
}

/** Writes the `width` numbers that x, f64, has for each of columns order[0 … count) side by side to out. */
export function take(x: usize, width: u32, order: usize, count: u32, out: usize): void {
  const bytes = <usize>width << 3;
  for (let t: u32 = 0; t < count; ++t) {
    const from = x + <usize>load<u32>(order + (<usize>t << 2)) * bytes;
    const to = out + <usize>t * bytes;
    for (let at: usize = 0; at < bytes; at += 8) store<f64>(to + at, load<f64>(from + at));
  }
}

/** Writes x, f64[count], to the places of out that order[0 … count) says. */
export function give(x: usize, order: usize, count: u32, out: usize): void {
  for (let t: u32 = 0; t < count; ++t) {
    const j = <usize>load<u32>(order + (<usize>t << 2));
    store<f64>(out + (j << 3), load<f64>(x + (<usize>t << 3)));
  }
}
