import type { Runtime } from "../engine/engine.js";
import type { Feature, SyntheticName } from "./synthetic.js";

/** What the page asks of its workers, and what they answer. */
export interface Calls {
  /** Makes the data and three models that have not learned anything yet. */
  setUp(setup: Setup): Ready;
  /** Takes steps with all three. */
  advance(advance: Advance): Frame;
  /** Lets one weight of gradient 0 walk: `take` is what L1 takes a step, 1 + `share` what L2 divides by. */
  walk(walk: { start: number; take: number; share: number; steps: number }): Walks;
  /** Fits a table at one strength after another. `target`: the column asked for; null for the last. */
  survey(what: { source: Source; target: string | null }): Survey;
  /** Lets best-subset search, L1 and L2 compete. */
  contest(what: { features: number; seed: number }): Contest;
}

export interface Contest {
  /** Features that matter. */
  signals: number;
  l0: Contestant;
  l1: Contestant;
  l2: Contestant;
}

export interface Contestant {
  /** Models fitted, and the time they took. */
  tried: number;
  milliseconds: number;
  /** Of the best: weights, how many of them matter, loss on the rows held out. */
  kept: number;
  right: number;
  loss: number;
}

/** Where a table comes from: the towns, one that the server offers, or a file of the visitor's. */
export type Source = { kind: "towns" } | { kind: "table"; name: string } | { kind: "file"; file: File };

export interface Survey {
  question: string;
  /** Columns that can be asked for instead; none of the towns. */
  targets: string[];
  target: string;
  notes: string[];
  rows: number;
  heldOut: number;
  declared: number;
  seen: number;
  /** Names and dimensions. */
  features: string[];
  /** From the strongest λ down. */
  points: PointInBrief[];
  /** Which of them has the least loss on the rows held out. */
  best: number;
  /** How many there will be. */
  strengths: number;
  /** The best of a few models with L2; null while there is none. */
  l2: { kept: number; loss: number; bytes: number } | null;
  /** West, east, south, north of each cell of the map; null where there is none. */
  cells: Float32Array | null;
  /** Weights over the path. */
  drawn: { name: string; values: number[] }[];
}

export interface PointInBrief {
  lambda: number;
  kept: number;
  loss: { train: number; validation: number | null };
  /** Of the model's file. */
  bytes: number;
  top: { name: string; weight: number }[];
  /** The weight of each cell. */
  cells: Float32Array | null;
}

/** A weight at step 0, 1, 2 … */
export interface Walks {
  l1: number[];
  l2: number[];
}

export interface Setup {
  data: SyntheticName;
  noise: number;
  seed: number;
  rate: number;
  /** Rows a step; 0 for all. */
  batch: number;
}

export interface Ready {
  features: Feature[];
  rows: number;
  heldOut: number;
  runtime: Runtime;
  frame: Frame;
}

export interface Advance {
  steps: number;
  lambda: number;
  /** The feature whose last step is to be told. */
  feature: number;
}

/** Three models at one moment. */
export interface Frame {
  step: number;
  models: Record<ModelName, ModelFrame>;
}

export const MODELS = ["none", "l2", "l1"] as const;
export type ModelName = (typeof MODELS)[number];

export interface ModelFrame {
  /** By feature. */
  weights: Float64Array;
  kept: number;
  /** Mean loss of the rows held out. */
  loss: number;
  /** Of the feature under the lens: its weight before the last step, and the gradient of that. */
  before: number;
  gradient: number;
}

type Name = keyof Calls;

export interface Call<K extends Name = Name> {
  id: number;
  name: K;
  argument: Parameters<Calls[K]>[0];
}

/** What is said before the result is there: words, or as much of it as there is. */
export type Told = string | Survey;

export type Answer =
  | { id: number; result: ReturnType<Calls[Name]> }
  | { id: number; progress: Told }
  | { id: number; error: { name: string; message: string } };

/** Asks a worker of its own. */
export class Client {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { settle: (answer: Answer) => void; progress: (told: Told) => void }>();
  #last = 0;

  constructor(onLost: (message: string) => void) {
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.onerror = (event) => onLost(event.message || "its script was not loaded");
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      if ("progress" in data) waiting?.progress(data.progress);
      else {
        this.#waiting.delete(data.id);
        waiting?.settle(data);
      }
    };
  }

  /** Rejects with an Error that has the name and message of the worker's. */
  ask<K extends Name>(
    name: K,
    argument: Parameters<Calls[K]>[0],
    progress: (told: Told) => void = () => {},
  ): Promise<ReturnType<Calls[K]>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer) => {
        if ("result" in answer) resolve(answer.result as ReturnType<Calls[K]>);
        else if ("error" in answer) reject(Object.assign(new Error(answer.error.message), { name: answer.error.name }));
      };
      this.#waiting.set(id, { settle, progress });
      this.#worker.postMessage({ id, name, argument } satisfies Call<K>);
    });
  }
}
