import type { RowReader } from "../data/reader.js";
import { type Identity, type Input, identify } from "../data/source.js";
import { ModelError, OptionError } from "../errors.js";
import type { SpaceDefinition } from "../features/define.js";
import type { FeatureSpace } from "../features/space.js";
import { type Counts, checksumOf, decodeState, encodeState, type State } from "./checkpoint.js";
import type { Learner } from "./learner.js";

/** When a streamed training is saved on its way, and whereto. */
export interface CheckpointOptions {
  /**
   * Receives a training state: on the way, when `signal` stops the training, and at its end. The training goes on when
   * it has been saved, and ends with what this throws. `reached`: the pass at hand and its last row that is in the state,
   * both from 1.
   */
  save: (state: Uint8Array, reached: { epoch: number; row: number }) => void | Promise<void>;
  /** Save after so many rows, or as soon as the input allows. */
  everyRows?: number;
  /** Save after so many seconds. Default 60, without `everyRows`. */
  everySeconds?: number;
}

/** Options of streams that go on from somewhere, or are to be gone on with. States are those of `checkpoint`. */
export interface ResumeOptions {
  checkpoint?: CheckpointOptions;
  /**
   * A state of the same training: it is gone on with, after the rows that it had been trained on. The model has the
   * same bytes as without a break. Throws OptionError on other options, ModelError on other data.
   */
  resume?: Uint8Array;
  /** A state of a finished training: it goes on with new data. Columns keep their numbers, and a space what it learned. */
  update?: Uint8Array;
  /** Whether to return the state at the end. Default false. */
  keepState?: boolean;
  /** Whether to return the ids that were seen (see Training), `seen`, those set to 0 among them. Default false. */
  keepSeen?: boolean;
}

/** Options that do not shape the result, or are compared otherwise. */
const FREE = new Set(
  "kernels threads skipBad name signal onProgress space cache checkpoint resume update keepState keepSeen".split(" "),
);
/** Options that new data may have otherwise. */
const OF_DATA = new Set("epochs seed holdout holdoutEvery delimiter header base".split(" "));
const EVERY_SECONDS = 60;

/** What a streamed training begins with. */
export interface Session {
  readonly settings: State["settings"];
  readonly inputs: readonly Identity[];
  readonly start: State | null;
  /** Whether `start` is of the same training, over the same data. */
  readonly isResumed: boolean;
}

type Given = ResumeOptions & { solver?: string; space?: SpaceDefinition };

/**
 * Makes ready to train on an input, from a state where one is given. `kind`: what its ids are. Throws OptionError where
 * options differ from those of the state, ModelError where the state is damaged or of other data.
 */
export async function openSession(kind: string, input: Input, options: Given): Promise<Session> {
  checkOptions(options);
  const { resume, update } = options;
  const settings = settingsOf(kind, options);
  const inputs = await identify(input);
  const bytes = resume ?? update;
  const start = bytes ? decodeState(bytes) : null;
  const isResumed = resume !== undefined;
  if (start) {
    checkSettings(start.settings, settings, isResumed);
    checkSpace(start.space, options.space);
    if (isResumed) checkInputs(start.inputs, inputs);
    else if (!start.counts.isDone) throw new ModelError("update: the training of this state has not ended; resume it");
  }
  return { settings, inputs, start, isResumed };
}

function checkOptions({ checkpoint, resume, update }: ResumeOptions): void {
  for (const [name, state] of Object.entries({ resume, update })) {
    if (state !== undefined && !(state instanceof Uint8Array)) {
      throw new OptionError(`${name}: expected the bytes of a training state`);
    }
  }
  if (checkpoint === undefined) return;
  if (typeof checkpoint?.save !== "function")
    throw new OptionError("checkpoint: expected { save, … }, save a function");
  const { everyRows, everySeconds } = checkpoint;
  for (const [name, value] of Object.entries({ everyRows, everySeconds })) {
    if (value === undefined || (typeof value === "number" && value > 0)) continue;
    throw new OptionError(`checkpoint: ${name} ${value}: expected a number above 0`);
  }
}

/** The options that shape the result, as JSON has them; `base` stands for the state that is updated. */
function settingsOf(kind: string, options: Given): State["settings"] {
  const shaping = Object.entries(options).filter(([name, value]) => !FREE.has(name) && typeof value !== "function");
  const base = options.update && checksumOf(options.update);
  return JSON.parse(JSON.stringify({ kind, solver: options.solver, base, ...Object.fromEntries(shaping) }));
}

