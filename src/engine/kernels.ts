import type { F32, F64, U8, U32 } from "./memory.js";

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
  /** [2 · (longest row + 3)] */
  scratch: F32;
  /** [entries of the largest batch]; this and the next three only for `ftrlBatches`. */
  touched: U32 | null;
  /** [entries of the largest batch] */
  gradient: F64 | null;
  /** [columns] */
  places: U32 | null;
  /** [batch] */
  residuals: F64 | null;
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
  /** Infinity for no box. */
  radius: number;
  /** Zeros whose gradient is further than this inside its bound leave the order; Infinity keeps all. */
  slack: number;
}

/** Conjugate gradients on a quadratic model within a face; vectors over columns. */
export interface Conjugate {
  /** [2 · rows], {q, D} interleaved. */
  model: F64;
  /** [rows], scratch. */
  products: F64;
  /** Inverse of the preconditioner; 0 off the face. */
  inverse: F64;
  /** l2 of each column. */
  ridge: F64;
  /** Begins as the way downhill, 0 off the face; what is left of it afterwards. */
  residual: F64;
  /** Scratch. */
  search: F64;
  /** The result; begins as 0. */
  step: F64;
  /** Scratch. */
  curved: F64;
  columns: number;
  /** Steps at most. */
  limit: number;
  /** Stops at this share of the first squared residual, as preconditioned. */
  enough: number;
}

/** Where a parser puts rows. */
export interface Parse {
  /** [most], first byte of each row's line, from the first of all. */
  starts: U32;
  /** [most], where each row's entries end. */
  ends: U32;
  /** [bytes / 4], index − 1 and value of each entry. */
  indices: U32;
  values: F32;
  /** [most] */
  labels: F64;
  /** [1], scratch. */
  number: F64;
  /** [3]: rows, entries, largest index. */
  outcome: U32;
  /** Rows at most. */
  most: number;
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
  /** Writes the weights of columns from ≤ j < to. */
  ftrlWeights(o: Ftrl, from: number, to: number, out: F64): void;
  ftrlIntercept(o: Ftrl): number;
  /** Steps on rows order[from … to) and returns their summed loss, each before its step. */
  sgdRows(loss: Loss, rows: Rows, order: U32 | null, from: number, to: number, o: Sgd): number;
  sgdWeights(o: Sgd, from: number, to: number, out: F64): void;
  /** Writes {q, D} = s·{loss′, loss″} at the margins into model [2 · rows] and returns Σ s·loss, by blocks. */
  linearize(loss: Loss, rows: Rows, from: number, to: number, margins: F64, model: F64): number;
  /** Writes out[j] = Σ_i x_ij·q_i for columns from ≤ j < to of x (CSC). */
  gradients(x: Matrix, from: number, to: number, model: F64, out: F64): void;
  /** Writes out[j] = Σ_i D_i·x_ij² for columns from ≤ j < to of x (CSC). */
  curvatures(x: Matrix, from: number, to: number, model: F64, out: F64): void;
  /** Adds x_ij·d_j to out[i] for columns 0 ≤ j < count of x (CSC). */
  spread(x: Matrix, count: number, d: F64, out: F64): void;
  /** Multiplies v_i by D_i for rows from ≤ i < to and returns Σ D_i·v_i², by blocks. */
  bend(from: number, to: number, model: F64, v: F64): number;
  /** Writes H = XᵀDX, [columns²], from `count` rows whose indices ascend. H begins as 0. */
  gram(rows: Matrix, count: number, columns: number, model: F64, out: F64): void;
  /** Lists in order the columns 0 ≤ j < count with a weight or with |g_j| > l1_j (penalties[2j]). Returns how many. */
  survey(count: number, gradients: F64, weights: F64, penalties: F64, order: U32): number;
  /** Visits columns order[0 … count) of x (CSC) once, minimises the model over each and says in o.outcome how it went. */
  descend(x: Matrix, order: U32, count: number, o: Descent): void;
  /** Adds to o.step the approximate minimum of ½dᵀHd − residualᵀd; `rows` is x by rows. */
  conjugate(x: Matrix, rows: Matrix, count: number, o: Conjugate): void;
  /** Adds to counts[places[j]] the entries of each index j of x, of `count` rows; NOWHERE is left out. */
  countIndices(x: Matrix, count: number, places: U32 | null, counts: U32): void;
  /** Writes x's entries by places[index], from next[place] on, which then is where they end. */
  transpose(x: Matrix, count: number, places: U32 | null, next: U32, out: Matrix): void;
  /** Copies columns order[0 … count) of x to out. */
  select(x: Matrix, order: U32, count: number, out: Matrix): void;
  /** Adds s·|x_ij| to up[j] where the entry pulls towards the label +1, else to down[j]. */
  pulls(rows: Rows, count: number, up: F64, down: F64): void;
  /**
   * Parses plain svmlight lines of bytes from ≤ i < to, each with its end, and returns where it stopped: before the
   * first line that is not plain, or when o.most rows are full. See o.outcome.
   */
  parseSvmlight(bytes: U8, from: number, to: number, o: Parse): number;
  /** Adds s·x_ij² to sums[j]. */
  squares(rows: Rows, count: number, sums: F64): void;
}
