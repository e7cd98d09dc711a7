import type { F32, F64, NumberArray, Slice, U8, U32 } from "./memory.js";
import type { Lesson, Parse, Plan } from "./texts.js";

/** Logistic: log(1 + exp(−y·m)), y ∈ {−1, +1}. Squared: ½(y − m)². */
export type Loss = "logistic" | "squared";

/** A sparse matrix by rows (CSR: indices are columns) or by columns (CSC: indices are rows). */
export interface Matrix {
  /** Where each row begins in indices and values: rows + 1 of them. */
  pointers: U32;
  /** None twice in one row. */
  indices: U32;
  /** null when every value is 1. */
  values: F32 | null;
}

/** What `places` says of an index that is left out. */
export const NOWHERE = 0xffffffff;

/**
 * Rows whose terms are summed before the sum is added to that of the rows before them. Blocks are fixed, so that
 * threads may share them out and the sum has the same bits. ROW_BLOCK of assembly/layout.ts.
 */
export const ROW_BLOCK = 4096;

/** Rows with their targets. */
export interface Rows extends Matrix {
  /** One a row; −1 or +1 for logistic loss. */
  labels: F64;
  /** Sample weights, one a row; null when every weight is 1. */
  weights: F64 | null;
}

/** FTRL-Proximal: per-coordinate state, strengths and scratch (McMahan et al., KDD 2013). */
export interface Ftrl {
  /** [2 · columns], {z, n} interleaved. n of a feature stops growing at 2²⁴ times its g². */
  state: F32;
  /** [2], {z, n} of the intercept. */
  bias: F64;
  /** [2 · (longest row + 3)]; for batches [entries of the largest], a weight for each column that it touches. */
  scratch: F32;
  /** [entries of the largest batch], the columns that it touches; this and the next four only for batches. */
  touched: U32 | null;
  /** [entries of the largest batch], of each of them. */
  gradient: F64 | null;
  /** [entries of the largest batch] */
  spots: U32 | null;
  /** [2 · entries of the largest batch + 1] */
  seats: U32 | null;
  /** [2]: how many columns are touched, and the gradient of the intercept. */
  outcome: F64 | null;
  /** [rows], receives each row's margin before its update; null where nobody asks. */
  margins: F64 | null;
  /** Rows a step. */
  batch: number;
  /** Largest Euclidean norm of a batch's summed gradient; Infinity for none. */
  clip: number;
  /** 1/α */
  inverseAlpha: number;
  /** β/α + λ₂ */
  ridge: number;
  lambda1: number;
  /** ridge and λ₁ of the intercept. */
  biasRidge: number;
  biasLambda1: number;
  /** 1 when the intercept learns, else 0. */
  intercept: number;
}

/** Stochastic proximal gradient with lazy shrinkage (Duchi & Singer, JMLR 2009; Tsuruoka et al., ACL 2009). */
export interface Sgd {
  /** [columns], u = sgn(w)·(|w|/scale + debt). */
  state: F64;
  /** [longest row] */
  scratch: F64;
  /** [4]: steps taken, scale, debt, intercept. Begins as 0, 1, 0, 0. */
  ledger: F64;
  /** As in Ftrl. */
  margins: F64 | null;
  columns: number;
  /** 1 when the intercept learns, else 0. */
  intercept: number;
  l1: number;
  l2: number;
  /** The rate of step t is rate / √(1 + decay·t). */
  rate: number;
  decay: number;
  /** 1 / mean sample weight. */
  weightScale: number;
}

/**
 * Coordinate descent on a quadratic model Σ_i (g_i·m_i + ½·D_i·m_i²) of the loss, plus l1_j·|w_j| + (l2_j/2)·w_j²,
 * within a box of half-width radius/max_i|x_ij| around the origin.
 */
export interface Descent {
  /** [2 · rows], {q, D} interleaved; q_i = g_i + D_i·Δm_i follows every step. */
  model: F64;
  /** [columns], Σ_i D_i·x_ij². */
  curvatures: F64;
  /** [columns] */
  weights: F64;
  /** [2 · columns], {l1, l2} interleaved. */
  penalties: F64;
  /** [columns] */
  origin: F64;
  /** [columns], 1 / max_i |x_ij|. */
  inverseReach: F64;
  /** [2]: the violation met, Σ h·|Δw|, and how many columns of the order stay, in front. */
  outcome: F64;
  /** [columns], Σ_i D_i·x_ij; null without an intercept, which otherwise is at its best at every step. */
  couplings: F64 | null;
  /** Its column. */
  intercept: number;
  /** Infinity for no box. */
  radius: number;
  /** Zeros whose gradient is further than this inside its bound leave the order; Infinity keeps all. */
  slack: number;
}

