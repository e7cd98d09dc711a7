import { type Face, type Hessian, NOWHERE, type Weighing } from "../engine/kernels.js";
import type { F64, Memory, U32 } from "../engine/memory.js";
import type { State } from "./newton.js";
import type { Quadratic } from "./quadratic.js";
import type { SetRows } from "./rows.js";
import type { WorkingSet } from "./working.js";

/** H = XᵀDX of a working set, written out. */
export interface Coupled {
  H: Hessian;
  /** null where H has all its entries. */
  scratch: Weighing | null;
  /** [columns], H·u of the last `energy`. */
  product: F64;
  /** [columns], the weights where the rows' slopes are. */
  base: F64;
  face: Omit<Face, "inverse" | "ridge" | "residual" | "step" | "isFactored" | "limit" | "enough">;
  /** Whether steps by the diagonal alone were too many: the factor costs as much as some twenty of them. */
  isHard: boolean;
}

/** Products of a row's entries that H may cost, for each entry of X. Text has rows so long that it never pays. */
const MOST_PRODUCTS = 8;
/** Entries of rows beyond which their products, (n − 1)/2 an entry, are more than that. */
export const LONGEST_COUPLED = 2 * MOST_PRODUCTS + 1;
/** Entries of H above the diagonal, for each entry of X. Working on H is cheaper still: it has no rows. */
const MOST_ENTRIES = 1;
/** Steps of conjugate gradients at most. */
const STEPS = 30;
/** H is worth twice the products where X has this many times more entries than it. */
const FEW = 4;

/** Whether H of a set has so few entries that all of them are written out. */
function isSmall({ size, x }: WorkingSet): boolean {
  return FEW * size * size <= x.indices.length;
}

/** Whether H of a set that has no rows yet takes no longer than a pass or two of descent: few columns, short rows. */
export function isCheap(set: WorkingSet, count: number): boolean {
  return isSmall(set) && set.x.indices.length <= 2 * MOST_PRODUCTS * count;
}

/** Whether H of so many columns may be worth its products of a row's entries. */
export function isWorth(products: number, size: number, entries: number): boolean {
  return products <= (FEW * size * size <= entries ? 2 : 1) * MOST_PRODUCTS * entries;
}

/**
 * Returns the pattern of H, or null where it would not be much cheaper to work on than X itself. It lies in the arena
 * as long as the working set does.
 */
function coupledOf({ engine, count }: State, set: WorkingSet): Coupled | null {
  const { x, size, rows } = set;
  const { kernels, memory } = engine;
  const { matrix, products } = rows as SetRows;
  const entries = x.indices.length;
  if (!isWorth(products, size, entries)) return null;
  if (isSmall(set)) return completeOf(memory, size);
  const room = Math.min(MOST_ENTRIES * entries, products);
  const mark = memory.mark();
  const [cursor, next, counts] = [memory.u32(count, "raw"), memory.u32(size), memory.u32(size)];
  const own = { pointers: memory.u32(size + 1), indices: memory.u32(room, "raw") };
  cursor.view.set(matrix.pointers.view.subarray(0, count));
  const half = kernels.couple(x, matrix, size, { cursor, stamps: next, counts }, room, own);
  if (half === NOWHERE) {
    memory.release(mark);
    return null;
  }
  const H = { pointers: memory.u32(size + 1), indices: memory.u32(2 * half, "raw"), values: memory.f64(2 * half) };
  const [starts, lengths] = [H.pointers.view, counts.view];
  for (let t = 0; t < size; t++) starts[t + 1] = starts[t]! + lengths[t]!;
  next.view.set(starts.subarray(0, size));
  kernels.mirror(own, size, next, H);
  const scratch = { cursor, next, sums: memory.f64(size) };
  return {
    H,
    scratch,
    product: memory.f64(size),
    base: memory.f64(size),
    face: faceOf(memory, size, half, counts),
    isHard: false,
  };
}

