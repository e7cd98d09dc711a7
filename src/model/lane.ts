import { Lane, type Ways } from "../data/lane.js";
import type { Engine } from "../engine/engine.js";
import type { Kernels } from "../engine/kernels.js";
import type { F64, U8 } from "../engine/memory.js";
import type { Score } from "../engine/texts.js";
import { CLOSED } from "../slots.js";

/** Bytes of a number and its line end, at most: -0.0000012345678901234567 has 25. */
const LINE = 26;

/** What the rows of all lanes are scored by. */
export interface Scoring extends Omit<Score, "margins" | "text" | "stride"> {
  /** What gives ids their columns. */
  numbering: Pick<Ways, "ids" | "direct" | "hashed" | "table">;
  /** Slots that larger ids are folded into; null where every id has its own. */
  slots: number | null;
  /** Whether there is to be text. */
  isText: boolean;
}

/** A lane that scores its rows. */
export class ScoringLane extends Lane {
  readonly #scoring: Scoring;
  #margins: F64;
  #text: U8;
  #ways: Ways | null = null;

  constructor(engine: Engine, kernels: Kernels, number: number, scoring: Scoring) {
    super(engine, kernels, number);
    this.#scoring = scoring;
    this.#margins = engine.memory.f64(0);
    this.#text = engine.memory.u8(0);
  }

  protected override widen(rows: number): void {
    this.room.weights.view.fill(1); // svmlight text has none
    this.#margins = this.memory.f64(rows * this.#scoring.biases.length);
    if (this.#scoring.isText) this.#text = this.memory.u8(rows * LINE + 8);
    this.#ways = null;
  }

  protected ways(): Ways {
    const { numbering, slots, isText, ...shared } = this.#scoring;
    this.#ways ??= {
      ...numbering,
      ...{ mask: slots === null ? 0 : slots - 1, limit: CLOSED },
      score: { ...shared, margins: this.#margins, text: isText ? this.#text : null, stride: this.most },
    };
    return this.#ways;
  }

  /** What the last run gave, where it stands in memory. */
  get scored(): Scored {
    const { rows, most, room } = this;
    const [margins, text] = [this.#margins.view, this.#text.view];
    const models = this.#scoring.biases.length;
    return {
      rows,
      margins: Array.from({ length: models }, (_, i) => margins.subarray(i * most, i * most + rows)),
      labels: room.labels.view.subarray(0, rows),
      weights: room.weights.view.subarray(0, rows),
      text: text.subarray(0, this.reached("written")),
    };
  }
}

/** Rows in their order, with what models say of them. */
export interface Scored {
  rows: number;
  /** x·w + b by each model. */
  margins: Float64Array[];
  labels: Float64Array;
  weights: Float64Array;
  /** A line a row with what the first model says, in UTF-8; empty where that was not asked for. */
  text: Uint8Array;
}
