import { byId, html } from "./dom.js";
import { lambdaText, weightText } from "./numbers.js";
import { type Frame, MODELS, type ModelFrame, type ModelName } from "./protocol.js";
import type { Feature } from "./synthetic.js";

/** The last step of one feature's weight in all three models, in numbers. */
export class Lens {
  readonly #select = byId<HTMLSelectElement>("lens-feature");

  constructor(onPick: (feature: number) => void) {
    this.#select.addEventListener("change", () => onPick(Number(this.#select.value)));
  }

  setUp(features: readonly Feature[]): void {
    const options = features.map(({ name, isSignal }, value) =>
      html("option", { value }, isSignal ? `${name} (it matters)` : name),
    );
    this.#select.replaceChildren(...options);
  }

  show(frame: Frame, feature: number, rate: number, lambda: number): void {
    this.#select.value = String(feature);
    for (const name of MODELS) byId(`lens-${name}`).textContent = told(name, frame.models[name], feature, rate, lambda);
  }
}

function told(name: ModelName, model: ModelFrame, feature: number, rate: number, lambda: number): string {
  const { before, gradient, weights } = model;
  const after = weightText(weights[feature] ?? 0);
  if (Number.isNaN(before)) return `starts at ${after}`;
  const slope = rate * gradient;
  const moved = before - slope;
  const step = `${weightText(before)} ${slope > 0 ? "−" : "+"} ${weightText(Math.abs(slope)).replace("+", "")} = ${weightText(moved)}`;
  if (name === "none") return step;
  if (name === "l2") return `${step}, ÷ ${Number((1 + rate * lambda).toPrecision(4))} = ${after}`;
  const take = lambdaText(rate * lambda);
  if (weights[feature] !== 0) return `${step}, then ${take} towards 0 = ${after}`;
  return moved === 0 ? `${step}: 0 stays 0` : `${step}, then ${take} towards 0 would cross it: 0`;
}
