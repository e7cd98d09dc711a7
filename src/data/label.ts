import type { Loss } from "../engine/kernels.js";
import { CODINGS } from "../engine/texts.js";
import { DataError } from "../errors.js";
import { quote } from "../features/cell.js";

/**
 * Maps labels as data has them to what a loss takes. Squared loss takes any number. For logistic loss the
 * positive class is 1 and the negative one −1 or 0, the same throughout; or, with `positive`, that label
 * against all others.
 */
export class LabelCoder {
  readonly #loss: Loss;
  readonly #positive: number | null;
  #negative: number | null = null;

  constructor(loss: Loss, positive: number | null = null) {
    this.#loss = loss;
    this.#positive = positive;
  }

  /** How labels are coded from here on, for kernels: what is +1, and what −1, NaN while that is not known. */
  get coding(): { coding: number; positive: number; negative: number } {
    if (this.#loss === "squared") return { coding: CODINGS.asTheyAre, positive: Number.NaN, negative: Number.NaN };
    const coding = this.#positive === null ? CODINGS.oneAgainstOne : CODINGS.oneAgainstAll;
    return { coding, positive: this.#positive ?? 1, negative: this.#negative ?? Number.NaN };
  }

  /**
   * Returns −1 or +1 for logistic loss, the label itself for squared loss. Throws DataError, which shows how `target`,
   * where the label has one, may be compared.
   */
  code(label: number, target?: string): number {
    if (this.#loss === "squared") return label;
    if (this.#positive !== null) return label === this.#positive ? 1 : -1;
    if (label === 1) return 1;
    if (label !== 0 && label !== -1) {
      const example = target === undefined ? "" : `; an amount is compared, as in '${target} > ${label}'`;
      throw new DataError(
        `label ${quote(label)} fits no two-class coding: expected 1 against 0 or −1 (or say which label is positive, or take squared loss)${example}`,
      );
    }
    this.#negative ??= label;
    if (label !== this.#negative) {
      throw new DataError(`label ${label} after ${this.#negative}: expected one coding, 1 against 0 or 1 against −1`);
    }
    return -1;
  }

  /** Codes labels from ≤ i < to in place and returns where it stopped: at the first that cannot be, which it leaves. */
  codeInto(labels: Float64Array, from: number, to: number): number {
    if (this.#loss === "squared") return to;
    const positive = this.#positive;
    for (let i = from; i < to; i++) {
      const label = labels[i]!;
      if (positive !== null) labels[i] = label === positive ? 1 : -1;
      else if (label !== 1) {
        this.#negative ??= label === 0 || label === -1 ? label : null;
        if (label !== this.#negative) return i;
        labels[i] = -1;
      }
    }
    return to;
  }
}
