import { DIRECT, Dictionary, MemoryTables } from "../data/dictionary.js";
import { lanesOf, Pieces } from "../data/pieces.js";
import type { Coding, Store } from "../data/text.js";
import { powersOfTen } from "../engine/decimal.js";
import type { Engine } from "../engine/engine.js";
import type { Memory } from "../engine/memory.js";
import type { TextKernel } from "../engine/texts.js";
import type { Entries } from "../features/entries.js";
import { Growing } from "./growing.js";
import { type Scored, ScoringLane } from "./lane.js";
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

  /** Returns the rows since it was last asked: text where that is the purpose, until there are more; else numbers. */
  take(): Scored {
    const rows = this.rows - this.#taken;
    this.#taken = this.rows;
    return {
      rows,
      margins: this.#margins.map((own) => own.take()),
      labels: this.#labels.take(),
      weights: this.#weights.take(),
      text: this.#text.hand(),
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
  readonly rooms: Store["rooms"];
  /** The first scores what was not scored ahead. */
  readonly #lanes: ScoringLane[];
  readonly #pieces: Pieces<ScoringLane>;

  constructor(engine: Engine, models: readonly Model[], purpose: Purpose) {
    super(models, purpose);
    const { memory, background } = engine;
    const [{ slots, loss }] = models as [Model];
    const { columns, columnOf, ...numbering } = numbered(memory, models);
    const weights = memory.f32(models.length * columns);
    const biases = memory.f64(models.length);
    const powers = powersOfTen();
    const scoring = {
      ...{ numbering, slots, weights, biases, columns, powers: memory.u32(powers.length) },
      ...{ isText: purpose.text !== null, isLabelled: purpose.isLabelled },
      isLogistic: purpose.text === "prediction" && loss === "logistic",
    };
    models.forEach(({ ids, values, intercept }, i) => {
      biases.view[i] = intercept;
      ids.forEach((id, j) => {
        weights.view[i * columns + columnOf(id)] = values[j]!;
      });
    });
    scoring.powers.view.set(powers);
    const ahead = background?.lanes(lanesOf(engine)) ?? [];
    this.engine = engine;
    this.#lanes = [engine.kernels, ...ahead].map((kernels, i) => new ScoringLane(engine, kernels, i, scoring));
    this.lanes = this.#lanes.length;
    this.#pieces = new Pieces(engine);
    this.portion = this.#pieces.portion;
    this.rooms = this.#pieces.rooms;
  }

  prepare(take: (memory: Memory) => void): void {
    take(this.engine.memory);
  }

  parse(text: Uint8Array, from: number, code: Coding, kernel: TextKernel): number {
    const { density, mayRepeat } = this;
    const [first, ...ahead] = this.#lanes as [ScoringLane, ...ScoringLane[]];
    return this.#pieces.parse(text, from, {
      ...{ kernel, density, mayRepeat },
      ready: (longest) => first.reserve(longest, density, mayRepeat),
      lanes: () => ahead,
      take: (lane) => {
        const isCoded = code(lane.labels, 0, lane.rows) === lane.rows;
        if (isCoded) this.#take(lane);
        return isCoded;
      },
      alone: (from, to) => this.#scoreAlone(from, to, code, kernel),
    });
  }

  #scoreAlone(from: number, to: number, code: Coding, kernel: TextKernel): number {
    const lane = this.#lanes[0]!;
    let stopped = this.#pieces.run(lane, kernel, from, to);
    const coded = code(lane.labels, 0, lane.rows);
    // Once more, without the row whose label cannot be coded and what follows.
    if (coded < lane.rows) {
      stopped = coded > 0 ? this.#pieces.run(lane, kernel, from, to, coded) : from;
      if (coded === 0) return from;
      code(lane.labels, 0, coded);
    }
    this.#take(lane);
    return stopped;
  }

  #take(lane: ScoringLane): void {
    this.largest = Math.max(this.largest, lane.largest);
    this.unseen += lane.unseen;
    this.add(lane.scored);
  }
}

/** What gives the ids that have a weight in one of the models their columns: a table of all ids up to the last, if that is small. */
function numbered(memory: Memory, models: readonly Model[]) {
  const [{ slots, ids, kept }] = models as [Model];
  const table = slots ?? models.reduce((most, { ids }) => Math.max(most, (ids.at(-1) ?? 0) + 1), 1);
  if (table * models.length <= DIRECT) {
    const none = { ids: memory.f64(0), direct: memory.u32(0), hashed: memory.u32(0) };
    return { ...none, table, columns: table, columnOf: (id: number) => id };
  }
  const tables = new MemoryTables(memory, slots ?? undefined);
  const dictionary = new Dictionary(tables);
  // At once to about their size: what grows is moved.
  const small = ids.findLastIndex((id) => id < DIRECT);
  tables.lengthen("ids", kept);
  tables.lengthen("direct", powerAbove(ids[small] ?? 0));
  tables.lengthen("hashed", powerAbove(2 * (kept - small - 1)));
  for (const { ids } of models) for (const id of ids) dictionary.add(id);
  const { direct, hashed } = tables;
  const columnOf = (id: number) => dictionary.find(id);
  return { ids: tables.ids, direct, hashed, table: 0, columns: dictionary.length, columnOf };
}

/** The least power of two above a whole number. */
function powerAbove(number: number): number {
  return 2 ** Math.ceil(Math.log2(number + 1));
}
