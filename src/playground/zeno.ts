import { signed } from "../report/charts/axis.js";
import { byId, set, svg } from "./dom.js";
import { weightText } from "./numbers.js";
import type { Client, Walks } from "./protocol.js";

/** What the walk begins with, what L1 takes from it a step, and what L2 divides it by, less 1. */
const WALK = { start: 1, take: 0.3, share: 1, steps: 60 } as const;

const [WIDTH, HEIGHT] = [560, 320];
const [LEFT, RIGHT, TOP, BOTTOM, ZERO] = [48, 540, 18, 246, 278];
const STEPS_A_SECOND = 2.5;

/** One weight that the data say nothing about: L2 halves it for ever, L1 walks it to 0. */
export class Zeno {
  readonly #svg = byId<SVGSVGElement>("zeno-plot");
  readonly #line = byId<SVGSVGElement>("zeno-line");
  readonly #button = byId<HTMLButtonElement>("zeno-play");
  #walks: Walks | null = null;
  #step = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(client: Client) {
    set(this.#svg, { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
    set(this.#line, { viewBox: `0 0 ${WIDTH} 84` });
    this.#button.addEventListener("click", () => (this.#timer ? this.#stop() : this.#play()));
    byId("zeno-step").addEventListener("click", () => {
      this.#stop();
      this.#go(this.#step + 1);
    });
    byId("zeno-restart").addEventListener("click", () => {
      this.#stop();
      this.#go(0);
    });
    void client.ask("walk", WALK).then((walks) => {
      this.#walks = walks;
      this.#go(0);
    });
  }

  #play(): void {
    if (this.#step >= WALK.steps) this.#go(0);
    this.#button.textContent = "Pause";
    this.#timer = setInterval(() => this.#go(this.#step + 1), 1000 / STEPS_A_SECOND);
  }

  #stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#button.textContent = "Play";
  }

  #go(step: number): void {
    if (!this.#walks) return;
    this.#step = Math.min(step, WALK.steps);
    if (this.#step === WALK.steps) this.#stop();
    this.#draw(this.#walks);
    this.#say(this.#walks);
  }

  #draw({ l1, l2 }: Walks): void {
    const columns = Math.max(12, this.#step + 2);
    const decades = Math.max(4, 2 + Math.ceil(-Math.log10(l2[this.#step]!)));
    const x = (step: number) => LEFT + ((RIGHT - LEFT) * step) / columns;
    const y = (w: number) => (w === 0 ? ZERO : TOP + ((BOTTOM - TOP) * -Math.log10(w)) / decades);
    const grid = Array.from({ length: decades + 1 }, (_, k) => k).filter((k) => k % Math.ceil(decades / 6) === 0);
    const dots = (walk: readonly number[], name: string, r: number) =>
      walk.slice(0, this.#step + 1).map((w, step) => svg("circle", { class: name, cx: x(step), cy: y(w), r }));
    this.#svg.replaceChildren(
      ...grid.map((k) => svg("path", { class: "grid", d: `M${LEFT} ${y(10 ** -k)}H${RIGHT}` })),
      ...grid.map((k) =>
        svg("text", { class: "tick", x: LEFT - 8, y: y(10 ** -k) + 4, "text-anchor": "end" }, power(k)),
      ),
      svg("path", { class: "break", d: `M${LEFT} ${BOTTOM + 8}h6l4 -5l8 10l4 -5H${RIGHT}` }),
      svg("path", { class: "frame", d: `M${LEFT} ${ZERO}H${RIGHT}` }),
      svg("text", { class: "tick zero", x: LEFT - 8, y: ZERO + 4, "text-anchor": "end" }, "0"),
      svg("text", { class: "tick", x: LEFT, y: HEIGHT - 16 }, `step ${this.#step}`),
      ...dots(l2, "walker l2", 4.5),
      ...dots(l1, "walker l1", 4.5),
      svg("text", { class: "label l2", x: x(this.#step) + 9, y: y(l2[this.#step]!) - 6 }, "L2"),
      svg(
        "text",
        { class: "label l1", x: x(this.#step) + 9, y: y(l1[this.#step]!) + (this.#step === 0 ? 18 : -6) },
        "L1",
      ),
    );
    const words = `After ${this.#step} steps: L2 ${weightText(l2[this.#step]!)}, L1 ${weightText(l1[this.#step]!)}`;
    set(this.#svg, { "aria-label": words });
    this.#drawLine(l1);
  }

  /** The last step of L1 on a line of numbers: where it wants to go, and where it lands. */
  #drawLine(l1: readonly number[]): void {
    const x = (w: number) => LEFT + ((w + 0.35) / 1.4) * (RIGHT - LEFT);
    const [y, to] = [42, l1[this.#step]!];
    const from = this.#step > 0 ? l1[this.#step - 1]! : to;
    const aim = from - WALK.take;
    const crosses = from > 0 && aim < 0;
    const ticks = [-0.2, 0, 0.1, 0.4, 0.7, 1];
    const arrow = (a: number, b: number, name: string) =>
      svg("path", { class: name, d: `M${x(a)} ${y - 12}C${x(a)} ${y - 34} ${x(b)} ${y - 34} ${x(b)} ${y - 12}` });
    this.#line.replaceChildren(
      svg("path", { class: "frame", d: `M${LEFT} ${y}H${RIGHT}` }),
      svg("path", { class: "wall", d: `M${x(0)} ${y - 16}V${y + 16}` }),
      ...ticks.map((it) => svg("path", { class: "frame", d: `M${x(it)} ${y - 4}v8` })),
      ...ticks.map((it) =>
        svg(
          "text",
          { class: "tick", x: x(it), y: y + 30, "text-anchor": "middle" },
          it === 0 ? "0" : weightText(it, 1),
        ),
      ),
      ...(from !== to ? [arrow(from, to, "arrow")] : []),
      ...(crosses
        ? [arrow(0, aim, "arrow ghost"), svg("circle", { class: "walker ghost", cx: x(aim), cy: y, r: 6 })]
        : []),
      svg("circle", { class: "walker l1", cx: x(to), cy: y, r: 7 }),
    );
    set(this.#line, {
      "aria-label": crosses ? "The step would end beyond 0 and lands on 0" : `L1's weight is ${weightText(to)}`,
    });
  }

  /** The arithmetic of the last step. */
  #say({ l1, l2 }: Walks): void {
    const k = this.#step;
    const [before, after] = [l1[k - 1], l1[k]!];
    byId("zeno-l2").textContent =
      k === 0 ? `starts at ${plain(l2[0]!)}` : `${plain(l2[k - 1]!)} ÷ 2 = ${plain(l2[k]!)}: smaller, never 0`;
    byId("zeno-l1").textContent =
      before === undefined
        ? `starts at ${plain(after)}`
        : before === 0
          ? "0 stays 0: nothing to store, nothing to compute"
          : after === 0
            ? `${plain(before)} − 0.3 = ${plain(before - WALK.take)} would cross 0, so it lands on exactly 0`
            : `${plain(before)} − 0.3 = ${plain(after)}`;
  }
}

function plain(number: number): string {
  return signed(Number(number.toPrecision(4)));
}

function power(k: number): string {
  return k === 0
    ? "1"
    : k < 4
      ? String(10 ** -k)
      : `10⁻${String(k).replace(/./g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]!)}`;
}
