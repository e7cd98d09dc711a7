import { sigmoid } from "../baseline/math.js";
import { OptionError } from "../errors.js";

/** Rows whose predictions are alike, and what came of them. */
export interface ReliabilityBin {
  rows: number;
  /** Sum of the sample weights. */
  weight: number;
  /** Mean probability of "yes", and the share of rows that were. */
  prediction: number;
  rate: number;
}

/** Predicted against observed, in bins of rows that have like predictions. */
export interface Reliability {
  /** By prediction, the lowest first, of about equal weight. */
  bins: ReliabilityBin[];
  /** Expected calibration error: mean of |prediction − rate| over the bins, by weight (Naeini, Cooper & Hauskrecht, AAAI 2015). */
  error: number;
}

/** What comes of saying "yes" above a probability. Counts are sums of sample weights. */
export interface Confusion {
  /** In [0, 1]. */
  threshold: number;
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
  /** Share of "yes" that were right; null when none was said. */
  precision: number | null;
  /** Share of positive rows that were found; null when there are none. */
  recall: number | null;
  /** Harmonic mean of both; null when there are no positive rows and no "yes". */
  f1: number | null;
  accuracy: number;
}

/** What comes of saying "yes" above one threshold. */
export interface RocPoint {
  /** Rows with a probability above it are said to be "yes". */
  threshold: number;
  falsePositiveRate: number;
  truePositiveRate: number;
}

/** Rows of two classes in the order of their margins: what measures of how well a model tells them apart are made of. */
export class Ranking {
  /** Distinct margins, ascending; of each, rows and the weight of those that are positive and negative. */
  readonly #margins: Float64Array;
  readonly #rows: Uint32Array;
  readonly #positive: Float64Array;
  readonly #negative: Float64Array;
  readonly #positives: number;
  readonly #negatives: number;

  /** Takes margins and labels (−1/+1) of equal length; null weights are all 1. Rows that weigh 0 are passed over. */
  constructor(margins: ArrayLike<number>, labels: ArrayLike<number>, weights: ArrayLike<number> | null = null) {
    const { sorted, places } = ascending(margins);
    const rows = new Uint32Array(places.length);
    const [positive, negative] = [new Float64Array(places.length), new Float64Array(places.length)];
    let count = 0;
    for (let k = 0; k < places.length; k++) {
      const i = places[k]!;
      const s = weights ? weights[i]! : 1;
      if (s === 0) continue;
      if (count === 0 || sorted[count - 1] !== sorted[k]) sorted[count++] = sorted[k]!;
      rows[count - 1]!++;
      (labels[i]! > 0 ? positive : negative)[count - 1]! += s;
    }
    // In the order of the sums that are parts of them, which so never exceed them.
    const totalOf = (own: Float64Array) => own.subarray(0, count).reduceRight((sum, it) => sum + it, 0);
    this.#margins = sorted.subarray(0, count);
    this.#rows = rows;
    this.#positive = positive;
    this.#negative = negative;
    this.#positives = totalOf(positive);
    this.#negatives = totalOf(negative);
  }

  /** Probability that a random positive row has a higher margin than a random negative one; ties count half. Null with one class only. */
  get auc(): number | null {
    let [below, area] = [0, 0];
    for (let g = 0; g < this.#margins.length; g++) {
      area += this.#positive[g]! * (below + this.#negative[g]! / 2);
      below += this.#negative[g]!;
    }
    return this.#hasBoth ? Math.min(area / (this.#positives * this.#negatives), 1) : null;
  }

