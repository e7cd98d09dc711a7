// Structs that the host fills and kernels read. Pointers are 4 bytes (wasm32); every struct is 8-aligned.
// The host learns each offset from offsets.ts and holds no byte number of its own.

/** In place of an index, a column or a cell: there is none, or no room for one. */
export const NOWHERE: u32 = u32.MAX_VALUE;

/**
 * A sparse matrix, by rows (CSR: indices are columns) or by columns (CSC: indices are rows).
 *
 *     ╒══════════╤═════════╤════════╕
 *     │ pointers │ indices │ values │   one pointer each
 *     ╘══════════╧═════════╧════════╛
 */
@unmanaged
export class Matrix {
  pointers: usize; // u32[rows + 1], where each row begins in indices and values
  indices: usize; // u32[entries], none twice in one row
  values: usize; // f32[entries]; 0 when every value is 1
}

/**
 * Rows with their targets: a Matrix followed by two more pointers.
 *
 *     ╒══════════╤═════════╤════════╤════════╤═════════╕
 *     │ pointers │ indices │ values │ labels │ weights │
 *     ╘══════════╧═════════╧════════╧════════╧═════════╛
 */
@unmanaged
export class Rows extends Matrix {
  labels: usize; // f64[rows], −1/+1 for logistic loss
  weights: usize; // f64[rows]; 0 when every weight is 1
}

/**
 * Rows whose terms are summed before the sum is added to that of the rows before them. Blocks are fixed, so that
 * threads may share them out and the sum has the same bits.
 */
export const ROW_BLOCK: u32 = 4096;

/**
 * FTRL-Proximal (McMahan et al., KDD 2013): per-coordinate state, strengths, scratch.
 *
 *     ╒═══════╤══════╤═════════╤═════════╤══════════╤═══════╤═══════╤═════════╤═════════╤═══════╕
 *     │ state │ bias │ scratch │ touched │ gradient │ spots │ seats │ outcome │ margins │ batch │
 *     ├───────┴──────┼─────────┴─┬───────┴────────┬─┴───────┴───┬───┴────┬────┴────┬────┴──────┬╯
 *     │ clip (f64)   │ 1/α (f64) │ biasRidge (f64)│ bias λ₁(f64)│ ridge  │ lambda1 │ intercept │ key │
 *     ╘══════════════╧═══════════╧════════════════╧═════════════╧════════╧═════════╧═══════════╧═════╛
 */
@unmanaged
export class Ftrl {
  state: usize; // f32[2 · columns], {z, n} interleaved: one cache line a feature. n stops at 2²⁴ · g²
  bias: usize; // f64[2], {z, n} of the intercept
  scratch: usize; // f32[2 · (longest row + 3)], weights and √n of the row at hand; of a batch the weights of touched
  touched: usize; // u32[entries of the largest batch], columns of the batch at hand      ┐
  gradient: usize; // f64[entries of the largest batch], summed, in the order of touched  │ mini-batches
  spots: usize; // u32[entries of the largest batch], where touched has the column        │ only
  seats: usize; // u32[2 · those + 1], a hash table of columns: where touched has them + 1│
  outcome: usize; // f64[2], columns touched, and the summed gradient of the intercept    ┘
  margins: usize; // f64[rows], of each row before its update; 0 when they are not asked for
  batch: u32; // rows a step
  clip: f64; // largest Euclidean norm of a batch's summed gradient, +∞ for none
  inverseAlpha: f64; // 1/α; features use it in single precision
  biasRidge: f64; // ridge and λ₁ of the intercept
  biasLambda1: f64;
  ridge: f32; // β/α + λ₂
  lambda1: f32;
  intercept: u32; // 1 when the intercept learns, else 0
  key: u32; // of the hashes by which columns stand in seats
}

