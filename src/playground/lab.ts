import { type Dataset, readArrays, Stepper } from "../browser.js";
import { Random } from "../random.js";
import {
  type Advance,
  type Calls,
  type Frame,
  MODELS,
  type ModelFrame,
  type ModelName,
  type Ready,
  type Setup,
  type Walks,
} from "./protocol.js";
import { makeProblem, SYNTHETIC } from "./synthetic.js";

/** Weights begin between −SPREAD and SPREAD. */
const SPREAD = 0.4;

/** Three models that learn from the same rows in the same order: without a penalty, with L2, with L1. */
export class Lab {
  readonly #data: Dataset;
  readonly #steppers: Record<ModelName, Stepper>;
  readonly #dimension: number;

  private constructor(data: Dataset, { rate, batch, seed }: Setup, dimension: number) {
    const random = new Random(seed);
    const start = Array.from({ length: data.seen }, () => SPREAD * (2 * random.unit() - 1));
    const options = { l1: 0, l2: 0, rate, seed, start, ...(batch > 0 && { batch }) };
    this.#data = data;
    this.#dimension = dimension;
    this.#steppers = {
      none: new Stepper(data, options),
      l2: new Stepper(data, options),
      l1: new Stepper(data, options),
    };
  }

  static async open(setup: Setup): Promise<{ lab: Lab; ready: Ready }> {
    const { arrays, features } = makeProblem(setup.data, setup.noise, setup.seed);
    const data = await readArrays(arrays, { holdout: SYNTHETIC[setup.data].heldOut, seed: setup.seed });
    const lab = new Lab(data, setup, features.length);
    const { runtime } = data.engine;
    const ready = { features, rows: data.count, heldOut: data.holdout!.count, runtime, frame: lab.#frame(0, null) };
    return { lab, ready };
  }

  /** Takes steps. Throws DivergenceError. */
  advance({ steps, lambda, feature }: Advance): Frame {
    const { l1, l2 } = this.#steppers;
    l1.l1 = lambda;
    l2.l2 = lambda;
    const column = this.#data.dictionary.find(feature);
    const before = {} as Record<ModelName, number>;
    for (let i = 0; i < steps; i++) {
      for (const name of MODELS) {
        before[name] = this.#steppers[name].weights[column] ?? 0;
        this.#steppers[name].step();
      }
    }
    return this.#frame(column, steps > 0 ? before : null);
  }

  dispose(): void {
    this.#data.dispose();
  }

  #frame(column: number, before: Record<ModelName, number> | null): Frame {
    const modelOf = (name: ModelName): ModelFrame => {
      const stepper = this.#steppers[name];
      const weights = new Float64Array(this.#dimension);
      for (const [j, id] of this.#data.dictionary.ids.entries()) weights[id] = stepper.weights[j]!;
      return {
        weights,
        kept: weights.reduce((kept, it) => kept + Number(it !== 0), 0),
        loss: stepper.lossOn(this.#data.holdout!),
        before: before ? before[name] : Number.NaN,
        gradient: stepper.gradient[column] ?? 0,
      };
    };
    return { step: this.#steppers.l1.steps, models: { none: modelOf("none"), l2: modelOf("l2"), l1: modelOf("l1") } };
  }
}

/** Column 1 is in a row without weight alone: its gradient is 0, and what moves its weight is the penalty. */
const SILENT = { rows: [0, 1, 2], columns: [0, 1], labels: [0, 0], weights: [1, 0], dimension: 2 };

/** Lets a weight walk that only penalties move. */
export async function walk({ start, take, share, steps }: Parameters<Calls["walk"]>[0]): Promise<Walks> {
  using data = await readArrays(SILENT, { loss: "squared" });
  const column = data.dictionary.find(1);
  const valuesOf = (strengths: { l1: number; l2: number }) => {
    const stepper = new Stepper(data, { ...strengths, rate: 1, start: [0, start] });
    const values = [start];
    for (let i = 0; i < steps; i++) {
      stepper.step();
      values.push(stepper.weights[column]!);
    }
    return values;
  };
  return { l1: valuesOf({ l1: take, l2: 0 }), l2: valuesOf({ l1: 0, l2: share }) };
}
