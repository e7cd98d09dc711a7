import { DATAFITS, type Datafit } from "../baseline/datafit.js";
import { sigmoid } from "../baseline/math.js";
import type { Block } from "../data/blocktypes.js";
import type { Loss } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { DivergenceError } from "../errors.js";
import { r2Of, Spread } from "../report/spread.js";

/** What is known of some rows. Means count the sample weights; 0 where those are all 0. */
export interface Measured {
  rows: number;
  /** Sum of the sample weights. */
  weight: number;
  /** Mean loss. */
  loss: number;
  /** Mean label and mean prediction; with logistic loss, the share of yes and the mean of its probability. */
  label: number;
  prediction: number;
}

/** Rows by the value of a column. */
export interface Slices {
  column: string;
  /** The 50 values with most rows, those first: as text, null for missing. */
  values: (Measured & { value: string | null })[];
  /** All other rows; null where there are none. */
  rest: Measured | null;
}

/** Progressive validation: how well rows of the last epoch were predicted, each before it was learned. */
export interface ProgressiveReport {
  rows: number;
  loss: number;
  /** Share of the squared loss of always predicting the rows' mean that is gone; null with logistic loss. */
  r2: number | null;
  /** By each of the columns asked for. */
  slices: Slices[];
  /** Of the rows of `holdoutEvery`, which were predicted when their turn came and never learned; null without any. */
  holdout: (Measured & { r2: number | null }) | null;
}

/** What is measured within an epoch: of rows that are learned their number, Σ s·loss and Σ s; of those held back, Sums. */
export interface Standing {
  lossRows: number;
  lossSum: number;
  lossWeight: number;
  held: number[];
  /** With squared loss, how the labels of both spread. */
  labels?: number[];
}

/** Rows of a block that are not learned, ascending, and the weights that they had. */
export interface Hidden {
  rows: number[];
  weights: number[];
}

/** Measures the predictions of one model in training. It never changes the result. */
export class Progressive {
  /** Rows over all epochs. */
  rows = 0;
  readonly #loss: Loss;
  readonly #datafit: Datafit;
  readonly #columns: readonly string[];
  readonly #isHolding: boolean;
  /** Of the epoch at hand. */
  #epochRows = 0;
  #lossSum = 0;
  #weightSum = 0;
  #held = new Sums();
  #slices: SliceSums[] = [];
  /** How labels spread, those of rows held back apart; null where that is not asked, or not known of the epoch so far. */
  #spreads: [learned: Spread, held: Spread] | null = null;

  /** `columns`: those whose values are told apart. `isHolding`: whether hidden rows are measured. */
  constructor(loss: Loss, columns: readonly string[] = [], isHolding = false) {
    this.#loss = loss;
    this.#datafit = DATAFITS[loss];
    this.#columns = columns;
    this.#isHolding = isHolding;
    this.beginEpoch();
  }

  beginEpoch(): void {
    this.#epochRows = 0;
    this.#lossSum = 0;
    this.#weightSum = 0;
    this.#held = new Sums();
    this.#spreads = this.#loss === "squared" ? [new Spread(), new Spread()] : null;
    this.#slices = this.#columns.map(() => new SliceSums());
  }

  /** Progressive loss of the epoch at hand. */
  get loss(): number {
    return this.#weightSum > 0 ? this.#lossSum / this.#weightSum : 0;
  }

