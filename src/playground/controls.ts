import { byId, html } from "./dom.js";
import { lambdaText } from "./numbers.js";
import type { Run } from "./run.js";
import { BATCHES, LAMBDA, RATES, SPEEDS, type State, stateOf } from "./state.js";
import { SYNTHETIC, type SyntheticName } from "./synthetic.js";

/** Slider positions a decade. */
const FINENESS = 20;
const positionOf = (value: number) => Math.round(Math.log10(value) * FINENESS);
const valueAt = (position: number) => Number((10 ** (position / FINENESS)).toPrecision(3));

/** Buttons, sliders and keys, all of which say and change the state of a run. */
export class Controls {
  readonly #run: Run;
  readonly #play = byId<HTMLButtonElement>("play-button");
  readonly #lambda = byId<HTMLInputElement>("lambda");
  readonly #noise = byId<HTMLInputElement>("noise");
  readonly #rate = byId<HTMLInputElement>("rate");
  readonly #seed = byId<HTMLInputElement>("seed");
  readonly #data = byId<HTMLSelectElement>("data");
  readonly #speed = byId<HTMLSelectElement>("speed");
  readonly #batch = byId<HTMLSelectElement>("batch");

  constructor(run: Run) {
    this.#run = run;
    const option = (value: string | number, text: string) => html("option", { value }, text);
    this.#data.append(...Object.entries(SYNTHETIC).map(([name, { title }]) => option(name, title)));
    this.#speed.append(...SPEEDS.map((it) => option(it, it === 1 ? "1 step a second" : `${it} steps a second`)));
    this.#batch.append(...BATCHES.map((it) => option(it, it === 0 ? "all" : String(it))));
    range(this.#lambda, LAMBDA);
    range(this.#rate, RATES);

    this.#play.addEventListener("click", () => this.#toggle());
    byId("step-button").addEventListener("click", () => void run.step());
    byId("restart-button").addEventListener("click", () => this.#restart());
    byId("dice").addEventListener("click", () => this.#begin({ seed: (run.state.seed % 999) + 1 }));
    this.#lambda.addEventListener("input", () => run.setLambda(valueAt(this.#lambda.valueAsNumber)));
    this.#speed.addEventListener("change", () => run.change({ speed: Number(this.#speed.value) }));
    this.#noise.addEventListener("change", () => this.#begin({ noise: this.#noise.valueAsNumber }));
    this.#rate.addEventListener("change", () => this.#begin({ rate: valueAt(this.#rate.valueAsNumber) }));
    this.#batch.addEventListener("change", () => this.#begin({ batch: Number(this.#batch.value) }));
    this.#seed.addEventListener("change", () => {
      if (this.#seed.checkValidity() && this.#seed.value !== "") this.#begin({ seed: this.#seed.valueAsNumber });
      else this.#seed.reportValidity();
    });
    this.#data.addEventListener("change", () => {
      const { noise, seed, speed, real, strength } = run.state;
      const fresh = stateOf(this.#data.value as SyntheticName);
      void run.start({ ...fresh, noise, seed, speed, real, strength });
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Shows a state. A slider that is being moved shows it already. */
  show(): void {
    const { isPlaying, state } = this.#run;
    const { lambda } = this.#run;
    this.#play.textContent = isPlaying ? "Pause" : "Play";
    this.#play.classList.toggle("playing", isPlaying);
    this.#lambda.value = String(positionOf(lambda));
    this.#lambda.setAttribute("aria-valuetext", lambdaText(lambda));
    byId("lambda-value").textContent = lambdaText(lambda);
    this.#rate.value = String(positionOf(state.rate));
    this.#rate.setAttribute("aria-valuetext", String(state.rate));
    byId("rate-value").textContent = String(state.rate);
    this.#noise.value = String(state.noise);
    byId("noise-value").textContent = `${Math.round(100 * state.noise)}%`;
    this.#seed.value = String(state.seed);
    this.#data.value = state.data;
    this.#speed.value = String(state.speed);
    this.#batch.value = String(state.batch);
    byId("about").textContent = SYNTHETIC[state.data].about;
  }

  #toggle(): void {
    if (this.#run.isPlaying) this.#run.pause();
    else this.#run.play();
  }

  /** From step 0, at the strength of now. */
  #restart(): void {
    this.#run.pause();
    this.#begin({});
  }

  #begin(part: Partial<State>): void {
    const { state } = this.#run;
    void this.#run.start({ ...state, ...part, steps: 0, lambdas: [[0, this.#run.lambda]] });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Those keys mean something else to what has the focus.
    if ((event.target as Element).closest("input, select, textarea, button, summary, a")) return;
    const move = (by: number) => {
      const position = Math.max(positionOf(LAMBDA.least), positionOf(this.#run.lambda) + by);
      this.#run.setLambda(valueAt(Math.min(position, positionOf(LAMBDA.most))));
    };
    const keys: Record<string, () => void> = {
      " ": () => this.#toggle(),
      s: () => void this.#run.step(),
      r: () => this.#restart(),
      "[": () => move(-1),
      "]": () => move(1),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

function range(slider: HTMLInputElement, { least, most }: { least: number; most: number }): void {
  slider.min = String(positionOf(least));
  slider.max = String(positionOf(most));
}
