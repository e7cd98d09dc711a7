import { type Block, type BlockSize, BlockStore, type Table } from "../data/blocks.js";
import { isHeldOut } from "../data/reader.js";
import type { Engine } from "../engine/engine.js";
import { NOWHERE } from "../engine/kernels.js";
import { ModelError } from "../errors.js";
import type { FeatureSpace } from "../features/space.js";
import type { Counts, State } from "./checkpoint.js";
import { checkKind, columnsOf, numberIn, restore } from "./columns.js";
import { CHUNK, Monitor } from "./monitor.js";
import type { SolverOptions } from "./options.js";
import type { Trainer } from "./trainer.js";

/** A block ends at so many rows or entries: it stays in the processor's cache, and costs more than to hand it over. */
const BLOCK: BlockSize = { rows: 4096, entries: 1 << 16 };
/** Where rows are trained on in batches a block holds whole ones: about so many rows. */
const BATCHED_ROWS = 2048;

/** What a learner found out: the weights that are not 0, and how much was seen. */
export interface Harvest {
  ids: Float64Array;
  weights: Float64Array;
  intercept: number;
  seen: number;
  seenByFeature: number[];
}

/** Which rows are held out. */
export interface Holdout {
  fraction: number;
  seed: number;
}

/** Where a training stands within the data at hand. */
export type Standing = Pick<State, "globals" | "columns"> & { counts: Omit<Counts, "epoch" | "isDone" | "earlier"> };

/**
 * Trains on a stream of rows as it fills a store, block by block and in order. With more than one thread a worker trains
 * on a block while the next one is parsed; the result has the same bits.
 */
export class Learner {
  readonly store: BlockStore;
  readonly monitor: Monitor;
  /** Rows trained on, over all passes, and the sample weight of those that were held out. */
  rows = 0;
  heldWeight = 0;
  /** Rows that this learner was through with, trained on or held out. */
  handled = 0;
  readonly #engine: Engine;
  readonly #trainer: Trainer;
  readonly #table: Table | null;
  readonly #holdout: Holdout;
  #columns = 0;
  #batchEntries = 0;
  #weightSum = 0;
  /** Rows of the blocks of this pass, and the columns at their end. */
  #reached = 0;
  #columnsReached = 0;
  /** Rows of this pass that a resumed training has been trained on. */
  #done = 0;
  /** What a worker is training on: its rows and their weight. */
  #pending: { weight: number; rows: number } | null = null;

