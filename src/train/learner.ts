import { BlockStore } from "../data/blocks.js";
import type { Block, BlockSize, Table } from "../data/blocktypes.js";
import { isHeldOut } from "../data/reader.js";
import type { Engine } from "../engine/engine.js";
import { type Kernels, type Loss, NOWHERE, type Rows } from "../engine/kernels.js";
import type { Call } from "../engine/pool.js";
import { ModelError } from "../errors.js";
import type { Entries } from "../features/entries.js";
import type { FeatureSpace } from "../features/space.js";
import { admissionOf } from "../slots.js";
import type { Counts, State } from "./checkpoint.js";
import { admit, checkKind, columnsOf, restore } from "./columns.js";
import { type Harvest, harvest } from "./harvest.js";
import { Milestones } from "./milestones.js";
import { Monitor } from "./monitor.js";
import type { CommonOptions, Progress, ProgressiveOptions, SliceOptions, TableOptions } from "./options.js";
import { Progressive } from "./progressive.js";
import type { Trainer } from "./trainer.js";

/** A block ends at so many rows or entries: it stays in the processor's cache, and costs more than to hand it over. */
const BLOCK: BlockSize = { rows: 4096, entries: 1 << 16 };
/** Where rows are trained on in batches a block holds whole ones: about so many rows. */
const BATCHED_ROWS = 2048;

/** Parts that a block's rows are cut into for each thread where they train without locks: two even out. */
const PARTS = 2;

/** Which rows are held out. */
export interface Holdout {
  fraction: number;
  seed: number;
  /** Every so manieth row too; 0 for none. */
  every: number;
}

/** A block that is trained on: rows that are, and the sum of their weights. */
interface Underway {
  block: Block;
  trained: number;
  weight: number;
  cells: (string | null)[];
}

/** The same where workers do it. */
interface Pending extends Underway {
  calls: readonly Call[];
}

/** What a training took up, and where it stands within the data at hand. */
export type Stand = Pick<State, "globals" | "columns"> & { counts: Omit<Counts, "epoch" | "isDone" | "earlier"> };

/**
 * Trains models on one stream of rows as it fills a store, block by block and in order. With more than one thread a
 * worker trains on a block while the next is filled; the result has the same bits.
 */
export class Learner {
  readonly store: BlockStore;
  readonly monitor: Monitor;
  /** What is measured of each model. */
  readonly progressives: readonly Progressive[];
  /** Rows trained on, over all passes, and the sample weight of those that were held out. */
  rows = 0;
  heldWeight = 0;
  /** Rows that this learner was through with, trained on or held out. */
  handled = 0;
  /** Rows of this pass that are in its blocks so far. */
  reached = 0;
  /** Whether rows need the texts of columns. */
  readonly isSliced: boolean;
  readonly #engine: Engine;
  readonly #trainers: readonly Trainer[];
  readonly #lanes: readonly Kernels[];
  /** Parts that a block's rows are cut into, to be trained on at the same time; 0 where they are not. */
  readonly #parts: number;
  readonly #table: Table;
  readonly #holdout: Holdout;
  readonly #milestones: Milestones | null;
  readonly #isMeasured: boolean;
  readonly #inclusion: number;
  #columns = 0;
  #batchEntries = 0;
  #weightSum = 0;
  /** Numbers given by the end of the blocks so far. */
  #numbersReached = 0;
  /** Rows of this pass that a resumed training has been trained on. */
  #done = 0;
  /** Texts that slices are told apart by, of the rows that fill the block to come. */
  #cells: (string | null)[] = [];
  /** Of the block at hand. */
  readonly #hidden = { rows: [] as number[], weights: [] as number[] };
  /** What workers are training on. */
  #pending: Pending | null = null;

