import { Face, Matrix } from "../layout";
import { couplingOf } from "./hessian";

// Conjugate gradients on a face of H = XᵀDX, preconditioned by an incomplete Cholesky factor without fill-in
// (Meijerink & van der Vorst 1977). A row makes a clique of its columns: those that share rows with few, eliminated
// first, therefore leave no fill-in at all where one column's rows are among another's, as those of crosses are.

const NONE: u32 = 0xffffffff;
/** Below this share of its diagonal a pivot is rounding: the column adds up from others, and keeps its diagonal. */
const LEAST_PIVOT: f64 = 1e-8;
/** Least curvature along a direction, as a share of the preconditioner's. */
const FLAT: f64 = 1e-10;

/**
 * Writes to o.step the approximate minimum of ½dᵀ(H + ridge)d − residualᵀd on the face where o.inverse is not 0, and
 * returns whether it is as near as o.enough says. H: `count` columns without their diagonal, `curvatures`.
 */
export function conjugateByFactor(H: Matrix, count: u32, curvatures: usize, o: Face): bool {
  const size = restrict(H, count, curvatures, o);
  if (o.isFactored) factorize(size, o);
  const left = o.left;
  const search = o.search;
  const curved = o.curved;
  const solved = o.solved;
  const moved = o.moved;
  const end = <usize>size << 3;
  memory.fill(moved, 0, end);
  memory.fill(search, 0, end);
  let energy = precondition(size, o);
  const enough = o.enough * energy;
  let beta: f64 = 0.0;
  let scale: f64 = 0.0; // of the search, as preconditioned
  for (let steps = o.limit; steps > 0 && energy > enough; --steps) {
    for (let t: usize = 0; t < end; t += 8) {
      store<f64>(search + t, load<f64>(solved + t) + beta * load<f64>(search + t));
    }
    scale = energy + beta * beta * scale;
    const bent = curveFace(size, o);
    const isFlat = bent < FLAT * scale;
    const alpha = energy / (isFlat ? FLAT * scale : bent);
    for (let t: usize = 0; t < end; t += 8) {
      store<f64>(moved + t, load<f64>(moved + t) + alpha * load<f64>(search + t));
      store<f64>(left + t, load<f64>(left + t) - alpha * load<f64>(curved + t));
    }
    if (isFlat) break; // a direction without curvature is the last
    const next = precondition(size, o);
    beta = next / energy;
    energy = next;
  }
  const step = o.step;
  const order = o.order;
  const ranks = o.ranks;
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const s = load<u32>(ranks + (j << 2));
    if (s != NONE) store<f64>(step + (j << 3), load<f64>(moved + (<usize>s << 3)));
  }
  return energy <= enough;
}

/** Numbers the columns of the face in their order and copies what is theirs of H and the residual. Returns how many. */
function restrict(H: Matrix, count: u32, curvatures: usize, o: Face): u32 {
  const starts = H.pointers;
  const neighbours = H.indices;
  const numbers = H.values;
  const order = o.order;
  const ranks = o.ranks;
  const inverse = o.inverse;
  const ridge = o.ridge;
  const residual = o.residual;
  const left = o.left;
  const diagonal = o.diagonal;
  const pointers = o.pointers;
  const cursor = o.cursor;
  const indices = o.indices;
  const values = o.values;
  let size: u32 = 0;
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const isIn = load<f64>(inverse + (j << 3)) != 0.0;
    store<u32>(ranks + (j << 2), isIn ? size : NONE);
    if (!isIn) continue;
    store<f64>(left + (<usize>size << 3), load<f64>(residual + (j << 3)));
    store<f64>(diagonal + (<usize>size << 3), load<f64>(curvatures + (j << 3)) + load<f64>(ridge + (j << 3)));
    ++size;
  }
  // Each column's own half: those of a higher number.
  let entries: u32 = 0;
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const s = load<u32>(ranks + (j << 2));
    if (s == NONE) continue;
    store<u32>(pointers + (<usize>s << 2), entries);
    store<u32>(cursor + (<usize>s << 2), entries);
    for (let k = load<u32>(starts + (j << 2)), end = load<u32>(starts + (j << 2), 4); k < end; ++k) {
      const rank = load<u32>(ranks + (<usize>load<u32>(neighbours + (<usize>k << 2)) << 2));
      entries += u32(rank > s && rank != NONE);
    }
  }
  store<u32>(pointers + (<usize>size << 2), entries);
  // In the order of numbers, so that those of each column ascend.
  for (let t: u32 = 0; t < count; ++t) {
    const j: usize = load<u32>(order + (<usize>t << 2));
    const s = load<u32>(ranks + (j << 2));
    if (s == NONE) continue;
    for (let k = load<u32>(starts + (j << 2)), end = load<u32>(starts + (j << 2), 4); k < end; ++k) {
      const rank = load<u32>(ranks + (<usize>load<u32>(neighbours + (<usize>k << 2)) << 2));
      if (rank >= s) continue;
      const slot = cursor + (<usize>rank << 2);
      const at = load<u32>(slot);
      store<u32>(slot, at + 1);
      store<u32>(indices + (<usize>at << 2), s);
      store<f64>(values + (<usize>at << 3), load<f64>(numbers + (<usize>k << 3)));
    }
  }
  return size;
}

/**
 * Writes the factor M = (P + F)ᵀP⁻¹(P + F), F above the diagonal where H has entries, and its inverse pivots P⁻¹.
 * Column t takes what each column s < t above it leaves; those wait in a list that begins at head[t].
 */
