import { DIRECT, Dictionary, MemoryTables } from "../data/dictionary.js";
import type { Coding, Store } from "../data/text.js";
import { MOST_CALLS } from "../engine/control.js";
import { powersOfTen } from "../engine/decimal.js";
import type { Engine } from "../engine/engine.js";
import type { Memory, U8 } from "../engine/memory.js";
import type { TextKernel } from "../engine/texts.js";
import type { Entries } from "../features/entries.js";
import { Growing } from "./growing.js";
import { Lane, type Scored } from "./lane.js";
import type { Model } from "./model.js";

/** What rows are scored for. */
export interface Purpose {
  /** What a line of text says of a row, by one model; null for numbers. */
  text: "prediction" | "margin" | null;
  /** Whether rows have labels. */
  isLabelled: boolean;
}

const ENCODER = new TextEncoder();

/** Gathers rows that were scored, and scores those that come one by one. */
export class Gatherer {
  /** Rows so far. */
  rows = 0;
  readonly #models: readonly Model[];
  readonly #purpose: Purpose;
  readonly #margins: Growing<Float64Array>[];
  readonly #labels = new Growing(Float64Array);
  readonly #weights = new Growing(Float64Array);
  readonly #text = new Growing(Uint8Array);
  #taken = 0;

  constructor(models: readonly Model[], purpose: Purpose) {
    this.#models = models;
    this.#purpose = purpose;
    this.#margins = models.map(() => new Growing(Float64Array));
  }

  addRow(entries: Entries, label: number, weight: number, offset = 0): void {
    const { text } = this.#purpose;
    for (const [i, model] of this.#models.entries()) {
      const margin = model.marginOf(entries) + offset;
      if (text === null) this.#margins[i]!.add(margin);
      else this.#text.push(ENCODER.encode(`${text === "margin" ? margin : model.respond(margin)}\n`));
    }
    if (text === null) {
      this.#labels.add(label);
      this.#weights.add(weight);
    }
    this.rows++;
  }

  /** Returns the rows since it was last asked: text where that is the purpose, numbers where it is not. */
  take(): Scored {
    const rows = this.rows - this.#taken;
    this.#taken = this.rows;
    return {
      rows,
      margins: this.#margins.map((own) => own.take()),
      labels: this.#labels.take(),
      weights: this.#weights.take(),
      text: this.#text.take(),
    };
  }

  protected add({ rows, margins, labels, weights, text }: Scored): void {
    this.rows += rows;
    if (this.#purpose.text !== null) {
      this.#text.push(text);
      return;
    }
    for (const [i, own] of margins.entries()) this.#margins[i]!.push(own);
    this.#labels.push(labels);
    this.#weights.push(weights);
  }
}

/** Lanes for each thread: so many even out. */
const LANES = 4;
/** Bytes of a text for a lane, at least and about: shorter ones cost more to hand out than to score. */
const LEAST_PIECE = 1 << 15;
const PIECE = 1 << 17;
/** Bytes that come before workers are started: less is scored before they are there. */
const WORTH_THREADS = 1 << 22;

/** A part of a text: lines that one lane scores. */
interface Piece {
  lane: Lane | null;
  from: number;
  to: number;
  /** Where the lane stopped; null while, or where, it has not scored it. */
  stopped: number | null;
}

/**
 * Scores rows by kernels as they are parsed, on all threads: a text is cut into pieces, which lanes score ahead of when
 * they are asked for. The rows come out in their order, and what is said of them does not depend on who said it.
 */
export class Scorer extends Gatherer implements Store {
  readonly engine: Engine;
  largest = 0;
  unseen = 0;
  share = 0;
  mayRepeat = false;
  density = 0.5;
  readonly portion: number;
  readonly lanes: number;
  /** The first scores what was not scored ahead. */
  readonly #lanes: Lane[];
  #bytes: U8;
  #text: Uint8Array | null = null;
  #pieces: Piece[] = [];
  #read = 0;

  constructor(engine: Engine, models: readonly Model[], purpose: Purpose) {
    super(models, purpose);
    const { memory, background, runtime } = engine;
    const [{ slots, loss }] = models as [Model];
    const tables = new MemoryTables(memory, slots ?? undefined);
    const columns = numbered(tables, models);
    const weights = memory.f32(models.length * columns.length);
    const biases = memory.f64(models.length);
    const powers = powersOfTen();
    const scoring = {
      ...{ tables, slots, weights, biases, columns: columns.length, powers: memory.u32(powers.length) },
      ...{ isText: purpose.text !== null, isLabelled: purpose.isLabelled },
      isLogistic: purpose.text === "prediction" && loss === "logistic",
    };
    models.forEach(({ ids, values, intercept }, i) => {
      biases.view[i] = intercept;
      ids.forEach((id, j) => {
        weights.view[i * columns.length + columns.find(id)] = values[j]!;
      });
    });
    scoring.powers.view.set(powers);
    const ahead = background?.lanes(Math.min(LANES * runtime.threads, MOST_CALLS)) ?? [];
    this.engine = engine;
    this.#lanes = [engine.kernels, ...ahead].map((kernels, i) => new Lane(engine, kernels, i, scoring));
    this.lanes = this.#lanes.length;
    this.portion = PIECE * Math.max(2, ahead.length);
    this.#bytes = memory.u8(0);
  }

