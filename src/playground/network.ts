import { count, plural, size } from "../report/text.js";
import { byId, set, svg } from "./dom.js";
import { weightText } from "./numbers.js";
import type { ModelFrame, ModelName } from "./protocol.js";
import type { Feature } from "./synthetic.js";

const [WIDTH, HEIGHT] = [320, 340];
const [LEFT, RIGHT, TOP, BOTTOM] = [26, 286, 12, 328];
/** A weight of 1 is drawn this wide; none wider than the widest. Every one that is not 0 is seen. */
const WIDTH_OF_ONE = 5;
const WIDEST = 9;
const THINNEST = 0.35;
/** What a kept weight takes in memory: an id and a number. */
export const BYTES_A_WEIGHT = 12;

/** One model's features, each with a line to the output that is as wide as its weight; a weight of 0 has none. */
export class Network {
  readonly #svg: SVGSVGElement;
  readonly #kept: HTMLElement;
  readonly #bytes: HTMLElement;
  readonly #loss: HTMLElement;
  #links: { line: SVGPathElement; dot: SVGCircleElement; width: number; isPlus: boolean }[] = [];
  #features: Feature[] = [];

  constructor(readonly name: ModelName, onPick: (feature: number) => void) {
    this.#svg = byId<SVGSVGElement>(`network-${name}`);
    this.#kept = byId(`kept-${name}`);
    this.#bytes = byId(`bytes-${name}`);
    this.#loss = byId(`loss-${name}`);
    set(this.#svg, { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
    this.#svg.addEventListener("click", (event) => {
      const y = ((event.clientY - this.#svg.getBoundingClientRect().top) / this.#svg.clientHeight) * HEIGHT;
      const place = ((y - TOP) / (BOTTOM - TOP)) * (this.#links.length - 1);
      onPick(Math.max(0, Math.min(this.#links.length - 1, Math.round(place))));
    });
  }

  /** Draws the features anew. */
  setUp(features: Feature[]): void {
    this.#features = features;
    const step = (BOTTOM - TOP) / (features.length - 1);
    const middle = (TOP + BOTTOM) / 2;
    this.#links = features.map(({ name, isSignal }, j) => {
      const y = TOP + j * step;
      const bend = LEFT + 0.55 * (RIGHT - LEFT);
      const line = svg("path", { class: "link", d: `M${LEFT} ${y}C${bend} ${y} ${bend} ${middle} ${RIGHT} ${middle}` });
      const dot = svg("circle", { class: isSignal ? "dot signal" : "dot", cx: LEFT, cy: y, r: isSignal ? 4 : 2 });
      dot.append(svg("title", {}, isSignal ? `${name} (it matters)` : name));
      return { line, dot, width: Number.NaN, isPlus: true };
    });
    this.#svg.replaceChildren(
      svg("g", { class: "links" }, ...this.#links.map(({ line }) => line)),
      svg("g", {}, ...this.#links.map(({ dot }) => dot)),
      svg("circle", { class: "output", cx: RIGHT + 7, cy: middle, r: 9 }),
    );
  }

  draw({ weights, kept, loss }: ModelFrame): void {
    for (const [j, link] of this.#links.entries()) {
      const w = weights[j]!;
      const width = w === 0 ? 0 : Math.round(100 * Math.min(THINNEST + WIDTH_OF_ONE * Math.abs(w), WIDEST)) / 100;
      if (width !== link.width || w > 0 !== link.isPlus) {
        set(link.line, { class: width === 0 ? "link gone" : w > 0 ? "link plus" : "link minus", "stroke-width": width });
        link.dot.classList.toggle("gone", width === 0);
        link.width = width;
        link.isPlus = w > 0;
      }
    }
    this.#kept.textContent = count(kept);
    this.#bytes.textContent = size(BYTES_A_WEIGHT * kept);
    this.#loss.textContent = loss.toFixed(3);
  }

  /** Says in words what is drawn: not with every frame, as nobody can listen so fast. */
  describe({ weights, kept }: ModelFrame): void {
    const signals = this.#features.filter(({ isSignal }, j) => isSignal && weights[j] !== 0).length;
    const all = this.#features.filter(({ isSignal }) => isSignal).length;
    const largest = weights.reduce((best, w, j) => (Math.abs(w) > Math.abs(weights[best]!) ? j : best), 0);
    const text =
      `${plural(kept, "weight")} of ${weights.length} not 0, among them ${signals} of the ${all} that matter. ` +
      `The largest is that of ${this.#features[largest]!.name}, ${weightText(weights[largest]!)}.`;
    this.#svg.setAttribute("aria-label", text);
  }

  /** Marks the feature under the lens. */
  mark(feature: number): void {
    for (const [j, { dot }] of this.#links.entries()) dot.classList.toggle("marked", j === feature);
  }

  /** The picture as a file of its own. */
  get markup(): string {
    const copy = this.#svg.cloneNode(true) as SVGSVGElement;
    return new XMLSerializer().serializeToString(copy);
  }
}