  /** `trainers`: of one solver, with steps of as many rows. */
  constructor(
    engine: Engine,
    trainers: readonly Trainer[],
    loss: Loss,
    table: Table,
    holdout: Holdout,
    options: CommonOptions & ProgressiveOptions & SliceOptions & TableOptions,
    done: () => Pick<Progress, "read" | "share">,
  ) {
    const { batch } = trainers[0]!;
    const { slices = [], onMilestone, replicas = 1 } = options;
    // Replicas are of one block.
    const rows = (replicas > 1 ? replicas : Math.ceil(BATCHED_ROWS / batch)) * batch;
    const size = batch > 1 ? { rows, entries: NOWHERE } : BLOCK;
    this.#engine = engine;
    this.#trainers = trainers;
    const unlocked = options.hogwild && engine.background ? PARTS * engine.runtime.threads : 0;
    const parts = replicas > 1 ? replicas : unlocked;
    this.#parts = parts;
    if (parts > 0) trainers[0]!.open!(parts);
    this.#lanes = engine.background?.lanes(parts || trainers.length) ?? [];
    this.#table = table;
    this.#holdout = holdout;
    this.#inclusion = options.inclusion ?? 1;
    this.store = new BlockStore(engine, table, size, (block) => this.#train(block), true);
    this.progressives = trainers.map(() => new Progressive(loss, slices, holdout.every > 0));
    this.#milestones = onMilestone ? new Milestones(loss, holdout.every > 0, onMilestone) : null;
    this.isSliced = slices.length > 0;
    this.#isMeasured = this.isSliced || holdout.every > 0;
    this.monitor = new Monitor(
      {
        ...{ trainer: trainers[0]!, memory: engine.memory, progressive: this.progressives[0]!, done },
        columns: () => Math.min(this.#columns, this.store.columns),
        settle: () => this.settle(),
      },
      options,
    );
    for (const [i, trainer] of trainers.entries()) {
      if (this.#isMeasured || (i === 0 && onMilestone)) trainer.margins = engine.memory.f64(size.rows);
    }
  }

  beginEpoch(epoch: number): void {
    this.store.admission = admissionOf(this.#inclusion, this.#holdout.seed, epoch);
    this.monitor.beginEpoch(epoch);
    for (const it of this.progressives) it.beginEpoch();
  }

  /** Adds a row to the store. `cells`: the texts that slices are told apart by. */
  addRow(entries: Entries, label: number, weight: number, cells: readonly (string | null)[]): void {
    const had = this.#cells.length;
    this.#cells.push(...cells);
    try {
      this.store.addRow(entries, label, weight);
    } catch (error) {
      this.#cells.length = had;
      throw error;
    }
  }

  /** Trains on what is left, and waits for it. */
  finish(): void {
    const { rows } = this.store;
    this.store.rewind();
    this.settle();
    this.#reserve(); // rows that were passed over may have other columns than were trained on
    if (rows < this.#done) throw unlike(`it has ${rows} rows, ${this.#done} were trained on`);
    this.#done = this.store.breakAfter = 0;
  }

  /** Waits for the workers. What they trained on is then in the trainers' state. */
  settle(): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = null;
    this.#take(pending, this.#merged(this.#engine.background!.finish(pending.calls, pending.block.entries)));
  }

  #train(block: Block): void {
    const { background } = this.#engine;
    const { rows, count } = block;
    this.settle();
    if (block.first < this.#done) {
      this.#passOver(block);
      return;
    }
    this.reached = block.first + count;
    this.#numbersReached = this.store.dictionary?.length ?? 0;
    this.handled += count;
    this.#hide(block);
    this.#reserve(block);
    const weight = rows.weights ? rows.weights.view.subarray(0, count).reduce((sum, s) => sum + s, 0) : count;
    const trained = count - this.#hidden.rows.length;
    this.#weightSum += weight;
    for (const it of this.#trainers) it.weigh?.(this.#weightSum / (this.rows + trained) || 1);
    this.rows += trained;
    const underway = { block, trained, weight, cells: this.#cells };
    this.#cells = [];
    // The first block may be all there is: too little to start a worker for.
    if (background && block.first > 0) {
      this.#trainOn(rows, count, this.#lanes);
      this.#pending = { ...underway, calls: background.launch() };
    } else {
      background?.start();
      this.#take(underway, this.#merged(this.#trainOn(rows, count)));
    }
  }

  /** Trains on a block here and returns what #merged takes; with lanes, notes what workers are to do. */
  #trainOn(rows: Rows, count: number, lanes: readonly Kernels[] = []): number[] {
    return this.#cut(count).map(([i, part, from, to], at) =>
      this.#trainers[i]!.train(rows, null, from, to, lanes[at], part),
    );
  }

  /** Says who trains on which of so many rows: every trainer on all, or the one on each part of them. */
  #cut(count: number): [trainer: number, part: number, from: number, to: number][] {
    const { batch, merge } = this.#trainers[0]!;
    if (this.#parts === 0) return this.#trainers.map((_, i) => [i, 0, 0, count]);
    const parts = merge ? Math.ceil(count / batch) : this.#parts;
    const end = (part: number) => (merge ? Math.min(part * batch, count) : Math.floor((count * part) / parts));
    return Array.from({ length: parts }, (_, part) => [0, part, end(part), end(part + 1)]);
  }

  /** Puts together what the calls of #cut came to, and returns the loss of each trainer. */
  #merged(sums: number[]): number[] {
    if (this.#parts === 0) return sums;
    this.#trainers[0]!.merge?.(sums.length);
    return [sums.reduce((sum, it) => sum + it, 0)];
  }

  #passOver({ first, count }: Block): void {
    if (first + count > this.#done) throw unlike(`row ${this.#done} does not end a block`);
    const { dictionary } = this.store;
    if (dictionary && dictionary.length > this.#numbersReached) {
      throw unlike(`it has a feature by row ${first + count} that was not there`);
    }
  }

  /** Takes what the trainers made of a block: its loss with each. */
  #take({ block, trained, weight, cells }: Underway, sums: ArrayLike<number>): void {
    for (const [i, { margins }] of this.#trainers.entries()) {
      const progressive = this.progressives[i]!;
      progressive.count(sums[i]!, weight, trained);
      progressive.spread(block, this.#hidden);
      if (this.#isMeasured) progressive.measure(block, margins!, this.#hidden, cells);
    }
    this.#milestones?.take(block, this.#trainers[0]!.margins!, this.#hidden, sums[0]!, weight);
  }

  /** Gives the rows that are held out the weight 0: no trainer learns from such a row. */
  #hide({ rows, weights, count, first }: Block): void {
    const { fraction, seed, every } = this.#holdout;
    const hidden = this.#hidden;
    hidden.rows.length = hidden.weights.length = 0;
    for (let i = 0; (fraction > 0 || every > 0) && i < count; i++) {
      if (!isHeldOut(first + i, fraction, seed, every)) continue;
      if (!rows.weights) {
        rows.weights = weights;
        weights.view.fill(1, 0, count);
      }
      hidden.rows.push(i);
      hidden.weights.push(weights.view[i]!);
      this.heldWeight += weights.view[i]!;
      weights.view[i] = 0;
    }
  }

  /** Makes room for the columns that there are, and for a block. */
  #reserve(block?: Block): void {
    const { columns, dictionary } = this.store;
    const entries = block ? this.#mostEntries(block) : 0;
    // Room grows by half at a time, so that it is rarely moved.
    if (columns > this.#columns) this.#columns = dictionary ? Math.ceil(columns * 1.5) : columns;
    if (entries > this.#batchEntries) this.#batchEntries = Math.ceil(entries * 1.5);
    const room = { columns: this.#columns, longestRow: this.#batchEntries, batchEntries: this.#batchEntries };
    for (const trainer of this.#trainers) trainer.reserve(room);
  }

  /** Entries of the largest batch of a block; where steps are of one row, of all. */
  #mostEntries({ rows: { pointers }, count, entries }: Block): number {
    const { batch } = this.#trainers[0]!;
    if (batch === 1) return entries;
    const ends = pointers.view;
    let most = 0;
    for (let row = 0; row < count; row += batch) {
      most = Math.max(most, ends[Math.min(row + batch, count)]! - ends[row]!);
    }
    return most;
  }

  /** Tells where the training of one model stands, by its last block. Settle before. The columns are valid until more is allocated. */
  standing(): Stand {
    const counts = {
      ...{ reached: this.reached, visits: this.rows, weightSum: this.#weightSum, heldWeight: this.heldWeight },
      ...this.progressives[0]!.standing,
    };
    const trainer = this.#trainers[0]!;
    const columns = columnsOf(trainer, this.#table, this.store.dictionary, this.#numbersReached);
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
      // Where ids are admitted by chance, columns that came later lengthen rows now: blocks may end at others.
      if (this.#inclusion < 1) this.store.breakAfter = counts.reached;
      this.reached = this.#done = counts.reached;
      this.progressives[0]!.resume(counts.visits, counts);
    }
    this.#milestones?.resume(counts.visits, counts.weightSum);
    checkKind(columns, this.#table);
    if (columns.kind === "numbered") this.#numbersReached = admit(this.store, columns.ids);
    this.#reserve();
    restore(this.#trainers[0]!, globals, columns, this.#table);
  }

  /** Returns what trainer `i` has learned; `space`: whose features the columns seen are counted by. */
  harvest(i: number, space: FeatureSpace | null, keepSeen: boolean): Harvest {
    return harvest(this.#engine, this.#trainers[i]!, this.store, space, keepSeen);
  }
}

function unlike(problem: string): ModelError {
  return new ModelError(`the training state does not fit the data: ${problem}`);
}