/** H = XᵀDX but for its diagonal, by columns: first the indices < j, ascending, then those above it. */
export interface Hessian {
  pointers: U32;
  indices: U32;
  values: F64;
}

/** Scratch of `couple`. */
export interface Coupling {
  /** [rows], begins as the rows' pointers. */
  cursor: U32;
  /** [columns], begins as 0. */
  stamps: U32;
  /** [columns], begins as 0: the entries of each column of H. */
  counts: U32;
}

/** Scratch of `weigh`. */
export interface Weighing {
  /** [rows], begins as the rows' pointers. */
  cursor: U32;
  /** [columns], begins as H.pointers. */
  next: U32;
  /** [columns], 0 before and after. */
  sums: F64;
}

/**
 * A step on a face of a working set by conjugate gradients, preconditioned by a diagonal. The intercept follows them.
 */
export interface Search {
  /** [columns] each; 0 off the face. */
  inverse: F64;
  /** l2 of each. */
  ridge: F64;
  /** Where the weights are, and {l1, l2} interleaved, [2 · columns]. */
  weights: F64;
  penalties: F64;
  /** As in Descent. */
  curvatures: F64;
  couplings: F64 | null;
  origin: F64;
  inverseReach: F64;
  /** [columns], X_jᵀq of the model. */
  slopes: F64;
  /** [columns], the way downhill, and what is left of it. */
  downhill: F64;
  residual: F64;
  /** [columns], what is added to curvatures where H is written out, l2 with it. */
  damping: F64;
  /** [columns], bounds of each weight of the face, and at what share of the step it meets its own. */
  lower: F64;
  upper: F64;
  breakpoints: F64;
  /** [columns], the result; begins as 0. */
  step: F64;
  /** [columns], what weights move by at some share of it. */
  moves: F64;
  /** [columns], scratch. */
  search: F64;
  /** [pieces · columns], scratch: H·search. */
  curved: F64;
  /** [2]: the squared residual, as preconditioned, and by what share of its l1 the steepest slope is beyond it. */
  outcome: F64;
  /** Its column; −1 without one. */
  intercept: number;
}

/** Conjugate gradients on a face of H, preconditioned by its incomplete factor. What follows `enough` is scratch. */
export interface Face {
  /** [columns], in the order of elimination: first those that share rows with few. */
  order: U32;
  /** [columns], 0 off the face. */
  inverse: F64;
  /** [columns], what is added to each curvature: l2 and damping. */
  ridge: F64;
  /** [columns], the way downhill. */
  residual: F64;
  /** [columns], the result; begins as 0. */
  step: F64;
  /** Whether the factor preconditions; else the diagonal does. */
  isFactored: boolean;
  /** Steps at most. */
  limit: number;
  /** Stops at this share of the first squared residual, as preconditioned. */
  enough: number;
  /** [columns] each. */
  ranks: U32;
  cursor: U32;
  head: U32;
  link: U32;
  places: U32;
  /** [columns + 1] */
  pointers: U32;
  /** [entries of H / 2] each; factors one more. */
  indices: U32;
  values: F64;
  factors: F64;
  /** [columns] each. */
  diagonal: F64;
  pivots: F64;
  left: F64;
  search: F64;
  curved: F64;
  solved: F64;
  moved: F64;
}

/** What rows say of each column: {entries that pull its weight up, others} and what bounds its gradient on each side. */
export interface Tallies {
  /** [2 · columns] */
  counts: U32;
  /** [2 · columns]; null where the counts are the bounds: when all values and weights are 1. */
  sums: F64 | null;
}

/**
 * What trainers ask of the machine: blocks of rows or whole epochs, never one row.
 * Implemented twice, in WebAssembly (assembly/) and in plain TypeScript (baseline/), with the same bits.
 */
