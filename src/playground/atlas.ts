import { frontierChart } from "../report/charts/frontier.js";
import { pathChart } from "../report/charts/path.js";
import { count, size } from "../report/text.js";
import { byId, eachFrame, html, show } from "./dom.js";
import { CellMap } from "./map.js";
import { lambdaText, weightText } from "./numbers.js";
import { Client, type PointInBrief, type Source, type Survey } from "./protocol.js";
import type { Run } from "./run.js";

/** Begins to read when it is so near to be seen. */
const MARGIN = "300px";
/** Larger files would not fit in a page's memory. */
const MOST_BYTES = 200e6;

/** Real data: one model for each strength, of which a slider shows one. */
export class Atlas {
  readonly #client = new Client((message) => this.#fail(new Error(`The worker stopped: ${message}`)));
  readonly #run: Run;
  readonly #map = new CellMap();
  readonly #slider = byId<HTMLInputElement>("strength");
  readonly #select = byId<HTMLSelectElement>("real");
  readonly #target = byId<HTMLSelectElement>("target");
  readonly #drawCharts = eachFrame((at: number) => this.#charts(at));
  #survey: Survey | null = null;
  #source: Source = { kind: "towns" };
  /** Whether the visitor has chosen a strength of this survey. */
  #isChosen = false;
  /** Counts requests: answers to earlier ones are dropped. */
  #asked = 0;