  /**
   * Returns the ROC curve from (0, 0) to (1, 1), of `most` points at most (≥ 3), evenly along it; null with one class
   * only.
   */
  roc(most = 200): RocPoint[] | null {
    if (!this.#hasBoth) return null;
    const last = this.#margins.length - 1;
    const points: RocPoint[] = [{ threshold: this.#probability(last), falsePositiveRate: 0, truePositiveRate: 0 }];
    let [yes, no] = [0, 0];
    for (let g = last; g >= 0; g--) {
      yes += this.#positive[g]!;
      no += this.#negative[g]!;
      const [truePositiveRate, falsePositiveRate] = g === 0 ? [1, 1] : [yes / this.#positives, no / this.#negatives];
      const along = truePositiveRate + falsePositiveRate;
      // Rows that weigh next to nothing may follow where it has as good as ended.
      if (g > 0 && (along === 2 || along < (2 * points.length) / (most - 1))) continue;
      points.push({ threshold: g > 0 ? this.#probability(g - 1) : 0, falsePositiveRate, truePositiveRate });
    }
    return points;
  }

  /** Returns how predictions and what came of them agree. Rows of one margin are in one bin, so there may be fewer. */
  reliability(bins = 10): Reliability {
    const total = this.#positives + this.#negatives;
    const made: ReliabilityBin[] = [];
    let [done, error] = [0, 0];
    let sums = { rows: 0, weight: 0, prediction: 0, positive: 0 };
    for (let g = 0; g < this.#margins.length; g++) {
      const weight = this.#positive[g]! + this.#negative[g]!;
      sums.rows += this.#rows[g]!;
      sums.weight += weight;
      sums.prediction += weight * this.#probability(g);
      sums.positive += this.#positive[g]!;
      const isLast = g === this.#margins.length - 1;
      // A bin may have gone far beyond its end, where many rows are tied.
      if (!isLast && (done + sums.weight) * bins < total * (Math.floor((done / total) * bins + 1e-9) + 1)) continue;
      const { rows, weight: own, prediction, positive } = sums;
      made.push({ rows, weight: own, prediction: prediction / own, rate: positive / own });
      error += Math.abs(prediction - positive);
      done += own;
      sums = { rows: 0, weight: 0, prediction: 0, positive: 0 };
    }
    return { bins: made, error: error / total };
  }

  /** Returns what comes of saying "yes" above a probability. Throws OptionError where that is not in [0, 1]. */
  confusion(threshold: number): Confusion {
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new OptionError(`threshold ${threshold}: expected a probability, from 0 to 1`);
    }
    let [yes, no] = [0, 0];
    for (let g = this.#margins.length - 1; g >= 0 && this.#probability(g) > threshold; g--) {
      yes += this.#positive[g]!;
      no += this.#negative[g]!;
    }
    const share = (part: number, of: number) => (of > 0 ? part / of : null);
    return {
      threshold,
      truePositives: yes,
      falsePositives: no,
      trueNegatives: this.#negatives - no,
      falseNegatives: this.#positives - yes,
      precision: share(yes, yes + no),
      recall: share(yes, this.#positives),
      f1: share(2 * yes, yes + no + this.#positives),
      accuracy: (yes + this.#negatives - no) / (this.#positives + this.#negatives),
    };
  }

  /** Returns the threshold of the highest F1, in the middle between two predictions; of several the highest. */
  bestThreshold(): number {
    let [best, highest, yes, no] = [0, -1, 0, 0];
    for (let g = this.#margins.length - 1; g >= 0; g--) {
      yes += this.#positive[g]!;
      no += this.#negative[g]!;
      const [own, below] = [this.#probability(g), g > 0 ? this.#probability(g - 1) : 0];
      const f1 = (2 * yes) / (yes + no + this.#positives);
      if (own === below || f1 <= highest) continue;
      const middle = below + (own - below) / 2;
      [best, highest] = [middle < own ? middle : below, f1];
    }
    return best;
  }

  get #hasBoth(): boolean {
    return this.#positives > 0 && this.#negatives > 0;
  }

  #probability(group: number): number {
    return sigmoid(this.#margins[group]!);
  }
}

/** Bits of a digit; six of them make 64. */
const DIGIT = 11;

/** Returns numbers in ascending order, −0 as 0, and the place each had: a radix sort of their bits. */
function ascending(numbers: ArrayLike<number>): { sorted: Float64Array; places: Uint32Array } {
  const { length } = numbers;
  let [sorted, other] = [new Float64Array(length), new Float64Array(length)];
  let [places, otherPlaces] = [new Uint32Array(length), new Uint32Array(length)];
  for (let i = 0; i < length; i++) {
    sorted[i] = numbers[i]! + 0;
    places[i] = i;
  }
  for (let at = 0; at < 64; at += DIGIT) {
    const next = new Uint32Array(1 << DIGIT);
    const bits = new Uint32Array(sorted.buffer);
    for (let i = 0; i < length; i++) next[digitOf(bits[2 * i]!, bits[2 * i + 1]!, at)]!++;
    for (let digit = 0, start = 0; digit < next.length; digit++) {
      start += next[digit]!;
      next[digit] = start - next[digit]!;
    }
    for (let i = 0; i < length; i++) {
      const place = next[digitOf(bits[2 * i]!, bits[2 * i + 1]!, at)]!++;
      other[place] = sorted[i]!;
      otherPlaces[place] = places[i]!;
    }
    [sorted, other] = [other, sorted];
    [places, otherPlaces] = [otherPlaces, places];
  }
  return { sorted, places };
}

/** The digit that begins at a bit of a double's halves, of which those of negative ones count backwards, below all others. */
function digitOf(low: number, high: number, at: number): number {
  const flip = high >> 31;
  const [l, h] = [low ^ flip, high ^ (flip | 0x80000000)];
  const bits = at >= 32 ? h >>> (at - 32) : at === 0 ? l : (l >>> at) | (h << (32 - at));
  return bits & ((1 << DIGIT) - 1);
}