  constructor(engine: Engine, trainer: Trainer, table: Table | null, holdout: Holdout, options: SolverOptions) {
    const batched = { rows: Math.ceil(BATCHED_ROWS / trainer.batch) * trainer.batch, entries: NOWHERE };
    this.#engine = engine;
    this.#trainer = trainer;
    this.#table = table;
    this.#holdout = holdout;
    this.store = new BlockStore(engine, table, trainer.batch > 1 ? batched : BLOCK, (block) => this.#train(block));
    this.monitor = new Monitor(trainer, engine.memory, () => this.#columns, options);
  }

  /** Trains on what is left, and waits for it. */
  finish(): void {
    const { rows } = this.store;
    this.store.rewind();
    this.settle();
    if (rows < this.#done) throw unlike(`it has ${rows} rows, ${this.#done} were trained on`);
    this.#done = 0;
  }

  /** Waits for the worker. What it trained on is then in the trainer's state. */
  settle(): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    this.monitor.count(this.#engine.background!.finish(), pending.weight, pending.rows);
  }

  #train(block: Block): void {
    const { background } = this.#engine;
    const { rows, count, entries } = block;
    this.settle();
    if (block.first < this.#done) {
      this.#passOver(block);
      return;
    }
    this.#reached = block.first + count;
    this.#columnsReached = this.store.dictionary?.length ?? 0;
    this.handled += count;
    const held = this.#hide(block);
    this.#reserve(count, entries);
    const weight = rows.weights ? rows.weights.view.subarray(0, count).reduce((sum, s) => sum + s, 0) : count;
    const trained = count - held;
    this.#weightSum += weight;
    this.#trainer.weigh?.(this.#weightSum / (this.rows + trained) || 1);
    this.rows += trained;
    // The first block may be all there is: too little to start a worker for.
    if (background && block.first > 0) {
      this.#trainer.train(rows, null, 0, count, background.kernels);
      this.#pending = { weight, rows: trained };
    } else {
      background?.start();
      this.monitor.count(this.#trainer.train(rows, null, 0, count), weight, trained);
    }
  }

  #passOver({ first, count }: Block): void {
    if (first + count > this.#done) throw unlike(`row ${this.#done} does not end a block`);
    const { dictionary } = this.store;
    if (dictionary && dictionary.length > this.#columnsReached) {
      throw unlike(`it has a feature by row ${first + count} that was not there`);
    }
  }

  /** Gives the rows that are held out the weight 0: no trainer learns from such a row. Returns how many they are. */
  #hide({ rows, weights, count, first }: Block): number {
    const { fraction, seed } = this.#holdout;
    let held = 0;
    for (let i = 0; fraction > 0 && i < count; i++) {
      if (!isHeldOut(first + i, fraction, seed)) continue;
      if (!rows.weights) {
        rows.weights = weights;
        weights.view.fill(1, 0, count);
      }
      this.heldWeight += weights.view[i]!;
      weights.view[i] = 0;
      held++;
    }
    return held;
  }

  #reserve(rows: number, entries: number): void {
    const { dictionary } = this.store;
    if (!dictionary) this.#columns = this.#table!.slots;
    // Room for columns grows by half at a time, so that it is rarely moved.
    else if (dictionary.length > this.#columns) this.#columns = Math.ceil(dictionary.length * 1.5);
    this.#batchEntries = Math.max(this.#batchEntries, entries);
    this.#trainer.reserve({
      columns: this.#columns,
      longestRow: this.#batchEntries,
      batchRows: Math.min(rows, this.#trainer.batch),
      batchEntries: this.#batchEntries,
    });
  }

  /** Tells where the training stands, by its last block. Settle before. The columns are valid until more is allocated. */
  standing(): Standing {
    const counts = {
      ...{ reached: this.#reached, visits: this.rows, weightSum: this.#weightSum, heldWeight: this.heldWeight },
      ...this.monitor.sums,
    };
    const trainer = this.#trainer;
    const columns = columnsOf(trainer, this.store.dictionary, this.#columnsReached, this.#table);
    return { counts, globals: trainer.globals.view, columns };
  }

  /**
   * Takes over another training: to go on with its pass over the same data when `isSame`, else with new data. Throws
   * ModelError where it is of another kind.
   */
  resume({ counts, globals, columns }: State, isSame: boolean): void {
    this.rows = counts.visits;
    this.heldWeight = counts.heldWeight;
    this.#weightSum = counts.weightSum;
    if (isSame) {
      this.#reached = this.#done = counts.reached;
      this.monitor.resume(counts.visits, counts);
    }
    const { dictionary } = this.store;
    checkKind(columns, dictionary, this.#table);
    if (columns.kind === "numbered") {
      numberIn(dictionary!, columns.ids);
      this.#columnsReached = columns.ids.length;
    }
    this.#reserve(0, 0);
    restore(this.#trainer, globals, columns);
  }

  /** Returns the weights as they are, in single precision as they ship. */
  harvest(space: FeatureSpace | null): Harvest {
    const { memory } = this.#engine;
    const trainer = this.#trainer;
    const { dictionary } = this.store;
    const columns = dictionary?.length ?? this.#table!.slots;
    const isAll = dictionary !== null && this.heldWeight === 0;
    const places = new Map(space?.features.map(({ name }, i) => [name, i]));
    const seenByFeature = Array<number>(places.size).fill(0);
    const [ids, kept]: [number[], number[]] = [[], []];
    let seen = 0;
    const mark = memory.mark();
    try {
      const weights = memory.f64(CHUNK);
      const touched = memory.u32(CHUNK);
      const numbered = dictionary?.ids;
      for (let from = 0; from < columns; from += CHUNK) {
        const to = Math.min(from + CHUNK, columns);
        const count = isAll ? to - from : trainer.touchedInto(touched, from, to);
        seen += count;
        if (count === 0) continue;
        trainer.weightsInto(weights, from, to);
        for (let t = 0, [w, list] = [weights.view, touched.view]; t < count; t++) {
          const column = isAll ? from + t : list[t]!;
          const id = numbered ? numbered[column]! : column;
          if (space) seenByFeature[places.get(space.featureOf(id).name)!]!++;
          const weight = Math.fround(w[column - from]!);
          if (weight === 0) continue;
          ids.push(id);
          kept.push(weight);
        }
      }
    } finally {
      memory.release(mark);
    }
    const intercept = trainer.intercept();
    return { ids: Float64Array.from(ids), weights: Float64Array.from(kept), intercept, seen, seenByFeature };
  }
}

function unlike(problem: string): ModelError {
  return new ModelError(`the training state does not fit the data: ${problem}`);
}