/**
 * Stochastic proximal gradient (FOBOS) with lazy shrinkage. Instead of w the state holds, for each column,
 *
 *     u = sgn(w) · (|w| / scale + debt)   so that   w = sgn(u) · scale · max(|u| − debt, 0)
 *
 * at every later step: `debt` and `scale` grow with the L1 and L2 shrinkage that all columns owe.
 *
 *     ╒═══════╤═════════╤════════╤═════════╤═════════╤═══════════╕
 *     │ state │ scratch │ ledger │ margins │ columns │ intercept │
 *     ├───────┴─────────┼────────┴─────────┼─────────┴────┬──────┴─────────┬─────────────┐
 *     │ l1 (f64)        │ l2               │ rate         │ decay          │ weightScale │
 *     ╘═════════════════╧══════════════════╧══════════════╧════════════════╧═════════════╛
 */
@unmanaged
export class Sgd {
  state: usize; // f64[columns], u
  scratch: usize; // f64[longest row], weights of the row at hand
  ledger: usize; // a Ledger
  margins: usize; // f64[rows], of each row before its step; 0 when they are not asked for
  columns: u32; // length of state
  intercept: u32; // 1 when the intercept learns, else 0
  l1: f64;
  l2: f64;
  rate: f64; // learning rate of the first step
  decay: f64; // rate of step t is rate / √(1 + decay · t)
  weightScale: f64; // 1 / mean sample weight
}

/** What Sgd carries from step to step: f64[4]. */
@unmanaged
export class Ledger {
  step: f64; // t, steps taken
  scale: f64; // Π 1 / (1 + η·l2)
  debt: f64; // Σ η·l1 / scale
  bias: f64;
}

/**
 * Conjugate gradients on a face of H, whose columns are numbered anew in the order of elimination: vectors of that
 * face, and what of H and of its incomplete factor lies above the diagonal.
 *
 *     ╒═══════╤═══════╤════════╤══════╤══════╤════════╤══════════╤═════════╤════════╤═════════╤══════════╕
 *     │ order │ ranks │ cursor │ head │ link │ places │ pointers │ indices │ values │ factors │ diagonal │
 *     ├───────┴┬──────┴──┬─────┴─┬────┴─────┬┴─────┬──┴───┬──────┴─┬───────┴┬───────┴┬────────┴┬─────────╯
 *     │ pivots │ inverse │ ridge │ residual │ step │ left │ search │ curved │ solved │ moved   │
 *     ├────────┴───┬─────┴─┬─────┴────────┬─┴──────┴──────┴────────┴────────┴────────┴─────────╯
 *     │ isFactored │ limit │ enough (f64) │
 *     ╘════════════╧═══════╧══════════════╛
 */
@unmanaged
export class Face {
  order: usize; // u32[columns], all of H's in the order of elimination
  ranks: usize; // u32[columns], scratch: the number of each column in the face
  cursor: usize; // u32[columns], scratch
  head: usize; // u32[columns], scratch
  link: usize; // u32[columns], scratch
  places: usize; // u32[columns], scratch: where the column at hand has each index
  pointers: usize; // u32[columns + 1], of the face's own half
  indices: usize; // u32[entries of H / 2]
  values: usize; // f64[entries of H / 2]
  factors: usize; // f64[entries of H / 2 + 1]
  diagonal: usize; // f64[columns], curvature + ridge
  pivots: usize; // f64[columns], inverse
  inverse: usize; // f64[columns of H], 0 off the face
  ridge: usize; // f64[columns of H], l2
  residual: usize; // f64[columns of H], begins as the way downhill
  step: usize; // f64[columns of H], the result; begins as 0
  left: usize; // f64[columns], scratch: the residual of the face
  search: usize; // f64[columns], scratch
  curved: usize; // f64[columns], scratch: H·search
  solved: usize; // f64[columns], scratch: what the factor makes of the residual
  moved: usize; // f64[columns], scratch: the step of the face
  isFactored: u32; // 1 to precondition by the factor, 0 by the diagonal
  limit: u32; // steps at most
  enough: f64; // stops at this share of the first squared residual, as preconditioned
}

