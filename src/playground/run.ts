import type { Client, Frame, Ready } from "./protocol.js";
import { lambdaOf, type State, withLambda } from "./state.js";

export interface Listeners {
  /** New data, and models that have not learned yet. */
  onReady(ready: Ready): void;
  onFrame(frame: Frame): void;
  /** The state has changed, or whether it plays. */
  onChange(): void;
  onError(error: Error): void;
}

/** Steps a frame at most, so that a busy machine falls behind the clock and not behind the visitor. */
const MOST_AT_ONCE = 100;
/** Moments of a replay that are shown. */
const MOMENTS = 200;

/** Three models in training: plays, pauses, steps, and comes again to where a link says. */
export class Run {
  #state: State;
  #isPlaying = false;
  /** Counts setups: answers to earlier ones are dropped. */
  #generation = 0;
  #isBusy = true;
  /** Whether the worker takes steps that it has not told of, and the strength chosen meanwhile. */
  #isUnderWay = false;
  #wanted: number | null = null;
  #due = 0;
  #before = 0;

  constructor(
    readonly client: Client,
    state: State,
    readonly listeners: Listeners,
  ) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** The strength chosen last. */
  get lambda(): number {
    return this.#wanted ?? lambdaOf(this.#state);
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** Begins anew with a state, and takes its steps. */
  async start(state: State): Promise<void> {
    const generation = ++this.#generation;
    this.#state = state;
    this.#isBusy = true;
    this.#isUnderWay = false;
    this.#wanted = null;
    this.#due = 0;
    this.listeners.onChange();
    try {
      const { data, noise, seed, rate, batch } = state;
      const ready = await this.client.ask("setUp", { data, noise, seed, rate, batch });
      if (generation !== this.#generation) return;
      this.listeners.onReady(ready);
      for (let step = 0; step < state.steps; ) {
        const next = state.lambdas.find(([from]) => from > step)?.[0] ?? state.steps;
        const steps = Math.min(next - step, Math.ceil(state.steps / MOMENTS));
        const lambda = state.lambdas.findLast(([from]) => from <= step)![1];
        const frame = await this.client.ask("advance", { steps, lambda, feature: this.#state.feature });
        if (generation !== this.#generation) return;
        step += steps;
        this.listeners.onFrame(frame);
      }
    } catch (error) {
      if (generation === this.#generation) this.#fail(error as Error);
    }
    if (generation === this.#generation) this.#isBusy = false;
  }

  play(): void {
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    this.#before = performance.now();
    this.#due = 1;
    requestAnimationFrame(this.#tick);
    this.listeners.onChange();
  }

  pause(): void {
    this.#isPlaying = false;
    this.listeners.onChange();
  }

  /** Takes one step. */
  step(): Promise<void> {
    this.pause();
    return this.#advance(1);
  }

  /** Changes what needs no new data: speed, the feature looked at, what is shown of real data. */
  change(part: Partial<Pick<State, "speed" | "feature" | "real" | "strength">>): void {
    this.#state = { ...this.#state, ...part };
    this.listeners.onChange();
  }

  /** Steps from the next on, of those that are not under way yet, are taken at this strength. */
  setLambda(lambda: number): void {
    if (this.#isUnderWay) this.#wanted = lambda;
    else this.#state = withLambda(this.#state, lambda);
    this.listeners.onChange();
  }

  readonly #tick = (now: number): void => {
    if (!this.#isPlaying) return;
    requestAnimationFrame(this.#tick);
    this.#due = Math.min(this.#due + ((now - this.#before) / 1000) * this.#state.speed, MOST_AT_ONCE);
    this.#before = now;
    const steps = Math.floor(this.#due);
    if (steps < 1 || this.#isBusy) return;
    this.#due -= steps;
    void this.#advance(steps);
  };

  async #advance(steps: number): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#isUnderWay = true;
    const generation = this.#generation;
    const { feature } = this.#state;
    try {
      const frame = await this.client.ask("advance", { steps, lambda: lambdaOf(this.#state), feature });
      if (generation !== this.#generation) return;
      this.#isUnderWay = false;
      this.#state = { ...this.#state, steps: frame.step };
      if (this.#wanted !== null) this.#state = withLambda(this.#state, this.#wanted);
      this.#wanted = null;
      this.listeners.onFrame(frame);
    } catch (error) {
      if (generation === this.#generation) this.#fail(error as Error);
    }
    if (generation === this.#generation) this.#isBusy = false;
  }

  #fail(error: Error): void {
    this.pause();
    this.listeners.onError(error);
  }
}