  constructor(run: Run) {
    this.#run = run;
    this.#slider.addEventListener("input", () => {
      this.#isChosen = true;
      this.#show();
      const { points } = this.#survey!;
      run.change({ strength: Number(points[this.#at]!.lambda.toPrecision(4)) });
    });
    this.#select.addEventListener("change", () => {
      run.change({ real: this.#select.value, strength: 0 });
      void this.#open(sourceOf(this.#select.value), null);
    });
    this.#target.addEventListener("change", () => void this.#open(this.#source, this.#target.value));
    byId<HTMLInputElement>("file").addEventListener("change", (event) => {
      const file = (event.target as HTMLInputElement).files?.[0];
      if (file) this.#take(file);
    });
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file) this.#take(file);
    });
    const watch = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        watch.disconnect();
        void this.#begin();
      },
      { rootMargin: MARGIN },
    );
    watch.observe(byId("atlas"));
  }

  /** Lists what the host offers, and opens what the link says. */
  async #begin(): Promise<void> {
    const response = await fetch("tables.json");
    const tables = response.ok ? ((await response.json()) as string[]) : [];
    this.#select.append(...tables.map((name) => html("option", { value: name }, name)));
    const { real } = this.#run.state;
    const isThere = real === "towns" || tables.includes(real);
    if (!isThere) this.#run.change({ real: "towns", strength: 0 });
    if (!this.#asked) await this.#open(sourceOf(isThere ? real : "towns"), null);
  }

  #take(file: File): void {
    byId("atlas").scrollIntoView();
    if (file.size > MOST_BYTES) {
      this.#fail(new Error(`${file.name}: ${size(file.size)}, but at most ${size(MOST_BYTES)} fit in a page`));
      return;
    }
    void this.#open({ kind: "file", file }, null);
  }

  async #open(source: Source, target: string | null): Promise<void> {
    const asked = ++this.#asked;
    const progress = byId("progress");
    byId("atlas-error").hidden = true;
    progress.hidden = false;
    let isBegun = false;
    const grow = (survey: Survey) => {
      if (!isBegun) this.#setUp(source, survey);
      isBegun = true;
      this.#grow(survey);
    };
    try {
      const survey = await this.#client.ask("survey", { source, target }, (told) => {
        if (asked !== this.#asked) return;
        if (typeof told === "string") progress.textContent = told;
        else grow(told);
      });
      if (asked === this.#asked) grow(survey);
    } catch (error) {
      if (asked === this.#asked) this.#fail(error as Error);
    }
    if (asked === this.#asked) progress.hidden = true;
  }

  #fail({ message }: Error): void {
    const box = byId("atlas-error");
    box.textContent = `${message}${this.#survey ? " What is shown is what was there before." : ""}`;
    box.hidden = false;
  }

  /** Shows what a survey is of. */
  #setUp(source: Source, { targets, target, notes, rows, heldOut, features, question }: Survey): void {
    this.#source = source;
    this.#isChosen = false;
    this.#select.querySelector("option[value='']")?.remove();
    if (source.kind === "file") this.#select.append(html("option", { value: "" }, source.file.name));
    this.#select.value = source.kind === "file" ? "" : source.kind === "table" ? source.name : "towns";
    this.#target.replaceChildren(...targets.map((name) => html("option", { value: name }, name)));
    this.#target.value = target;
    byId("target-label").hidden = targets.length === 0;
    byId("question").textContent = question;
    byId("facts").textContent =
      `${count(rows)} rows to learn from, ${count(heldOut)} held out. Features: ${features.join(", ")}.` +
      notes.map((note) => ` ${note}.`).join("");
    byId("atlas-body").hidden = false;
  }

  /** Shows what there is of a survey: while it grows its last model, at its end that of the link, or the best. */
  #grow(survey: Survey): void {
    this.#survey = survey;
    const { points, strengths, best, cells, l2 } = survey;
    this.#slider.max = String(strengths - 1);
    if (!this.#isChosen) {
      const { strength } = this.#run.state;
      const isLinked = strength > 0 && this.#source.kind !== "file";
      const at = l2 === null ? points.length - 1 : isLinked ? nearest(points, strength) : best;
      this.#slider.value = String(strengths - 1 - at);
    }
    this.#map.setUp(
      cells,
      points.map((it) => it.cells),
    );
    this.#show();
  }

  /** The strongest λ is at the right. */
  get #at(): number {
    const { points, strengths } = this.#survey!;
    return Math.min(strengths - 1 - this.#slider.valueAsNumber, points.length - 1);
  }

  #show(): void {
    const survey = this.#survey!;
    const point = survey.points[this.#at]!;
    this.#slider.setAttribute("aria-valuetext", `λ ${lambdaText(point.lambda)}, ${count(point.kept)} weights`);
    byId("strength-value").textContent = lambdaText(point.lambda);
    this.#states(survey, point);
    this.#map.show(point.cells);
    this.#drawCharts(this.#at);
  }

  /** What became of the declared dimensions, and how that compares. */
  #states({ declared, seen, l2 }: Survey, { kept, bytes, loss, top }: PointInBrief): void {
    const text = (id: string, words: string) => {
      byId(id).textContent = words;
    };
    text("never", count(declared - seen));
    text("zeroed", count(seen - kept));
    text("kept", count(kept));
    text("model-l1", `${count(kept)} weights, ${size(bytes)}, loss ${(loss.validation ?? loss.train).toFixed(4)}`);
    text("model-l2", l2 ? `${count(l2.kept)} weights, ${size(l2.bytes)}, loss ${l2.loss.toFixed(4)}` : "…");
    byId("top").replaceChildren(
      ...top.map(({ name, weight }) => {
        const value = html("span", { class: weight > 0 ? "plus" : "minus" }, weightText(weight));
        return html("li", {}, value, ` ${name}`);
      }),
    );
  }

  #charts(at: number): void {
    const { points, drawn } = this.#survey!;
    const models = points.filter(({ kept }) => kept > 0).map(({ kept, loss }) => ({ size: kept, loss }));
    const { kept, loss, lambda } = points[at]!;
    const chosen = kept > 0 ? { size: kept, loss } : null;
    show(byId("frontier"), frontierChart({ points: models, unit: "weights kept", chosen }));
    const lambdas = points.map(({ lambda }) => lambda);
    show(byId("path"), pathChart({ lambdas, kept: points.map(({ kept }) => kept), weights: drawn, chosen: lambda }));
  }
}

function sourceOf(name: string): Source {
  return name === "towns" ? { kind: "towns" } : { kind: "table", name };
}

/** Which point's λ is the nearest. */
function nearest(points: readonly PointInBrief[], lambda: number): number {
  const distances = points.map((it) => Math.abs(Math.log(it.lambda / lambda)));
  return distances.indexOf(Math.min(...distances));
}