/**
 * A step on a face of a working set, by conjugate gradients.
 *
 *     ╒═════════╤═══════╤═════════╤═══════════╤════════════╤═══════════╤══════════╤══════╤════════╤════════╤═════════╕
 *     │ inverse │ ridge │ weights │ penalties │ curvatures │ couplings │ residual │ step │ search │ curved │ outcome │
 *     ├────────┬┴───────┴─────┬───┴────┬──────┴──┬─────────┴┬───────┬──┴────┬─────┴──────┴┬───────┴┬───────┴───┬─────╯
 *     │ origin │ inverseReach │ slopes │ damping │ downhill │ lower │ upper │ breakpoints │ moves  │ intercept │
 *     ╘════════╧══════════════╧════════╧═════════╧══════════╧═══════╧═══════╧═════════════╧════════╧═══════════╛
 */
@unmanaged
export class Search {
  inverse: usize; // f64[columns], the preconditioner; 0 off the face
  ridge: usize; // f64[columns], l2
  weights: usize; // f64[columns], where the search begins, and in the end where it ends
  penalties: usize; // f64[2 · columns], {l1, l2} interleaved
  curvatures: usize; // f64[columns], Σ_i D_i·x_ij²
  couplings: usize; // f64[columns], Σ_i D_i·x_ij; 0 without an intercept
  residual: usize; // f64[columns], begins as the way downhill
  step: usize; // f64[columns], what conjugate gradients find; begins as 0
  search: usize; // f64[columns], scratch
  curved: usize; // f64[pieces · columns], H·search
  outcome: usize; // f64[2], the squared residual and the excess that are left; of breakpoints see there
  origin: usize; // f64[columns], weights in the middle of the box
  inverseReach: usize; // f64[columns], 1 / max_i |x_ij|
  slopes: usize; // f64[columns], X_jᵀq of the model
  damping: usize; // f64[columns], see face
  downhill: usize; // f64[columns], less the slope with its penalties; 0 off the face
  lower: usize; // f64[columns], bounds of each weight of the face
  upper: usize; // f64[columns]
  breakpoints: usize; // f64[columns], the share of the step at which each weight meets its bound
  moves: usize; // f64[columns], of the weights at some share of the step
  intercept: u32; // its column; NOWHERE without one
}

/**
 * Coordinate descent on a quadratic model Σ_i (g_i m_i + ½ D_i m_i²) of the loss in the margins m = X·w, plus
 * l1_j·|w_j| + (l2_j/2)·w_j², within a box of half-width radius/max_i|x_ij| around the origin.
 *
 *     ╒═══════╤════════════╤═════════╤═══════════╤════════╤══════════════╤═════════╤═══════════╤═══════════╤═══════════╕
 *     │ model │ curvatures │ weights │ penalties │ origin │ inverseReach │ outcome │ couplings │ intercept │ (4 bytes) │
 *     ├───────┴────────┬───┴─────────┴─┬─────────┴────────┴──────────────┴─────────┴───────────┴───────────┴───────────╯
 *     │ radius (f64)   │ slack (f64)   │
 *     ╘════════════════╧═══════════════╛
 */
@unmanaged
export class Descent {
  model: usize; // f64[2 · rows], {q, D} interleaved: q_i = g_i + D_i·Δm_i follows every step
  curvatures: usize; // f64[columns], Σ_i D_i·x_ij²
  weights: usize; // f64[columns]
  penalties: usize; // f64[2 · columns], {l1, l2} interleaved
  origin: usize; // f64[columns], weights in the middle of the box
  inverseReach: usize; // f64[columns], 1 / max_i |x_ij|
  outcome: usize; // f64[2], violation met and columns left
  couplings: usize; // f64[columns], Σ_i D_i·x_ij; 0 without an intercept
  intercept: u32; // its column
  radius: f64; // +∞ for no box
  slack: f64; // zeros whose gradient is further than this inside its bound are left out; +∞ keeps all
}