export interface Kernels {
  /** Writes out[i] = bias + x_i·w for rows from ≤ i < to. */
  margins(rows: Matrix, from: number, to: number, w: F64, bias: number, out: F64): void;
  /** Returns Σ s_i·loss(y_i, m_i) for rows from ≤ i < to, by blocks of ROW_BLOCK rows from `from` on. */
  loss(loss: Loss, rows: Rows, from: number, to: number, margins: F64): number;
  /** Updates on rows order[from … to) one at a time and returns their summed loss, each before its update. */
  ftrlRows(loss: Loss, rows: Rows, order: U32 | null, from: number, to: number, o: Ftrl): number;
  /** As ftrlRows, in steps of o.batch rows whose gradients are summed. */
  ftrlBatches(loss: Loss, rows: Rows, order: U32 | null, from: number, to: number, o: Ftrl): number;
  /** Sums the gradients of one batch, rows order[from … to), for ftrlStep, and returns their summed loss. */
  ftrlGradient(loss: Loss, rows: Rows, order: U32 | null, from: number, to: number, o: Ftrl): number;
  /** Takes the gradient of a batch into the state. */
  ftrlStep(o: Ftrl): void;
  /** Writes the weights of columns from ≤ j < to, the first to out[0]. */
  ftrlWeights(o: Ftrl, from: number, to: number, out: F64): void;
  /** Lists the columns from ≤ j < to whose {z, n} is not the {0, begin} of all at first. Returns how many. */
  ftrlTouched(o: Ftrl, from: number, to: number, begin: number, out: U32): number;
  ftrlIntercept(o: Ftrl): number;
  /** Steps on rows order[from … to) and returns their summed loss, each before its step. */
  sgdRows(loss: Loss, rows: Rows, order: U32 | null, from: number, to: number, o: Sgd): number;
  /** As ftrlWeights. */
  sgdWeights(o: Sgd, from: number, to: number, out: F64): void;
  /** Writes {q, D} = s·{loss′, loss″} at the margins into model [2 · rows] and returns Σ s·loss, by blocks. */
  linearize(loss: Loss, rows: Rows, from: number, to: number, margins: F64, model: F64): number;
  /**
   * Returns Σ s_i·(−loss*(−a_i)) − s_i·a_i·offset_i with a_i = −c·q_i/s_i over rows from ≤ i < to: the dual value of c
   * times the model's slopes, by blocks. offsets [rows]; null for 0.
   */
  dual(loss: Loss, rows: Rows, from: number, to: number, model: F64, offsets: F64 | null, c: number): number;
  /**
   * Returns Σ s_i·(−loss*(−a_i)) + q_i·m_i with a_i = −q_i/s_i over rows from ≤ i < to, by blocks, of the dual point q that
   * is nearest to the model's slopes: Σ s·loss at the margins, less what these slopes miss of it (Fenchel).
   */
  touch(loss: Loss, rows: Rows, from: number, to: number, model: F64, margins: F64): number;
  /** Writes out[j] = Σ_i x_ij·q_i for columns from ≤ j < to of x (CSC). */
  gradients(x: Matrix, from: number, to: number, model: F64, out: F64): void;
  /** Writes gradients[j] = Σ_i x_ij·q_i and curvatures[j] = Σ_i D_i·x_ij² for columns from ≤ j < to of x (CSC). */
  derivatives(x: Matrix, from: number, to: number, model: F64, gradients: F64, curvatures: F64): void;
  /** Writes out[j] = Σ_i D_i·x_ij for columns from ≤ j < to of x (CSC). */
  couplings(x: Matrix, from: number, to: number, model: F64, out: F64): void;
  /** Adds x_ij·d_j to out[i] for columns 0 ≤ j < count of x (CSC). */
  spread(x: Matrix, count: number, d: F64, out: F64): void;
  /**
   * Writes XᵀDX·u over pieces from ≤ p < to of the rows, bounds[p] ≤ i < bounds[p + 1], piece p to out[p · columns …],
   * and returns Σ D_i·(x_i·u)², piece by piece.
   */
  curve(rows: Matrix, bounds: U32, from: number, to: number, columns: number, model: F64, u: F64, out: F64): number;
  /** Sets out on conjugate gradients from o.residual. */
  conjugateBegin(columns: number, o: Search): void;
  /** Goes along o.search, with what `curve` left in o.curved and returned of it, and turns. */
  conjugateStep(columns: number, pieces: number, curvature: number, o: Search): void;
  /** Moves the model's slopes q_i of rows from ≤ i < to to the nearest that are a dual point. */
  project(loss: Loss, rows: Rows, from: number, to: number, model: F64): void;
  /** Writes out[i] = m_i + share·v_i for rows from ≤ i < to. */
  along(from: number, to: number, margins: F64, v: F64, share: number, out: F64): void;
  /** Adds D_i·v_i to the model's slopes q_i of rows from ≤ i < to. */
  advance(from: number, to: number, model: F64, v: F64): void;
  /** Returns Σ q_i·v_i for rows from ≤ i < to, by blocks. */
  tilt(from: number, to: number, model: F64, v: F64): number;
  /** Returns Σ D_i·v_i² for rows from ≤ i < to, by blocks. */
  bend(from: number, to: number, model: F64, v: F64): number;
  /** Writes all of H but its diagonal, [columns · (columns − 1)], from `count` rows whose indices ascend. H begins as 0. */
  gram(rows: Matrix, count: number, columns: number, model: F64, out: F64): void;
  /** Lists in order the columns 0 ≤ j < count with a weight or with |g_j| > share·l1_j (penalties[2j]). Returns how many. */
  survey(count: number, gradients: F64, weights: F64, penalties: F64, share: number, order: U32): number;
  /** Returns Σ l1·(|w| − |from|) + ½·l2·(w² − from²) of `count` weights. from: null for 0. */
  penalty(count: number, penalties: F64, weights: F64, from: F64 | null): number;
  /** Returns Σ |violation of optimality| of columns order[0 … count), of the first `count` where that is null. */
  violation(count: number, order: U32 | null, weights: F64, gradients: F64, penalties: F64): number;
  /**
   * Writes to out [3], of columns order[0 … count): what their weights cost; the largest c ≤ 1 with c·|g_j| ≤ l1_j for
   * all that have a penalty; and Σ (|g_j| − l1_j)²/(2·l2_j) of those whose |g_j| is above l1_j.
   */
  scaling(count: number, order: U32, weights: F64, gradients: F64, penalties: F64, out: F64): void;
  /**
   * Lists in out, in their order, those of columns order[0 … count) with a weight and the worst violators among the
   * others, as many again or `least` in all, 1 or more, and returns how many. `skipped` is left out. scores [columns]:
   * scratch.
   */
  choose(
    count: number,
    order: U32,
    weights: F64,
    gradients: F64,
    penalties: F64,
    skipped: number,
    least: number,
    scores: F64,
    out: U32,
  ): number;
  /** Writes 0, 1 … to order[0 … count). */
  enumerate(count: number, order: U32): void;
  /** Returns the entries of columns order[0 … count) of a matrix. */
  countEntries(pointers: U32, order: U32, count: number): number;
  /** Writes the `width` numbers that x has for each of columns order[0 … count) side by side to out. */
  take(x: F64, width: number, order: U32, count: number, out: F64): void;
  /** Writes x to the places of out that order[0 … count) says. */
  give(x: F64, order: U32, count: number, out: F64): void;
  /** Writes moves = w − origin of x's columns, and to out [2] Σ g_j·moves_j and the entries of those that move. */
  aim(count: number, pointers: U32, weights: F64, origin: F64, gradients: F64, moves: F64, out: F64): void;
  /**
   * Writes what each weight may do without a change of sign, within a box of this radius, what it wants to do, and what
   * keeps it near: the less the bolder, 1 or more.
   */
  face(columns: number, radius: number, bold: number, o: Search): void;
  /**
   * Writes o.breakpoints, and to o.outcome the least of them and by how much the model falls if o.step is its minimum.
   */
  breakpoints(columns: number, o: Search): void;
  /** Writes o.moves at a share of o.step and returns by how much the model rises, but for the curvature of the loss. */
  stride(columns: number, share: number, o: Search): number;
  /** Moves the weights by the last `stride`. */
  land(columns: number, share: number, o: Search): void;
  /** Visits columns order[0 … count) of x (CSC) once, minimises the model over each and says in o.outcome how it went. */
  descend(x: Matrix, order: U32, count: number, o: Descent): void;
  /**
   * Writes to out what is above the diagonal of each column of H's pattern. x: by `count` columns; rows: the same by
   * rows, their indices ascending. Returns its entries; NOWHERE when they are more than `room`.
   */
  couple(x: Matrix, rows: Matrix, count: number, o: Coupling, room: number, out: Omit<Matrix, "values">): number;
  /** Writes the pattern of H from `couple`'s. next: where each column begins, which then is where it ends. */
  mirror(own: Omit<Matrix, "values">, count: number, next: U32, H: Hessian): void;
  /** Writes the numbers of H. */
  weigh(x: Matrix, rows: Matrix, count: number, model: F64, o: Weighing, H: Hessian): void;
  /** Writes (H + diagonal)·u to out and returns uᵀ(H + diagonal)u. */
  curveByHessian(H: Hessian, count: number, curvatures: F64, u: F64, out: F64): number;
  /** As `descend`, by H; o.model are the slopes X_jᵀq, which follow every step. */
  descendByHessian(H: Hessian, order: U32, count: number, o: Descent): void;
  /** Adds to o.step the approximate minimum of ½dᵀ(H + ridge)d − residualᵀd on a face, by conjugate gradients. Returns whether that came as near as o.enough says. */
  conjugateByFactor(H: Hessian, count: number, curvatures: F64, o: Face): boolean;
  /** Adds to counts[places[j]] the entries of each index j of x, of `count` rows; NOWHERE is left out. */
  countIndices(x: Matrix, count: number, places: U32 | null, counts: U32): void;
  /**
   * Writes to pointers [rows + 1] where each of `rows` rows begins that have as many entries as counts says. Returns
   * the products of two entries of the same row, Σ n·(n − 1)/2.
   */
  layOut(rows: number, counts: U32, pointers: U32): number;
  /** Writes x's entries by places[index], from next[place] on, which then is where they end. */
  transpose(x: Matrix, count: number, places: U32 | null, next: U32, out: Matrix): void;
  /** Copies columns order[0 … count) of x to out. */
  select(x: Matrix, order: U32, count: number, out: Matrix): void;
  /**
   * Writes to out the entries of x, of `count` rows, whose places[index] is not NOWHERE, in that place, in their order; a 1
   * in the place `extra` ends each row, if that is not NOWHERE. out has room for one more.
   */
  pick(x: Matrix, count: number, places: U32, extra: number, out: Matrix): void;
  /**
   * Keeps one of columns 0 ≤ j < count of x (CSC) that can stand for each other, those that hold the same or one entry
   * in the same row, and closes the gaps in place; factors, [columns], must be equal too. `ids` [columns] say which
   * they are: places[id] becomes each one's place among those kept, and ids and factors become theirs. Returns how many
   * are kept. `table`: scratch, a power of 2 above twice the columns; `alone`: [rows], scratch, begins as 0.
   */
  mergeColumns(x: Matrix, count: number, ids: U32, factors: F64 | null, table: U32, alone: U32, places: U32): number;
  /** Writes out[j] = 1 / max_i |x_ij|, 0 for an empty column, for columns 0 ≤ j < count of x (CSC). */
  inverseReach(x: Matrix, count: number, out: F64): void;
  /** Adds `count` rows to a tally. */
  tally(loss: Loss, rows: Rows, count: number, tallies: Tallies): void;
  /**
   * Parts the columns of a tally, 0 ≤ j < columns, into those whose weight is 0 for certain at the strength l1 times
   * their factor, and others: writes to places [columns] which of those each one is, or NOWHERE, to kept [columns] which
   * columns they are, to pointers [columns + 1] where the entries of each begin. Returns how many. `residuals`: Σ s·r² of
   * the best model without features, which squared loss asks for.
   */
  screen(
    loss: Loss,
    columns: number,
    tallies: Tallies,
    factors: F64 | null,
    l1: number,
    residuals: number,
    places: U32,
    kept: U32,
    pointers: U32,
  ): number;
  /**
   * Parses plain svmlight lines of bytes from ≤ i < to, each with its end, behind the rows that o.progress counts, and
   * returns where it stopped: before the first line that is not plain, that asks for values or for room in the tables,
   * or when there are o.most rows or o.enough entries. 8 bytes can be read after `to`; there is room for an entry and a column every 4.
   */
  parseSvmlight(bytes: U8, from: number, to: number, o: Parse): number;
  /** As parseSvmlight, lines of Vowpal Wabbit's text, whose ids are hashes modulo 2^bits; entries and columns every 2. */
  parseVw(bytes: U8, from: number, to: number, bits: number, o: Parse): number;
  /**
   * As parseSvmlight, of a table's rows. Not plain are lines of other than o.columns cells, with a line end inside
   * quotes, in TypeScript also with "" there, blank ones, with a number of more than 15 digits or a cell that is none
   * where one is needed, a label that cannot be coded, a weight of 0. 16 bytes can be read after `to`; entries pass o.room in no line taken.
   */
  parseCsv(bytes: U8, from: number, to: number, o: Parse, plan: Plan): number;
  /**
   * Gives entries from ≤ k < to of o.indices, ids until then, their columns as the parsers do, counts columns in
   * o.progress from those "reached" on, and returns where it stopped: at the first id that the tables have no room for.
   */
  numberEntries(from: number, to: number, o: Parse): number;
  /** Copies numbers from ≤ k < to, to `out` from `at` on: JavaScript does it slowly where memory is shared. */
  copy<A extends NumberArray>(x: Slice<A>, from: number, to: number, out: Slice<A>, at: number): void;
  /** Learns from plain lines of a table, as parseCsv reads them, and returns where it stopped. */
  learnCsv(bytes: U8, from: number, to: number, o: Lesson, plan: Plan): number;
}
