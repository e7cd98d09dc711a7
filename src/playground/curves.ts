import { count } from "../report/text.js";
import { byId, set, svg } from "./dom.js";
import { type Frame, MODELS, type ModelFrame, type ModelName } from "./protocol.js";

const [WIDTH, HEIGHT] = [500, 150];
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 380, 10, 126];
/** Between two lines of text. */
const LINE = 14;
/** Moments that are kept; every second goes when there are more. */
const MOST_MOMENTS = 400;
const NAMES: Record<ModelName, string> = { none: "no penalty", l2: "L2", l1: "L1" };

interface Moment {
  step: number;
  values: Record<ModelName, number>;
}

/** What became of one number of the three models, step by step. */
export class Curve {
  readonly #svg: SVGSVGElement;
  readonly #lines: Record<ModelName, { line: SVGPolylineElement; label: SVGTextElement }>;
  readonly #ticks: SVGTextElement[];
  readonly #last: SVGTextElement;
  readonly #measure: (model: ModelFrame) => number;
  readonly #isFromZero: boolean;
  readonly #format: (value: number) => string;
  #moments: Moment[] = [];
  /** Steps between two moments at least. */
  #spacing = 1;

  constructor(
    id: string,
    measure: (model: ModelFrame) => number,
    { isFromZero, format = count }: { isFromZero: boolean; format?: (value: number) => string },
  ) {
    this.#svg = byId<SVGSVGElement>(id);
    this.#measure = measure;
    this.#isFromZero = isFromZero;
    this.#format = format;
    const lineOf = (name: ModelName) => ({
      line: svg("polyline", { class: `curve ${name}` }),
      label: svg("text", { class: `label ${name}`, x: RIGHT + 6 }, NAMES[name]),
    });
    this.#lines = { none: lineOf("none"), l2: lineOf("l2"), l1: lineOf("l1") };
    this.#ticks = [TOP, BOTTOM].map((y) => svg("text", { class: "tick", x: LEFT - 6, y: y + 4, "text-anchor": "end" }));
    this.#last = svg("text", { class: "tick", x: RIGHT, y: HEIGHT - 6, "text-anchor": "end" });
    set(this.#svg, { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
    this.#svg.append(
      svg("path", { class: "frame", d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` }),
      svg("text", { class: "tick", x: LEFT, y: HEIGHT - 6 }, "step 0"),
      ...this.#ticks,
      this.#last,
      ...MODELS.flatMap((name) => [this.#lines[name].line, this.#lines[name].label]),
    );
  }

  clear(): void {
    this.#moments = [];
    this.#spacing = 1;
  }

  add({ step, models }: Frame): void {
    const values = {} as Record<ModelName, number>;
    for (const name of MODELS) values[name] = this.#measure(models[name]);
    const before = this.#moments.at(-2);
    if (before && step - before.step < this.#spacing) this.#moments.pop();
    this.#moments.push({ step, values });
    if (this.#moments.length > MOST_MOMENTS) {
      this.#spacing *= 2;
      this.#moments = this.#moments.filter((_, i) => i % 2 === 0 || i === this.#moments.length - 1);
    }
  }

  draw(): void {
    const last = this.#moments.at(-1);
    if (!last) return;
    // The first steps fall from so high that nothing else could be seen.
    const shown = this.#isFromZero ? this.#moments : this.#moments.slice(Math.floor(this.#moments.length / 8));
    const all = shown.flatMap(({ values }) => MODELS.map((name) => values[name]));
    const least = this.#isFromZero ? 0 : Math.min(...all);
    const most = Math.max(...all, least + 1e-6);
    const x = (step: number) => LEFT + ((RIGHT - LEFT) * step) / Math.max(last.step, 1);
    const y = (value: number) => BOTTOM - ((BOTTOM - TOP) * (value - least)) / (most - least);
    this.#ticks[0]!.textContent = this.#format(most);
    this.#ticks[1]!.textContent = this.#format(least);
    this.#last.textContent = count(last.step);
    const places = apart(MODELS.map((name) => y(last.values[name])));
    for (const [i, name] of MODELS.entries()) {
      const { line, label } = this.#lines[name];
      const points = this.#moments.map(({ step, values }) => `${x(step).toFixed(1)},${y(values[name]).toFixed(1)}`);
      line.setAttribute("points", points.join(" "));
      set(label, { y: places[i]! + 4 });
      label.textContent = `${NAMES[name]} ${this.#format(last.values[name])}`;
    }
    const words = MODELS.map((name) => `${NAMES[name]} ${this.#format(last.values[name])}`).join(", ");
    set(this.#svg, { "aria-label": `At step ${last.step}: ${words}` });
  }
}

/** Moves labels so far apart that they can be read: down from the highest, then up from the lower end. */
function apart(places: readonly number[]): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  const result = [...places];
  for (let k = 1; k < order.length; k++) {
    result[order[k]!] = Math.max(result[order[k]!]!, result[order[k - 1]!]! + LINE);
  }
  let most = BOTTOM;
  for (const i of order.toReversed()) {
    result[i] = Math.min(result[i]!, most);
    most = result[i]! - LINE;
  }
  return result;
}