function factorize(size: u32, o: Face): void {
  const pointers = o.pointers;
  const indices = o.indices;
  const values = o.values;
  const factors = o.factors;
  const diagonal = o.diagonal;
  const pivots = o.pivots;
  const cursor = o.cursor;
  const head = o.head;
  const link = o.link;
  const places = o.places;
  const nowhere = load<u32>(pointers + (<usize>size << 2)); // where fill-in goes
  memory.fill(head, 0xff, <usize>size << 2);
  for (let t: usize = 0; t < size; ++t) store<u32>(places + (t << 2), nowhere);
  for (let t: u32 = 0; t < size; ++t) {
    const start = load<u32>(pointers + (<usize>t << 2));
    const end = load<u32>(pointers + (<usize>t << 2), 4);
    for (let k: usize = start; k < end; ++k) {
      store<f64>(factors + (k << 3), load<f64>(values + (k << 3)));
      store<u32>(places + (<usize>load<u32>(indices + (k << 2)) << 2), <u32>k);
    }
    const own = load<f64>(diagonal + (<usize>t << 3));
    let pivot = own;
    for (let s = load<u32>(head + (<usize>t << 2)); s != NONE; ) {
      const following = load<u32>(link + (<usize>s << 2));
      let q = load<u32>(cursor + (<usize>s << 2));
      const last = load<u32>(pointers + (<usize>s << 2), 4);
      const entry = load<f64>(factors + (<usize>q << 3));
      const share = entry * load<f64>(pivots + (<usize>s << 3));
      pivot -= share * entry;
      wait(s, ++q, last, o);
      for (; q < last; ++q) {
        const place = load<u32>(places + (<usize>load<u32>(indices + (<usize>q << 2)) << 2));
        const at = factors + (<usize>place << 3);
        store<f64>(at, load<f64>(at) - share * load<f64>(factors + (<usize>q << 3)));
      }
      s = following;
    }
    store<f64>(pivots + (<usize>t << 3), 1.0 / (pivot > LEAST_PIVOT * own ? pivot : own));
    for (let k: usize = start; k < end; ++k) {
      store<u32>(places + (<usize>load<u32>(indices + (k << 2)) << 2), nowhere);
    }
    wait(t, start, end, o);
  }
}

/** Puts column s into the list of the column that its entry at q, if there is one, is for. */
// @ts-ignore: decorator
@inline
function wait(s: u32, q: u32, end: u32, o: Face): void {
  if (q == end) return;
  store<u32>(o.cursor + (<usize>s << 2), q);
  const list = o.head + (<usize>load<u32>(o.indices + (<usize>q << 2)) << 2);
  store<u32>(o.link + (<usize>s << 2), load<u32>(list));
  store<u32>(list, s);
}

/** Writes o.solved = M⁻¹·o.left and returns o.leftᵀ·o.solved; without a factor M is the diagonal. */
function precondition(size: u32, o: Face): f64 {
  if (!o.isFactored) return divide(size, o);
  const pointers = o.pointers;
  const indices = o.indices;
  const factors = o.factors;
  const pivots = o.pivots;
  const left = o.left;
  const solved = o.solved;
  memory.copy(solved, left, <usize>size << 3);
  let k: u32 = 0;
  for (let s: u32 = 0; s < size; ++s) {
    const end = load<u32>(pointers + (<usize>s << 2), 4);
    const share = load<f64>(solved + (<usize>s << 3)) * load<f64>(pivots + (<usize>s << 3));
    for (; k < end; ++k) {
      const at = solved + (<usize>load<u32>(indices + (<usize>k << 2)) << 3);
      store<f64>(at, load<f64>(at) - load<f64>(factors + (<usize>k << 3)) * share);
    }
  }
  let energy: f64 = 0.0;
  for (let s = size; s-- > 0; ) {
    const start = load<u32>(pointers + (<usize>s << 2));
    const end = load<u32>(pointers + (<usize>s << 2), 4);
    const at = solved + (<usize>s << 3);
    const rest = load<f64>(at) - couplingOf(indices, factors, start, end, solved);
    const z = rest * load<f64>(pivots + (<usize>s << 3));
    store<f64>(at, z);
    energy += z * load<f64>(left + (<usize>s << 3));
  }
  return energy;
}

/** Writes H·o.search of the face to o.curved and returns o.searchᵀ·o.curved. */
function curveFace(size: u32, o: Face): f64 {
  const pointers = o.pointers;
  const indices = o.indices;
  const values = o.values;
  const diagonal = o.diagonal;
  const search = o.search;
  const curved = o.curved;
  for (let t: usize = 0, end = <usize>size << 3; t < end; t += 8) {
    store<f64>(curved + t, load<f64>(diagonal + t) * load<f64>(search + t));
  }
  let bent: f64 = 0.0;
  let k: u32 = 0;
  for (let s: u32 = 0; s < size; ++s) {
    const end = load<u32>(pointers + (<usize>s << 2), 4);
    const p = load<f64>(search + (<usize>s << 3));
    let sum: f64 = 0.0;
    for (; k < end; ++k) {
      const t = <usize>load<u32>(indices + (<usize>k << 2)) << 3;
      const value = load<f64>(values + (<usize>k << 3));
      sum += value * load<f64>(search + t);
      store<f64>(curved + t, load<f64>(curved + t) + value * p);
    }
    const product = load<f64>(curved + (<usize>s << 3)) + sum; // what came from columns before s is in it
    store<f64>(curved + (<usize>s << 3), product);
    bent += p * product;
  }
  return bent;
}

function divide(size: u32, o: Face): f64 {
  const diagonal = o.diagonal;
  const left = o.left;
  const solved = o.solved;
  let energy: f64 = 0.0;
  for (let t: usize = 0, end = <usize>size << 3; t < end; t += 8) {
    const r = load<f64>(left + t);
    const z = r / load<f64>(diagonal + t);
    store<f64>(solved + t, z);
    energy += r * z;
  }
  return energy;
}
