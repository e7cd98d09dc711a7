import { count, plural, size } from "../report/text.js";
import { byId, set, svg } from "./dom.js";
import { weightText } from "./numbers.js";
import type { ModelFrame, ModelName } from "./protocol.js";
import type { Feature } from "./synthetic.js";

const HEIGHT = 330;
const [LEFT, TOP, BOTTOM] = [7, 7, 323];
const RADIUS = 9;
/** A weight of 1 is drawn this wide, less where lines are many; none wider than the widest. All that are not 0 are seen. */
const WIDTH_OF_ONE = 5;
const WIDEST = 9;
const MANY = 60;
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
  #width = HEIGHT;
  readonly #output = svg("circle", { class: "output", r: RADIUS });

  constructor(
    readonly name: ModelName,
    onPick: (feature: number) => void,
  ) {
    this.#svg = byId<SVGSVGElement>(`network-${name}`);
    this.#kept = byId(`kept-${name}`);
    this.#bytes = byId(`bytes-${name}`);
    this.#loss = byId(`loss-${name}`);
    new ResizeObserver(() => this.#lay()).observe(this.#svg);
    this.#svg.addEventListener("click", (event) => {
      const y = ((event.clientY - this.#svg.getBoundingClientRect().top) / this.#svg.clientHeight) * HEIGHT;
      const place = ((y - TOP) / (BOTTOM - TOP)) * (this.#links.length - 1);
      onPick(Math.max(0, Math.min(this.#links.length - 1, Math.round(place))));
    });
  }

  /** Draws the features anew. */
  setUp(features: Feature[]): void {
    this.#features = features;
    this.#links = features.map(({ name, isSignal }) => {
      const dot = svg("circle", { class: isSignal ? "dot signal" : "dot", cx: LEFT, r: isSignal ? 4 : 2 });
      dot.append(svg("title", {}, isSignal ? `${name} (it matters)` : name));
      return { line: svg("path", { class: "link gone" }), dot, width: 0, isPlus: false };
    });
    this.#svg.replaceChildren(
      svg("g", {}, ...this.#links.map(({ line }) => line)),
      svg("g", {}, ...this.#links.map(({ dot }) => dot)),
      this.#output,
    );
    this.#lay();
  }

  /** Lays lines and dots out in the place that there is. */
  #lay(): void {
    const { clientWidth, clientHeight } = this.#svg;
    if (clientHeight === 0) return;
    this.#width = Math.round((HEIGHT * clientWidth) / clientHeight);
    set(this.#svg, { viewBox: `0 0 ${this.#width} ${HEIGHT}` });
    const right = this.#width - 2 * RADIUS - 2;
    const [bend, middle] = [LEFT + 0.55 * (right - LEFT), HEIGHT / 2];
    for (const [j, { line, dot }] of this.#links.entries()) {
      const y = TOP + (j * (BOTTOM - TOP)) / (this.#links.length - 1);
      set(line, { d: `M${LEFT} ${y}C${bend} ${y} ${bend} ${middle} ${right} ${middle}` });
      set(dot, { cy: y });
    }
    set(this.#output, { cx: right + RADIUS, cy: middle });
  }

  draw({ weights, kept, loss }: ModelFrame): void {
    const room = Math.min(1, (MANY / weights.length) ** 2);
    for (const [j, link] of this.#links.entries()) {
      const w = weights[j]!;
      const exact = THINNEST + room * Math.min(WIDTH_OF_ONE * Math.abs(w), WIDEST);
      const width = w === 0 ? 0 : Math.round(100 * exact) / 100;
      if (width !== link.width || w > 0 !== link.isPlus) {
        set(link.line, {
          class: width === 0 ? "link gone" : w > 0 ? "link plus" : "link minus",
          "stroke-width": width,
        });
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

  /** A copy whose looks do not depend on the page's style. */
  get copy(): SVGSVGElement {
    const copy = this.#svg.cloneNode(true) as SVGSVGElement;
    const ours = this.#svg.querySelectorAll("path, circle");
    for (const [i, element] of copy.querySelectorAll("path, circle").entries()) {
      const { fill, stroke, strokeOpacity, strokeWidth, display } = getComputedStyle(ours[i]!);
      set(element, { fill, stroke, "stroke-opacity": strokeOpacity, "stroke-width": strokeWidth, display });
    }
    set(copy, { width: this.#width, height: HEIGHT });
    return copy;
  }
}

/** All networks as one picture. */
export function pictureOf(networks: readonly Network[]): string {
  const whole = svg("svg", {});
  let width = 0;
  for (const { copy } of networks) {
    set(copy, { x: width });
    width += Number(copy.getAttribute("width"));
    whole.append(copy);
  }
  set(whole, { viewBox: `0 0 ${width} ${HEIGHT}` });
  return new XMLSerializer().serializeToString(whole);
}