  /** What that is the quotient of. */
  get sums(): { loss: number; weight: number } {
    return { loss: this.#lossSum, weight: this.#weightSum };
  }

  /** What is known of the rows held back in the epoch at hand; null without any. */
  get holdout(): Measured | null {
    return this.#held.rows > 0 ? this.#held.means() : null;
  }

  /** What it takes to go on in the epoch at hand; of slices, nothing. */
  get standing(): Standing {
    const { rows, sums } = this.#held;
    const labels = this.#spreads?.flatMap((it) => it.numbers);
    return {
      ...{ lossRows: this.#epochRows, lossSum: this.#lossSum, lossWeight: this.#weightSum, held: [rows, ...sums] },
      ...(labels && { labels }),
    };
  }

  /** Goes on where another was after `rows` rows; call it after `beginEpoch`. */
  resume(rows: number, { lossRows, lossSum, lossWeight, held, labels }: Standing): void {
    this.rows = rows;
    this.#epochRows = lossRows;
    this.#lossSum = lossSum;
    this.#weightSum = lossWeight;
    this.#held = new Sums(held);
    this.#spreads = this.#spreads && labels ? [new Spread(labels.slice(0, 3)), new Spread(labels.slice(3))] : null;
  }

  /** Takes the outcome of one call of `train`. Throws DivergenceError when it is not finite. */
  count(lossSum: number, weightSum: number, rows: number): void {
    this.#lossSum += lossSum;
    this.#weightSum += weightSum;
    this.#epochRows += rows;
    this.rows += rows;
    if (Number.isFinite(lossSum)) return;
    throw new DivergenceError(
      `the loss left the finite range by row ${this.rows}: lower the learning rate (alpha, rate), or scale large values down`,
    );
  }

  /** Takes the labels of a block that was trained on. */
  spread({ rows, count }: Block, hidden: Hidden): void {
    if (!this.#spreads) return;
    const [y, s] = [rows.labels.view, rows.weights?.view];
    const [learned, held] = this.#spreads;
    // Hidden rows weigh nothing here.
    for (let i = 0; i < count; i++) learned.add(y[i]!, s ? s[i]! : 1);
    hidden.rows.forEach((i, h) => {
      held.add(y[i]!, hidden.weights[h]!);
    });
  }

  /** Takes a block's margins, and for each row the text of every column, one row after the other. */
  measure({ rows, count }: Block, margins: F64, hidden: Hidden, cells: readonly (string | null)[]): void {
    const [m, y, s] = [margins.view, rows.labels.view, rows.weights?.view];
    const columns = this.#columns.length;
    if (this.#isHolding) {
      hidden.rows.forEach((i, h) => {
        this.#held.add(hidden.weights[h]!, this.#datafit.loss(y[i]!, m[i]!), this.#shown(y[i]!), this.#respond(m[i]!));
      });
    }
    for (let i = 0, h = 0; columns > 0 && i < count; i++) {
      if (hidden.rows[h] === i) {
        h++;
        continue;
      }
      const loss = this.#datafit.loss(y[i]!, m[i]!);
      const [label, prediction] = [this.#shown(y[i]!), this.#respond(m[i]!)];
      for (let c = 0; c < columns; c++) {
        this.#slices[c]!.of(cells[i * columns + c]!).add(s ? s[i]! : 1, loss, label, prediction);
      }
    }
  }

  report(): ProgressiveReport {
    const { holdout } = this;
    return {
      rows: this.#epochRows,
      loss: this.loss,
      r2: this.#spreads && r2Of(this.loss, this.#spreads[0].loss),
      slices: this.#slices.map((it, c) => ({ column: this.#columns[c]!, ...it.report() })),
      holdout: holdout && { ...holdout, r2: this.#spreads && r2Of(holdout.loss, this.#spreads[1].loss) },
    };
  }

  #shown(y: number): number {
    return shownLabel(this.#loss, y);
  }

  #respond(margin: number): number {
    return responseTo(this.#loss, margin);
  }
}

/** A label as people have it: 1 for yes and 0 for no where the loss is logistic. */
export function shownLabel(loss: Loss, y: number): number {
  return loss === "logistic" ? (1 + y) / 2 : y;
}

/** What a margin predicts. */
export function responseTo(loss: Loss, margin: number): number {
  return loss === "logistic" ? sigmoid(margin) : margin;
}

class Sums {
  rows: number;
  #weight: number;
  #loss: number;
  #label: number;
  #prediction: number;

  /** `values`: the rows and then the sums of another, in the order of `sums`. */
  constructor([rows = 0, weight = 0, loss = 0, label = 0, prediction = 0]: readonly number[] = []) {
    this.rows = rows;
    this.#weight = weight;
    this.#loss = loss;
    this.#label = label;
    this.#prediction = prediction;
  }

  get sums(): number[] {
    return [this.#weight, this.#loss, this.#label, this.#prediction];
  }

  add(weight: number, loss: number, label: number, prediction: number): void {
    this.rows++;
    this.#weight += weight;
    this.#loss += weight * loss;
    this.#label += weight * label;
    this.#prediction += weight * prediction;
  }

  take(other: Sums): void {
    this.rows += other.rows;
    this.#weight += other.#weight;
    this.#loss += other.#loss;
    this.#label += other.#label;
    this.#prediction += other.#prediction;
  }

  means(): Measured {
    const mean = (sum: number) => (this.#weight > 0 ? sum / this.#weight : 0);
    return {
      rows: this.rows,
      weight: this.#weight,
      loss: mean(this.#loss),
      label: mean(this.#label),
      prediction: mean(this.#prediction),
    };
  }
}

/** Values that a report tells apart. */
const SHOWN = 50;
/** Values that are told apart: twice as many at most, before those with fewest rows go to the rest. */
const TRACKED = 10_000;

/** Sums for each value of a column, in bounded memory. A value that went to the rest begins anew when it returns. */
class SliceSums {
  readonly #sums = new Map<string | null, Sums>();
  readonly #rest = new Sums();

  of(value: string | null): Sums {
    const known = this.#sums.get(value);
    if (known) return known;
    if (this.#sums.size >= 2 * TRACKED) this.#shed(TRACKED);
    const added = new Sums();
    // A copy: a part of a text keeps all of it alive.
    this.#sums.set(value === null ? null : Array.from(value).join(""), added);
    return added;
  }

  report(): Omit<Slices, "column"> {
    this.#shed(SHOWN);
    const values = this.#ranked().map(([value, sums]) => ({ value, ...sums.means() }));
    return { values, rest: this.#rest.rows > 0 ? this.#rest.means() : null };
  }

  /** Those with most rows first, then those met first. */
  #ranked(): [string | null, Sums][] {
    return [...this.#sums].sort(([, a], [, b]) => b.rows - a.rows);
  }

  /** Leaves so many values and moves the others to the rest. */
  #shed(most: number): void {
    for (const [value, sums] of this.#ranked().slice(most)) {
      this.#rest.take(sums);
      this.#sums.delete(value);
    }
  }
}
