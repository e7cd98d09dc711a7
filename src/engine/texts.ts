import type { Kernels } from "./kernels.js";
import type { F32, F64, U8, U32 } from "./memory.js";

/** Where a parser puts rows, and what gives ids their columns: a table's slots, and tables that number others (see Dictionary). */
export interface Parse {
  /** [most + 1], where each row begins in indices and values. */
  pointers: U32;
  /** [most] */
  labels: F64;
  /** [most]; null when rows have no weights of their own. */
  weights: F64 | null;
  /** [entries], columns. */
  indices: U32;
  /** [entries]; null while every value is 1. */
  values: F32 | null;
  /** Id of each number. */
  ids: F64;
  /** Number + 1 of each id below its length, 0 when it has none. */
  direct: U32;
  /** Number + 1 of ids from `least` on, 0 is free; its length is a power of two, or 0. */
  hashed: U32;
  least: number;
  /** Ids below are columns themselves, numbers come behind them; where there are some, `direct` has no length. */
  table: number;
  /** Slots − 1, of a power of two, where larger ids are folded: into the table, or before they are looked up; else 0. */
  mask: number;
  /** [4 · seats], a power of two, twice the entries of the longest row at least; empty where no row has a column twice. */
  seen: U32;
  /** [12], see PROGRESS. */
  progress: U32;
  /** [1], scratch; the id that was refused. */
  number: F64;
  /** Rows at most. */
  most: number;
  /** No row is begun when so many entries are there. */
  enough: number;
  /** New ids are admitted whose hash, with this salt and the row's number, is below; 0: all, 1: none. Whole numbers below 2³². */
  limit: number;
  salt: number;
  /** Rows before those that progress counts, modulo 2³². */
  before: number;
  /** Entries at most, for formats whose rows may have more of them than half of their bytes. */
  room: number;
  /** By what rows are scored when they are there, those of this call alone; null where they are not. */
  score: Score | null;
}

/** Models over the same columns, by which rows are scored as they are parsed. */
export interface Score {
  /** [models · columns] */
  weights: F32;
  /** [models] */
  biases: F64;
  /** [models · stride], receives x·w + b as Model computes it. */
  margins: F64;
  /** [26 · rows + 8], receives a line a row with what the first model says; null where nobody asks. */
  text: U8 | null;
  /** Powers of ten for that, see decimal.ts. */
  powers: U32;
  columns: number;
  stride: number;
  /** Whether the text has probabilities; else margins. */
  isLogistic: boolean;
  /** Whether Vowpal Wabbit's text has labels; else what stands before the features is passed over. */
  isLabelled: boolean;
}

/** What says of a new id that it is not admitted: the row goes without. */
export const LEFT_OUT = 0xfffffffe;

/** How the cells of a table's row become entries: a feature space as kernels take it. */
export interface Plan {
  /** STEP of each atom, a simple feature. */
  steps: U32;
  /** OUTPUT of each feature. */
  outputs: U32;
  /** PART of each feature: atoms that are crossed, or one. */
  parts: U32;
  /** Programs of expressions: {operation, operand} until "end"; none begins at 0. */
  code: U32;
  /** The first two are the labels that code as +1 and as −1. */
  numbers: F64;
  /** WORD of vocabularies, tables with linear probing, a power of two each, at most half full. */
  words: U32;
  /** What words and texts of expressions are made of, in UTF-8. */
  text: U8;
  /** {from, length} in text of words that mean that a cell is missing. */
  missing: U32;
  /** [3 · columns]: {from, length} in text and use, see USES, of objects' fields; no length where lines are of cells. */
  keys: U32;
  /** Scratch: [2 · (columns + 17)] */
  cells: U32;
  /** Scratch: [2 · the longest program] */
  stack: F64;
  /** Scratch: [2 · atoms] */
  spans: U32;
  /** Scratch: [most parts of a feature] */
  odds: U32;
  /** Scratch: [2 · room] each, ids as whole numbers of 64 bits. */
  ids: F64;
  values: F64;
  /** Scratch: [2 · a power of two], that twice a row's entries at least; no length where no id can be met twice. */
  seats: U32;
  /** Scratch: [2] */
  counts: U32;
  /** Scratch: cells of a line that had "" in quotes. */
  unquoted: U8;
  /** Cells of a row. */
  columns: number;
  /** The code of the character between cells, below 128; 0 where a line is an object of JSON. */
  delimiter: number;
  /** Cell of the label; NOWHERE without labels. */
  target: number;
  /** Where in code the target's program begins, 0 when it is a cell. */
  program: number;
  /** One of CODINGS. */
  coding: number;
  /** Cell of the weight; NOWHERE without. */
  weight: number;
  /** Whether an id may be met twice in a row. */
  isMany: boolean;
  /** Whether every feature is one atom, in their order, and no id may be met twice. */
  isSimple: boolean;
  /** A row of more entries is not plain. */
  room: number;
}

