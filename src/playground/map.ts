import { count } from "../report/text.js";
import { byId, eachFrame, set } from "./dom.js";

/** Smallest cell, in pixels. */
const SMALLEST = 1.5;
/** Tallest map, in pixels. */
const TALLEST = 520;
/** A kept weight is seen, however small. */
const FAINTEST = 0.45;

/** A map of cells: kept ones by sign and size, those set to zero faint, and where training met none the ground. */
export class CellMap {
  readonly #canvas = byId<HTMLCanvasElement>("map");
  readonly #redraw = eachFrame(() => this.#draw());
  #cells: Float32Array | null = null;
  #weights: Float32Array = new Float32Array();
  /** Largest weight on the whole path: colours stay when λ moves, so that cells fade. */
  #largest = 1;

  constructor() {
    new ResizeObserver(() => this.#redraw(null)).observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw(null));
  }

  /** Takes new cells; null where there is no map. */
  setUp(cells: Float32Array | null, paths: readonly (Float32Array | null)[]): void {
    this.#cells = cells;
    this.#largest = paths.reduce(
      (most, weights) => weights?.reduce((m, w) => Math.max(m, Math.abs(w)), most) ?? most,
      1e-9,
    );
    byId("map-figure").hidden = !cells;
  }

  show(weights: Float32Array | null): void {
    this.#weights = weights ?? new Float32Array();
    const kept = this.#weights.reduce((sum, it) => sum + Number(it !== 0), 0);
    const text = `${count(kept)} of ${count(this.#weights.length)} cells have a weight; the others are exactly 0.`;
    byId("map-words").textContent = text;
    set(this.#canvas, { "aria-label": `Map. ${text}` });
    this.#redraw(null);
  }

  #draw(): void {
    const cells = this.#cells;
    const context = this.#canvas.getContext("2d");
    if (!cells || !context || this.#canvas.clientWidth === 0) return;
    const [west, east, south, north] = boundsOf(cells);
    // Equirectangular, true to scale in the middle.
    const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
    const width = this.#canvas.clientWidth;
    const scale = Math.min(width / ((east - west) * squeeze), TALLEST / (north - south));
    const height = (north - south) * scale;
    const margin = (width - (east - west) * squeeze * scale) / 2;
    const x = (at: number) => margin + (at - west) * squeeze * scale;
    const y = (at: number) => (north - at) * scale;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = width * devicePixelRatio;
    this.#canvas.height = height * devicePixelRatio;
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(this.#canvas);
    const [plus, minus, zero] = ["--plus", "--minus", "--zero"].map((it) => style.getPropertyValue(it)) as [
      string,
      string,
      string,
    ];
    for (let k = 0; k < this.#weights.length; k++) {
      const w = this.#weights[k]!;
      const [left, right, bottom, top] = [cells[4 * k]!, cells[4 * k + 1]!, cells[4 * k + 2]!, cells[4 * k + 3]!];
      context.fillStyle = w > 0 ? plus : w < 0 ? minus : zero;
      context.globalAlpha = w === 0 ? 0.35 : FAINTEST + (1 - FAINTEST) * Math.sqrt(Math.abs(w) / this.#largest);
      context.fillRect(x(left), y(top), Math.max(x(right) - x(left), SMALLEST), Math.max(y(bottom) - y(top), SMALLEST));
    }
  }
}

function boundsOf(cells: Float32Array): [west: number, east: number, south: number, north: number] {
  const bounds: [number, number, number, number] = [180, -180, 90, -90];
  for (let k = 0; k < cells.length; k += 4) {
    bounds[0] = Math.min(bounds[0], cells[k]!);
    bounds[1] = Math.max(bounds[1], cells[k + 1]!);
    bounds[2] = Math.min(bounds[2], cells[k + 2]!);
    bounds[3] = Math.max(bounds[3], cells[k + 3]!);
  }
  return bounds;
}
