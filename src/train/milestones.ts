import { DATAFITS } from "../baseline/datafit.js";
import type { Block } from "../data/blocktypes.js";
import type { Loss } from "../engine/kernels.js";
import type { F64 } from "../engine/memory.js";
import { type Hidden, responseTo, shownLabel } from "./progressive.js";

/** A stream's training at row 1, 2, 4, 8 …, as Vowpal Wabbit tells it. */
export interface Milestone {
  /** Rows trained on, over all epochs, and the sum of their sample weights. */
  rows: number;
  weight: number;
  /**
   * Mean loss of all of them, each predicted before it was learned, and of those since the milestone before. Where a
   * training was resumed, of the rows since then.
   */
  loss: number;
  recent: number;
  /** Of the row at hand: label (1 or 0 with logistic loss), prediction before it was learned, entries. */
  label: number;
  prediction: number;
  features: number;
  /** Mean loss so far, over all epochs, of the rows of `holdoutEvery`; null before the first. */
  holdout: number | null;
}

/** Tells of the rows at powers of two, exactly: their blocks' margins give the loss of each row. */
export class Milestones {
  readonly #loss: Loss;
  readonly #isHolding: boolean;
  readonly #tell: (milestone: Milestone) => void;
  #next = 1;
  #rows = 0;
  /** Weight of the rows before this training was resumed. */
  #before = 0;
  #weightSum = 0;
  #lossSum = 0;
  /** The sums at the milestone before. */
  #last = { weight: 0, loss: 0 };
  /** Of the rows held back. */
  readonly #held = { weight: 0, loss: 0 };

  /** `isHolding`: whether hidden rows are told of. */
  constructor(loss: Loss, isHolding: boolean, tell: (milestone: Milestone) => void) {
    this.#loss = loss;
    this.#isHolding = isHolding;
    this.#tell = tell;
  }

  /** Goes on after so many rows; the losses are those of rows that follow. */
  resume(rows: number, weight: number): void {
    this.#rows = rows;
    this.#before = weight;
    while (this.#next <= rows) this.#next *= 2;
  }

  /** Takes a block that was trained on; `lossSum` and `weightSum` are of all its rows that were. */
  take({ rows, count }: Block, margins: F64, hidden: Hidden, lossSum: number, weightSum: number): void {
    const trained = count - hidden.rows.length;
    const isNear = this.#rows + trained >= this.#next;
    const [m, y, s, pointers] = [margins.view, rows.labels.view, rows.weights?.view, rows.pointers.view];
    const { loss } = DATAFITS[this.#loss];
    const sums = { weight: this.#weightSum, loss: this.#lossSum };
    for (let i = 0, h = 0, met = this.#rows; (isNear || this.#isHolding) && i < count; i++) {
      const isHidden = hidden.rows[h] === i;
      const weight = isHidden ? hidden.weights[h++]! : s ? s[i]! : 1;
      if (isHidden ? !this.#isHolding : !isNear) continue;
      const own = isHidden ? this.#held : sums;
      own.weight += weight;
      own.loss += weight * loss(y[i]!, m[i]!);
      if (isHidden || ++met < this.#next) continue;
      this.#next *= 2;
      this.#emit(met, { ...sums }, y[i]!, m[i]!, pointers[i + 1]! - pointers[i]!);
    }
    this.#rows += trained;
    this.#weightSum += weightSum;
    this.#lossSum += lossSum;
  }

  #emit(rows: number, sums: { weight: number; loss: number }, y: number, margin: number, features: number): void {
    const { weight, loss } = sums;
    const mean = (lossSum: number, weightSum: number) => (weightSum > 0 ? lossSum / weightSum : 0);
    const recent = mean(loss - this.#last.loss, weight - this.#last.weight);
    this.#last = sums;
    const holdout = this.#held.weight > 0 ? this.#held.loss / this.#held.weight : null;
    const [label, prediction] = [shownLabel(this.#loss, y), responseTo(this.#loss, margin)];
    this.#tell({
      rows,
      weight: this.#before + weight,
      loss: mean(loss, weight),
      recent,
      label,
      prediction,
      features,
      holdout,
    });
  }
}