function checkSettings(then: State["settings"], now: State["settings"], isResumed: boolean): void {
  for (const name of new Set([...Object.keys(then), ...Object.keys(now)])) {
    if (!isResumed && OF_DATA.has(name)) continue;
    const [was, is] = [then, now].map((it) => (Object.hasOwn(it, name) ? JSON.stringify(it[name]) : "none"));
    if (was === is) continue;
    if (name === "base") throw new OptionError("the training state began from another state than update now gives");
    throw new OptionError(`${name}: the training state has ${was}, now it is ${is}`);
  }
}

function checkSpace(then: FeatureSpace | null, now: SpaceDefinition | undefined): void {
  const text = (definition: SpaceDefinition | undefined) => JSON.stringify(definition ?? null);
  if (text(then?.state.definition) !== text(now)) {
    throw new OptionError("space: the training state has another feature space");
  }
}

function checkInputs(then: readonly Identity[], now: readonly Identity[]): void {
  const changed = (problem: string) => new ModelError(`the training state is of other data: ${problem}`);
  if (then.length !== now.length) throw changed(`${then.length} inputs, now there are ${now.length}`);
  then.forEach((was, i) => {
    const is = now[i]!;
    if (was.name !== is.name) throw changed(`${was.name}, now ${is.name}`);
    if (was.size !== is.size) throw changed(`${was.name} had ${was.size ?? "?"} bytes, now ${is.size ?? "?"}`);
    if (was.modified !== is.modified) throw changed(`${was.name} has been written to since`);
  });
}

/** Returns what came before the data at hand. */
function earlierOf({ start, isResumed }: Session): Counts["earlier"] {
  if (!start) return { visits: 0, heldWeight: 0, rows: 0 };
  const { counts, settings } = start;
  if (isResumed) return counts.earlier;
  const { visits, heldWeight, earlier } = counts;
  const epochs = (settings.epochs as number | undefined) ?? 1;
  return { visits, heldWeight, rows: earlier.rows + (visits - earlier.visits) / epochs };
}

/** Saves a training when it is time. */
export class Keeper {
  /** Pass over the data at hand. */
  epoch = 1;
  /** What came before this data. */
  readonly earlier: Counts["earlier"];
  readonly #session: Session;
  readonly #learner: Learner;
  readonly #reader: RowReader;
  readonly #options: CheckpointOptions | undefined;
  /** Rows handled at the last save, −1 before the first. */
  #saved: number;
  #savedAt = performance.now();

  constructor(session: Session, learner: Learner, reader: RowReader, options: CheckpointOptions | undefined) {
    this.#session = session;
    this.#learner = learner;
    this.#reader = reader;
    this.#options = options;
    this.#saved = session.isResumed ? 0 : -1;
    this.earlier = earlierOf(session);
  }

  /** Declared dimension, over all data so far. */
  get declared(): number {
    return Math.max(this.#reader.declared, this.#session.start?.declared ?? 0);
  }

  /** Saves if it is time. */
  async tick(): Promise<void> {
    if (!this.#options) return;
    const { everyRows, everySeconds = everyRows === undefined ? EVERY_SECONDS : undefined } = this.#options;
    const rows = this.#learner.handled - Math.max(this.#saved, 0);
    const isDue =
      (everyRows !== undefined && rows >= everyRows) ||
      (everySeconds !== undefined && performance.now() - this.#savedAt >= 1000 * everySeconds);
    if (isDue) await this.save();
  }

  /** Saves what there is, if that is more than was saved. */
  async save(): Promise<void> {
    if (!this.#options) return;
    this.#learner.settle();
    if (this.#learner.handled !== this.#saved) await this.#keep(this.#state(false));
  }

  /** Saves the state of a training that has ended, and returns it when it is asked for. */
  async finish(isAsked: boolean): Promise<Uint8Array | null> {
    if (!this.#options && !isAsked) return null;
    const state = this.#state(true);
    if (this.#options) await this.#keep(state);
    return isAsked ? state : null;
  }

  async #keep(state: Uint8Array): Promise<void> {
    const { reached, handled } = this.#learner;
    await this.#options!.save(state, { epoch: this.epoch, row: reached });
    this.#saved = handled;
    this.#savedAt = performance.now();
  }

  #state(isDone: boolean): Uint8Array {
    const { epoch, earlier, declared } = this;
    const { counts, ...standing } = this.#learner.standing();
    return encodeState({
      ...{ settings: this.#session.settings, inputs: this.#session.inputs, space: this.#reader.space, declared },
      counts: { epoch, isDone, earlier, ...counts },
      ...standing,
    });
  }
}
