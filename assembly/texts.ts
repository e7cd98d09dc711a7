// As layout.ts: what kernels that read text take, to find rows in it, to learn and to score. src/engine/texts.ts is the host's side.

/**
 * Where a parser puts rows, and what gives ids their columns: the slots of a table, and tables that number others.
 *
 *     ╒══════════╤════════╤═════════╤═════════╤════════╤═════╤════════╤════════╤══════╤══════════╤════════╕
 *     │ pointers │ labels │ weights │ indices │ values │ ids │ direct │ hashed │ seen │ progress │ number │
 *     ├───────┬──┴───┬────┴──┬──────┴┬───────┬┴─────┬──┴────┬┴─────┬──┴─────┬┴──────┬───┴──┬───────┴┬──────┬╯
 *     │ score │ span │ slots │ least │ table │ mask │ seats │ most │ enough │ limit │ salt │ before │ room │ key │
 *     ╘═══════╧══════╧═══════╧═══════╧═══════╧══════╧═══════╧══════╧════════╧═══════╧══════╧════════╧══════╧═════╛
 */
@unmanaged
export class Parse {
  pointers: usize; // u32[most + 1], where each row begins in indices and values
  labels: usize; // f64[most]
  weights: usize; // f64[most]; 0 when rows have none of their own
  indices: usize; // u32[entries], columns
  values: usize; // f32[entries]; 0 when every value is 1
  ids: usize; // f64[numbers], id of each number
  direct: usize; // u32[span], number + 1 of each id below span; 0 when it has none
  hashed: usize; // u32[slots], number + 1 of other ids, open addressing with linear probing; 0 is free
  seen: usize; // u32[4 · seats], {column, stamp, place, stamp} of the row at hand; 0 until a row may have a column twice
  progress: usize; // a Progress
  number: usize; // f64[1], scratch; the id that was refused
  score: usize; // a Score, by which rows are scored when they are there; 0 where they are not
  span: u32; // ids below are in direct
  slots: u32; // a power of two, or 0; at most half of them are taken
  least: u32; // ids from here on may be in hashed
  table: u32; // ids below are columns themselves, numbers come behind them; then direct has no length
  mask: u32; // slots − 1 where larger ids are folded, by their hash, into the table or before they are looked up; else 0
  seats: u32; // a power of two, twice the entries of the longest row at least; 0 until a row may have a column twice
  most: u32; // rows at most
  enough: u32; // no row is begun when so many entries are there
  limit: u32; // new ids are admitted whose hash with the row's number is below; 0: all; CLOSED: none
  salt: u32; // of that hash
  before: u32; // rows before those that progress counts, modulo 2³²
  room: u32; // entries at most, for formats whose rows may have more than a few of their bytes
  key: u32; // of the hashes by which ids stand in hashed, and columns in seen
}

/** What a parser carries from call to call: u32[12]. */
@unmanaged
export class Progress {
  rows: u32;
  entries: u32;
  columns: u32; // numbers given in those rows
  reached: u32; // numbers, with those of a line that was given up
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
  text: usize; // u8[26 · rows + 8], a line a row with what the first model says; 0 where it is not asked for
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
 *     ╒═══════╤═════════╤═══════╤══════╤═════════╤═══════╤══════╤═════════╤══════╕
 *     │ steps │ outputs │ parts │ code │ numbers │ words │ text │ missing │ keys │   one pointer each
 *     ├───────┼───────┬─┴─────┬─┴────┬─┴────┬────┴───┬───┴────┬─┴──────┬──┴──────┴╮
 *     │ cells │ stack │ spans │ odds │ ids  │ values │ seats  │ counts │ unquoted │
 *     ├───────┴─┬─────┴───────┴┬─────┴──┬───┴─────┬──┴────────┼────────┼─────────┬┴───────┬────────┬────────┬──────────┬──────┬──────┬──────────────╮
 *     │ atoms   │ combinations │ absent │ columns │ delimiter │ target │ program │ coding │ weight │ isMany │ isSimple │ room │ mask │ unquotedRoom │
 *     ╘═════════╧══════════════╧════════╧═════════╧═══════════╧════════╧═════════╧════════╧════════╧════════╧══════════╧══════╧══════╧══════════════╛
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
  keys: usize; // {from, length} in text and use, see objects.ts, u32[3 · columns] of objects' fields; 0 of cells
  cells: usize; // scratch: {from, to} u32[2 · (columns + 17)] of the line at hand
  stack: usize; // scratch: Value[deepest program]
  spans: usize; // scratch: {from, to} u32[2 · atoms], where the entries of each atom stand
  odds: usize; // scratch: u32[most parts of an output]
  ids: usize; // scratch: u64[2 · room], entries of atoms, then those of the row
  values: usize; // scratch: f64[2 · room]
  seats: usize; // scratch: {stamp, place} u32[2 · (mask + 1)]; only where ids may be met twice
  counts: usize; // u32[2]: values of the row at hand that were not seen in training; stamps used
  unquoted: usize; // scratch: u8[unquotedRoom + 8], cells of the line at hand that had "" in quotes
  atoms: u32;
  combinations: u32;
  absent: u32;
  columns: u32; // cells of a row
  delimiter: u32; // 0 where a line is an object
  target: u32; // cell of the label; NOWHERE when there is none
  program: u32; // where in code the target's program begins; 0 when it is a cell
  coding: u32; // 0 labels stay as they are, 1 one against all others, 2 one against one other
  weight: u32; // cell of the weight; NOWHERE when there is none
  isMany: u32; // 1 when an id may be met twice in a row, else 0
  isSimple: u32; // 1 when every feature is one atom, in their order, and no id may be met twice, else 0
  room: u32; // a row of more entries is not plain
  mask: u32; // seats − 1, a power of two − 1
  unquotedRoom: u32; // a line with more of that is not plain
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
  key: u64; // of 8 bytes and less these, the first the lowest, zeros after them; else {MurmurHash3, where in text}
  word: u32; // number + 1
  length: u32;
}

/** A number, or bytes: on the stack of a program. NaN is missing. */
@unmanaged
export class Value {
  number: f64; // NaN for text
  from: u32; // 0 where it is no text
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