/** What is learned of a table's columns before a space can encode them. */
export interface Lesson {
  /** One of LESSONS for each atom. */
  modes: U32;
  /** 1 for each atom with a missing cell. */
  missing: U32;
  /** {least, most} of each atom. */
  ranges: F64;
  /** Those of samples in the order of rows and atoms; NaN is missing. */
  numbers: F64;
  /** SEEN of all words of all atoms, a table with linear probing, a power of two; at most half full. */
  words: U32;
  /** What they are made of. */
  text: U8;
  /** {atom, from, length} of words met for the first time. */
  met: U32;
  /** [6], see LEARNED. */
  counts: U32;
  /** Rows are held out whose hash, with this salt, is below. */
  limit: number;
  salt: number;
  /** Rows every, 2 · every … are held out; 0 for none. */
  every: number;
  /** Number of the next row, and that modulo every. */
  row: number;
  phase: number;
}

/** Nothing; whether cells are missing; with that also: least and most, numbers, values, or words. */
export const LESSONS = { nothing: 0, absence: 1, range: 2, sample: 3, word: 4, words: 5 } as const;
/** Where the numbers of a word stand in Lesson.words; free where the atom, plus 1, is 0. */
export const SEEN = { hash: 0, atom: 1, from: 2, length: 3 } as const;
export const SEEN_LENGTH = 4;
/** What Lesson.counts counts. */
export const LEARNED = {
  rows: 0,
  numbers: 1,
  words: 2,
  text: 3,
  met: 4,
  /** What a line may need of words, text and met where there was no room for it; else 0. */
  needed: 5,
} as const;

/** Where the numbers of a step stand in Plan.steps. Numbers of 64 bits have their lower half first. */
export const STEP = {
  /** Its first id where the plan is simple, else 0. */
  offset: 0,
  /** One of STEPS. */
  kind: 2,
  cell: 3,
  /** Where its program begins, 0 when it is a cell. */
  program: 4,
  /** Its first number, of bucket: least, most, width, dimension; or word. */
  at: 5,
  /** Edges; slots − 1 of its words; slots of a hash, 0 for 2³². */
  size: 6,
  /** Slots − 1 of a hash where they are a power of two, else 0. */
  mask: 7,
  /** Which number is the id of a missing cell, 0 without. */
  absent: 8,
} as const;
export const STEP_LENGTH = 10;
export const STEPS = { number: 0, bucket: 1, quantiles: 2, category: 3, tokens: 4, hash: 5 } as const;

/** As STEP, in Plan.outputs. */
export const OUTPUT = { offset: 0, from: 2, to: 3, slots: 4, mask: 5, isHashed: 6 } as const;
export const OUTPUT_LENGTH = 8;
/** As STEP, in Plan.parts. */
export const PART = { dimension: 0, atom: 2 } as const;
export const PART_LENGTH = 4;
/** As STEP, in Plan.words: the key of a word, see `keyOf`, its number + 1 (0 is free), and its length in bytes. */
export const WORD = { key: 0, word: 2, length: 3 } as const;
/** What is made of a field's values, bits: they are compared as texts, an expression takes them. */
export const USES = { textual: 1, computed: 2 } as const;
/** Bytes of a word that are its key; a longer one's are its hash and where in Plan.text its bytes begin. */
export const SHORT_WORD = 8;
export const WORD_LENGTH = 4;

/** Labels stay as they are; one is +1 and all others −1; or one is +1 and one −1. */
export const CODINGS = { asTheyAre: 0, oneAgainstAll: 1, oneAgainstOne: 2 } as const;

/** Operations in Plan.code, each with its operand: a number's place; where a text's {from, length} stand; a cell. */
export const OPERATIONS = {
  end: 0,
  number: 1,
  text: 2,
  cell: 3,
  /** As cell, of which words may say that it is missing. */
  field: 4,
  /** Makes a text a number. */
  numeric: 5,
  "+": 6,
  "-": 7,
  "*": 8,
  "/": 9,
  "==": 10,
  "!=": 11,
  "<": 12,
  "<=": 13,
  ">": 14,
  ">=": 15,
} as const;

/** Bytes that a text has behind it: kernels may look at 16, and `copyInto` moves it by up to 7. */
export const BEYOND = 24;

/** Parses lines of bytes from ≤ i < to by some kernels, with the scratch of a lane, and returns where it stopped. */
export type TextKernel = (kernels: Kernels, bytes: U8, from: number, to: number, o: Parse, lane: number) => number;

/** Where a parser says in Parse.progress how far it is. */
export const PROGRESS = {
  rows: 0,
  entries: 1,
  /** Numbers given in those rows. */
  columns: 2,
  /** Numbers, with those of a line that was given up. */
  reached: 3,
  /** Slots of the hash table that are taken. */
  hashed: 4,
  /** Index, 0 without any. */
  largest: 5,
  /** 1 when the tables had no room for an id, which Parse.number holds, else 0. */
  refused: 6,
  /** 1 when a value other than 1 asks for values, else 0. */
  valued: 7,
  /** How often a row was looked through for columns met twice. */
  stamp: 8,
  /** 1 when a weight other than 1 asks for weights, else 0. */
  weighted: 9,
  /** Values of a table that were not seen in training. */
  unseen: 10,
  /** Bytes of text. */
  written: 11,
} as const;