  prepare(take: (memory: Memory) => void): void {
    take(this.engine.memory);
  }

  parse(text: Uint8Array, from: number, code: Coding, kernel: TextKernel): number {
    if (text !== this.#text) this.#begin(text, kernel);
    let at = from;
    for (const piece of this.#pieces) {
      if (piece.to <= at) continue;
      at = this.#taken(piece, at, code) ?? this.#scoreAlone(at, piece.to, code, kernel);
      if (at < piece.to) break;
    }
    return at;
  }

  /** Takes a text into memory, and lets lanes score its pieces if it is long. */
  #begin(text: Uint8Array, kernel: TextKernel): void {
    const ahead = this.#lanes.slice(1);
    const { background } = this.engine;
    this.#text = text;
    this.#read += text.length;
    const isShared = background !== null && this.#read > WORTH_THREADS;
    const count = isShared ? Math.min(ahead.length, Math.floor(text.length / LEAST_PIECE)) : 0;
    if (background && this.#read > WORTH_THREADS / 2) background.start();
    this.#pieces = piecesOf(text, Math.max(count, 1));
    const longest = Math.max(...this.#pieces.map(({ from, to }) => to - from));
    const lanes = count > 1 ? ahead.slice(0, this.#pieces.length) : [];
    for (const lane of [this.#lanes[0]!, ...lanes]) lane.reserve(longest, this.density, this.mayRepeat);
    if (this.#bytes.length < text.length + 16) this.#bytes = this.engine.memory.u8(text.length + 16);
    this.#bytes.view.set(text);
    for (const [i, lane] of lanes.entries()) {
      const piece = this.#pieces[i]!;
      piece.lane = lane;
      lane.run(kernel, this.#bytes, piece.from, piece.to);
    }
    if (lanes.length === 0) return;
    background!.launch(0);
    // A kernel returns the address where it stopped.
    background!.finish().forEach((address, i) => {
      this.#pieces[i]!.stopped = (address >>> 0) - this.#bytes.pointer;
    });
  }

  /** Takes the rows of a piece that a lane has scored from `at` on and returns where they end; null where it has not. */
  #taken({ lane, from, stopped }: Piece, at: number, code: Coding): number | null {
    if (!lane || stopped === null || from !== at || code(lane.labels, 0, lane.rows) < lane.rows) return null;
    this.#take(lane);
    return stopped;
  }

  #scoreAlone(from: number, to: number, code: Coding, kernel: TextKernel): number {
    const lane = this.#lanes[0]!;
    let stopped = lane.run(kernel, this.#bytes, from, to);
    const coded = code(lane.labels, 0, lane.rows);
    // Once more, without the row whose label cannot be coded and what follows.
    if (coded < lane.rows) {
      stopped = coded > 0 ? lane.run(kernel, this.#bytes, from, to, coded) : from;
      if (coded === 0) return from;
      code(lane.labels, 0, coded);
    }
    this.#take(lane);
    return stopped;
  }

  #take(lane: Lane): void {
    this.largest = Math.max(this.largest, lane.largest);
    this.unseen += lane.unseen;
    this.add(lane.scored);
  }
}

/** Numbers the ids that have a weight in one of the models. */
function numbered(tables: MemoryTables, models: readonly Model[]): Dictionary {
  const dictionary = new Dictionary(tables);
  // At once to about their size: what grows is moved.
  const [first] = models as [Model];
  const small = first.ids.findLastIndex((id) => id < DIRECT);
  tables.lengthen("ids", first.kept);
  tables.lengthen("direct", powerAbove(first.ids[small] ?? 0));
  tables.lengthen("hashed", powerAbove(2 * (first.kept - small - 1)));
  for (const { ids } of models) for (const id of ids) dictionary.add(id);
  return dictionary;
}

/** The least power of two above a whole number. */
function powerAbove(number: number): number {
  return 2 ** Math.ceil(Math.log2(number + 1));
}

/** Cuts a text at line ends into so many pieces of about the same length, or fewer. */
function piecesOf(text: Uint8Array, count: number): Piece[] {
  const pieces: Piece[] = [];
  for (let from = 0, i = 1; from < text.length; i++) {
    const wanted = Math.max(from, Math.floor((text.length * i) / count) - 1);
    const to = i < count ? text.indexOf(10, wanted) + 1 : text.length;
    pieces.push({ lane: null, from, to, stopped: null });
    from = to;
  }
  return pieces;
}