/** Returns H with all its entries, for a few columns. */
function completeOf(memory: Memory, size: number): Coupled {
  const half = (size * (size - 1)) / 2;
  const H = { pointers: memory.u32(size + 1), indices: memory.u32(2 * half, "raw"), values: memory.f64(2 * half) };
  const [pointers, indices] = [H.pointers.view, H.indices.view];
  for (let j = 0, at = 0; j < size; j++) {
    for (let t = 0; t < size; t++) if (t !== j) indices[at++] = t;
    pointers[j + 1] = at;
  }
  const counts = memory.u32(size);
  counts.view.fill(size - 1);
  return {
    H,
    scratch: null,
    product: memory.f64(size),
    base: memory.f64(size),
    face: faceOf(memory, size, half, counts),
    isHard: false,
  };
}

/** Makes room for the factor of a face. The columns with fewest entries in H are eliminated first. */
function faceOf(memory: Memory, size: number, half: number, counts: U32): Coupled["face"] {
  const [order, numbers] = [memory.u32(size), () => memory.f64(size)];
  sortByCount(counts.view, order.view);
  const words = () => memory.u32(size);
  return {
    order,
    ranks: words(),
    cursor: words(),
    head: words(),
    link: words(),
    places: words(),
    pointers: memory.u32(size + 1),
    indices: memory.u32(half, "raw"),
    values: memory.f64(half),
    factors: memory.f64(half + 1),
    diagonal: numbers(),
    pivots: numbers(),
    left: numbers(),
    search: numbers(),
    curved: numbers(),
    solved: numbers(),
    moved: numbers(),
  };
}

/** Writes to order the places of `counts` by their counts; those of the same count ascend. */
function sortByCount(counts: Uint32Array, order: Uint32Array): void {
  let most = 0;
  for (const count of counts) if (count > most) most = count;
  const next = new Uint32Array(most + 2);
  for (const count of counts) next[count + 1]!++;
  for (let count = 0; count < most; count++) next[count + 1]! += next[count]!;
  counts.forEach((count, t) => {
    order[next[count]!++] = t;
  });
}

/** The model by its Hessian, of the set's rows; null where that is not worth it. */
export function hessianQuadratic(state: State, set: WorkingSet): Quadratic | null {
  const { engine, count, model, direction, outcome } = state;
  const { kernels } = engine;
  if (set.hessian === undefined) set.hessian = coupledOf(state, set);
  if (set.hessian === null) return null;
  const coupled = set.hessian;
  const { H, scratch, product, base, face } = coupled;
  const { x, size, order, curvatures, slopes, w: weights, penalties, origin, inverseReach, moves } = set;
  const { couplings, intercept } = set;
  const { inverse, damping, residual, step } = set.search;
  const { matrix: rows } = set.rows as SetRows;
  if (scratch) {
    scratch.cursor.view.set(rows.pointers.view.subarray(0, count));
    scratch.next.view.set(H.pointers.view.subarray(0, size));
    kernels.weigh(x, rows, size, model, scratch, H);
  } else {
    H.values.view.fill(0);
    kernels.gram(rows, count, size, model, H.values);
  }
  if (state.isDerived) slopes.view.set(set.gradients.view);
  else kernels.gradients(x, 0, size, model, slopes);
  base.view.set(weights.view);
  return {
    boldness: { least: 1, most: 1000 },
    descend(active, radius, slack) {
      const o = { model: slopes, curvatures, weights, penalties, origin, inverseReach, outcome, radius, slack };
      kernels.descendByHessian(H, order, active, { ...o, couplings, intercept });
    },
    slopes: () => {}, // they follow every step
    async conjugate(_, { residual: enough }) {
      const { isHard: isFactored } = coupled;
      const o = { ...face, inverse, ridge: damping, residual, step, isFactored, limit: STEPS, enough };
      coupled.isHard = !kernels.conjugateByFactor(H, size, curvatures, o) || isFactored;
    },
    energy: () => kernels.curveByHessian(H, size, curvatures, moves, product),
    advance: () => kernels.along(0, size, slopes, product, 1, slopes),
    settle() {
      kernels.along(0, size, weights, base, -1, moves);
      base.view.set(weights.view);
      kernels.margins(rows, 0, count, moves, 0, direction);
      kernels.advance(0, count, model, direction);
    },
  };
}
