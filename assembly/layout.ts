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
 *     ╒═══════╤══════╤═════════╤═════════╤══════════╤════════╤═══════════╤═════════╤═══════╤═══════════╕
 *     │ state │ bias │ scratch │ touched │ gradient │ places │ residuals │ margins │ batch │ (4 bytes) │
 *     ├───────┴──────┼─────────┴─┬───────┴────────┬─┴────────┴──┬────────┼─────────┼───────┴───┬───────╯
 *     │ clip (f64)   │ 1/α (f64) │ biasRidge (f64)│ bias λ₁(f64)│ ridge  │ lambda1 │ intercept │
 *     ╘══════════════╧═══════════╧════════════════╧═════════════╧════════╧═════════╧═══════════╛
 */
@unmanaged
export class Ftrl {
  state: usize; // f32[2 · columns], {z, n} interleaved: one cache line a feature. n stops at 2²⁴ · g²
  bias: usize; // f64[2], {z, n} of the intercept
  scratch: usize; // f32[2 · (longest row + 3)], weights and √n of the row at hand
  touched: usize; // u32[entries of the largest batch], columns of the batch at hand   ┐
  gradient: usize; // f64[entries of the largest batch], summed, in the order of touched│ mini-batches
  places: usize; // u32[columns], where touched may hold a column                      │ only
  residuals: usize; // f64[batch], ∂loss/∂margin of each row of the batch              ┘
  margins: usize; // f64[rows], of each row before its update; 0 when they are not asked for
  batch: u32; // rows a step
  clip: f64; // largest Euclidean norm of a batch's summed gradient, +∞ for none
  inverseAlpha: f64; // 1/α; features use it in single precision
  biasRidge: f64; // ridge and λ₁ of the intercept
  biasLambda1: f64;
  ridge: f32; // β/α + λ₂
  lambda1: f32;
  intercept: u32; // 1 when the intercept learns, else 0
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

/**
 * Where a parser puts rows, and what gives ids their columns: tables that number them, or the slots of one table.
 *
 *     ╒══════════╤════════╤═════════╤═════════╤════════╤═════╤════════╤════════╤══════╤══════════╤════════╕
 *     │ pointers │ labels │ weights │ indices │ values │ ids │ direct │ hashed │ seen │ progress │ number │
 *     ├───────┬──┴───┬────┴──┬──────┴┬───────┬┴─────┬──┴────┬┴─────┬──┴─────┬┴──────┬───┴──┬───────┴┬──────┬╯
 *     │ score │ span │ slots │ least │ table │ mask │ seats │ most │ enough │ limit │ salt │ before │ room │
 *     ╘═══════╧══════╧═══════╧═══════╧═══════╧══════╧═══════╧══════╧════════╧═══════╧══════╧════════╧══════╛
 */
@unmanaged
export class Parse {
  pointers: usize; // u32[most + 1], where each row begins in indices and values
  labels: usize; // f64[most]
  weights: usize; // f64[most]; 0 when rows have none of their own
  indices: usize; // u32[entries], columns
  values: usize; // f32[entries]; 0 when every value is 1
  ids: usize; // f64[columns], id of each column
  direct: usize; // u32[span], column + 1 of each id below span; 0 when it has none
  hashed: usize; // u32[slots], column + 1 of other ids, open addressing with linear probing; 0 is free
  seen: usize; // u32[4 · seats], {column, stamp, place, stamp} of the row at hand; 0 until a row may have a column twice
  progress: usize; // a Progress
  number: usize; // f64[1], scratch; the id that was refused
  score: usize; // a Score, by which rows are scored when they are there; 0 where they are not
  span: u32; // ids below are in direct
  slots: u32; // a power of two, or 0; at most half of them are taken
  least: u32; // ids from here on may be in hashed
  table: u32; // slots of the table whose columns are the ids themselves; 0 when ids are numbered
  mask: u32; // slots − 1 where larger ids are folded, by their hash, into the table or before they are looked up; else 0
  seats: u32; // a power of two, twice the entries of the longest row at least; 0 until a row may have a column twice
  most: u32; // rows at most
  enough: u32; // no row is begun when so many entries are there
  limit: u32; // new ids are admitted whose hash with the row's number is below; 0: all; CLOSED: none
  salt: u32; // of that hash
  before: u32; // rows before those that progress counts, modulo 2³²
  room: u32; // entries at most, for formats whose rows may have more than a few of their bytes
}

/** What a parser carries from call to call: u32[12]. */
@unmanaged
export class Progress {
  rows: u32;
  entries: u32;
  columns: u32; // of those rows
  reached: u32; // columns, with those of a line that was given up
  hashed: u32; // slots taken
  largest: u32; // index, 0 without any
  refused: u32; // 1 when the tables had no room for an id, which o.number holds, else 0
  valued: u32; // 1 when a value other than 1 asks for values, else 0
  stamp: u32; // how often mergeRow looked through a row
  weighted: u32; // 1 when a weight other than 1 asks for weights, else 0
  unseen: u32; // values of a table that were not seen in training
  written: u32; // bytes of text
}

/**
 * What rows are scored by as they are parsed: models over the same columns.
 *
 *     ╒═════════╤════════╤═════════╤══════╤════════╤════════╤═════════╤════════╤════════════╤════════════╕
 *     │ weights │ biases │ margins │ text │ powers │ models │ columns │ stride │ isLogistic │ isLabelled │
 *     ╘═════════╧════════╧═════════╧══════╧════════╧════════╧═════════╧════════╧════════════╧════════════╛
 */
@unmanaged
export class Score {
  weights: usize; // f32[models · columns]
  biases: usize; // f64[models]
  margins: usize; // f64[models · stride]
  text: usize; // u8[25 · rows + 8], a line a row with what the first model says; 0 where it is not asked for
  powers: usize; // u64[2 · 617], see decimal.ts
  models: u32;
  columns: u32;
  stride: u32; // rows that margins has room for
  isLogistic: u32; // 1 where the text has probabilities, 0 where it has margins
  isLabelled: u32; // 0 where what stands before the features of Vowpal Wabbit's text is passed over
}

/**
 * How the cells of a table's row become entries: a feature space as kernels take it. Numbers of a step, an output and
 * a part of one stand behind one another, see Step, Output and Part.
 *
 *     ╒═══════╤═════════╤═══════╤══════╤═════════╤═══════╤══════╤═════════╕
 *     │ steps │ outputs │ parts │ code │ numbers │ words │ text │ missing │   one pointer each
 *     ├───────┼───────┬─┴─────┬─┴────┬─┴────┬────┴───┬───┴────┬─┴───────┬─╯
 *     │ cells │ stack │ spans │ odds │ ids  │ values │ seats  │ counts  │
 *     ├───────┴─┬─────┴───────┴┬─────┴──┬───┴──────┬─┴────────┴┬────────┴────┬───────────┬────────┬────────┬────────┬──────────┬──────┬──────╮
 *     │ atoms   │ combinations │ absent │ columns  │ delimiter │ target      │ program   │ coding │ weight │ isMany │ isSimple │ room │ mask │
 *     ╘═════════╧══════════════╧════════╧══════════╧═══════════╧═════════════╧═══════════╧════════╧════════╧════════╧══════════╧══════╧══════╛
 */
@unmanaged
export class Plan {
  steps: usize; // Step[atoms]
  outputs: usize; // Output[combinations]
  parts: usize; // Part[…], those of all outputs
  code: usize; // u32[…], programs of expressions: {operation, operand} until END; none begins at 0
  numbers: usize; // f64[…], the first two are the labels that code as +1 and as −1
  words: usize; // Word[…], hash tables of vocabularies, a power of two each, at most half full
  text: usize; // u8[…], what words and texts of expressions are made of
  missing: usize; // {from, length} u32[2 · absent] in text, words that mean that a cell is missing
  cells: usize; // scratch: {from, to} u32[2 · (columns + 17)] of the line at hand
  stack: usize; // scratch: Value[deepest program]
  spans: usize; // scratch: {from, to} u32[2 · atoms], where the entries of each atom stand
  odds: usize; // scratch: u32[most parts of an output]
  ids: usize; // scratch: u64[2 · room], entries of atoms, then those of the row
  values: usize; // scratch: f64[2 · room]
  seats: usize; // scratch: {stamp, place} u32[2 · (mask + 1)]; only where ids may be met twice
  counts: usize; // u32[2]: values of the row at hand that were not seen in training; stamps used
  atoms: u32;
  combinations: u32;
  absent: u32;
  columns: u32; // cells of a row
  delimiter: u32;
  target: u32; // cell of the label; NOWHERE when there is none
  program: u32; // where in code the target's program begins; 0 when it is a cell
  coding: u32; // 0 labels stay as they are, 1 one against all others, 2 one against one other
  weight: u32; // cell of the weight; NOWHERE when there is none
  isMany: u32; // 1 when an id may be met twice in a row, else 0
  isSimple: u32; // 1 when every feature is one atom, in their order, and no id may be met twice, else 0
  room: u32; // a row of more entries is not plain
  mask: u32; // seats − 1, a power of two − 1
}

/** How a cell, or what a program makes of cells, becomes the entries of one atom. */
@unmanaged
export class Step {
  offset: u64; // its first id where the plan is simple, else 0
  kind: u32;
  cell: u32;
  program: u32; // where in code its program begins; 0 when it is a cell
  at: u32; // its first number, or word
  size: u32; // edges; slots − 1 of its words; slots of a hash, 0 for 2³²
  mask: u32; // slots − 1 of a hash where they are a power of two, else 0
  absent: u32; // where the number stands that is the id of a missing cell; 0 when that is not known
  padding: u32;
}

/** A feature: the entries of one atom, or every combination of those of several. */
@unmanaged
export class Output {
  offset: u64; // its first id
  from: u32; // its parts
  to: u32;
  slots: u32; // of a hashed cross, 0 for 2³²
  mask: u32; // slots − 1 where they are a power of two, else 0
  isHashed: u32;
  padding: u32;
}

@unmanaged
export class Part {
  dimension: u64;
  atom: u32;
  padding: u32;
}

/** A slot of a vocabulary's table; free where the word is 0. */
@unmanaged
export class Word {
  hash: u32; // MurmurHash3 of its bytes
  word: u32; // number + 1
  from: u32; // in text
  length: u32;
}

/** A number, or bytes: on the stack of a program. NaN is missing. */
@unmanaged
export class Value {
  number: f64; // of a text: its decimal number, NaN when it is none, +∞ when that is not known
  from: u32; // 0 for a number
  to: u32;
}

/**
 * What is learned of a table's columns before a space can encode them.
 *
 *     ╒═══════╤═════════╤════════╤═════════╤═══════╤══════╤═════╤════════╤═══════╤══════╤══════════╤══════╕
 *     │ modes │ missing │ ranges │ numbers │ words │ text │ met │ counts │ slots │ room │ textRoom │ most │
 *     ├───────┴─────────┼────────┼─────────┼───────┴┬─────┴─┬───┴────────┴───────┴──────┴──────────┴──────╯
 *     │ limit (f64)     │ salt   │ every   │ row    │ phase │
 *     ╘═════════════════╧════════╧═════════╧════════╧═══════╛
 */
@unmanaged
export class Lesson {
  modes: usize; // u32[atoms], what is learned of each: see assembly/parse/learn.ts
  missing: usize; // u32[atoms], 1 where a cell was missing
  ranges: usize; // f64[2 · atoms], least and most
  numbers: usize; // f64[room], those of quantiles in the order of rows and atoms; NaN is missing
  words: usize; // Seen[slots], all words of all atoms; at most half full
  text: usize; // u8[textRoom], what they are made of
  met: usize; // {atom, from, length} u32[3 · most], words met for the first time
  counts: usize; // u32[6]: rows taken, numbers, words, bytes of text, words in met; what a line may need of words and text, where there was not so much room
  slots: u32; // a power of two
  room: u32;
  textRoom: u32;
  most: u32;
  limit: f64; // rows whose hash is below are held out
  salt: u32; // of that hash
  every: u32; // rows every, 2 · every … are held out; 0 for none
  row: u32; // number of the next row, modulo 2³²
  phase: u32; // the same, modulo every
}

/** A slot of a table of words; free where the atom is 0. */
@unmanaged
export class Seen {
  hash: u32;
  atom: u32; // + 1
  from: u32; // in text
  length: u32;
}
