import type { Engine } from "../engine/engine.js";
import { OUTPUT_LENGTH, type Plan } from "../engine/texts.js";
import { compilePlan } from "../features/plan.js";
import type { FeatureSpace } from "../features/space.js";
import type { LabelCoder } from "./label.js";
import type { Tally } from "./reader.js";
import type { Taken } from "./records.js";
import type { Store } from "./text.js";

export interface PlainFormat {
  /** As in RowFormat. */
  delimiter: string | null;
  target: string | null;
  weight?: string;
}

/** As LineTaker, with what codes labels. */
export interface RowTaker {
  /** Must be called before the first row is there. */
  begin(columns: readonly string[]): void;
  readonly portion: number;
  /** `row`: the number of the first. */
  take(columns: readonly string[], lines: Uint8Array, from: number, labels: LabelCoder, row: number): Taken;
  pass(bytes: number): void;
}

/** Puts rows of a table's lines in a store, by a kernel, as a space encodes them. */
export class PlainRows {
  readonly #space: FeatureSpace;
  readonly #format: PlainFormat;
  readonly #tally: Tally;
  /** Compiled for these columns, one a lane; none where that is not possible. */
  #plan: { engine: Engine | null; columns: readonly string[]; plans: readonly Plan[] } = {
    engine: null,
    columns: [],
    plans: [],
  };

  constructor(space: FeatureSpace, format: PlainFormat, tally: Tally) {
    this.#space = space;
    this.#format = format;
    this.#tally = tally;
  }

  /** `length`: bytes of the input, null where that is not known. */
  into(store: Store, length: number | null): RowTaker {
    let read = 0;
    return {
      begin: (columns) => this.#begin(store, columns),
      take: (columns, lines, from, labels) => this.#take(store, columns, lines, from, labels),
      portion: store.portion,
      pass: (bytes) => {
        read += bytes;
        if (length) store.share = Math.min(read / length, 1);
      },
    };
  }

  #begin(store: Store, columns: readonly string[]): void {
    const { target, delimiter, weight = null } = this.#format;
    if (this.#plan.engine !== store.engine) {
      const compiled = compilePlan(this.#space, { columns, delimiter, target, weight });
      let plans: Plan[] = [];
      if (compiled) {
        store.prepare((memory) => {
          plans = compiled(memory, store.lanes);
        });
      }
      this.#plan = { engine: store.engine, columns, plans };
    }
    const [plan] = this.#plan.plans;
    // A row has a byte for each of its cells at least.
    if (plan) store.density = Math.max(0.5, plan.outputs.length / OUTPUT_LENGTH / columns.length);
  }

  #take(store: Store, columns: readonly string[], lines: Uint8Array, from: number, labels: LabelCoder): Taken {
    const { plans, columns: planned } = this.#plan;
    if (plans.length === 0 || !areSame(columns, planned)) return { rows: 0, stopped: from };
    const { rows, unseen } = store;
    const stopped = store.parse(
      lines,
      from,
      (_labels, _from, to) => to,
      (kernels, text, begin, end, o, lane) => kernels.parseCsv(text, begin, end, o, coded(plans[lane]!, labels)),
    );
    this.#tally.unseen += store.unseen - unseen;
    return { rows: store.rows - rows, stopped };
  }
}

/** Returns a plan that codes labels as they are coded so far. */
export function coded(plan: Plan, labels: LabelCoder): Plan {
  const { coding, positive, negative } = labels.coding;
  plan.numbers.view.set([positive, negative]);
  return { ...plan, coding };
}

export function areSame(columns: readonly string[], others: readonly string[]): boolean {
  if (columns === others) return true;
  return columns.length === others.length && columns.every((column, i) => column === others[i]);
}
