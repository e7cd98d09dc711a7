import { OptionError } from "../errors.js";
import { check } from "./container.js";
import type { Model } from "./model.js";
import { checkRuns, encodeRice, readNumber, start } from "./rice.js";

/**
 * How weights are written: in single precision, as they are; as multiples of a step that is the largest weight / 127 or
 * / 32,767; or with whatever step takes the fewest bytes and changes no margin by more than a bound. (Half precision
 * would take 16 bits a weight; for the same largest change, multiples take 12.)
 */
export type Quantize = "f32" | "int16" | "int8" | `auto:${number}`;

/** How far what is read back is from what was written; all 0 for weights as they are. */
export interface Change {
  /** Largest change of one weight. A margin x·w + b changes by no more than this times Σ |xⱼ|. */
  weight: number;
  /**
   * Largest change of any record's margin, but for the rounding of its sum: Σ over features of the largest change of
   * a weight of theirs. null where features may have other values than one 1, as numbers and tokens do, or no names.
   */
  margin: number | null;
}

/** Weights as they are written. Those that round to 0 are left out. */
export interface WrittenWeights {
  /** What they are multiples of; null for weights as they are. */
  step: number | null;
  bytes: Uint8Array;
  /** Those of the model that are written. */
  ids: Float64Array;
  change: Change;
}

/** Multiples of a step are read as 16 bits. */
const MOST_STEPS = 32767;
/** Returns a model's weights as they are written. */
export function writeWeights(model: Model, quantize: Quantize): WrittenWeights {
  const largest = model.values.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (quantize === "f32") return writeSingle(model);
  if (quantize === "int8") return writeSteps(model, largest / 127 || 1);
  if (quantize === "int16") return writeSteps(model, largest / MOST_STEPS || 1);
  const bound = boundOf(quantize);
  // Half a step is the most that a weight changes; the last bits are left to the rounding of products.
  const step = ((2 * bound) / entriesOf(model)) * (1 - 2 ** -20);
  const single = writeSingle(model);
  if (largest > step * MOST_STEPS) return single;
  const steps = writeSteps(model, step);
  const isWithin = (steps.change.margin ?? steps.change.weight) <= bound;
  return isWithin && steps.bytes.length < single.bytes.length ? steps : single;
}

/** Throws OptionError unless `quantize` is a way to write weights. */
export function checkQuantize(quantize: unknown): asserts quantize is Quantize {
  if (["f32", "int16", "int8"].includes(quantize as string)) return;
  if (!(String(quantize).startsWith("auto:") && boundOf(String(quantize)) > 0)) {
    throw new OptionError(`quantize ${quantize}: expected f32, int16, int8 or auto:bound, as auto:1e-3`);
  }
}

function boundOf(quantize: string): number {
  const bound = Number(quantize.slice("auto:".length) || Number.NaN);
  return Number.isFinite(bound) ? bound : Number.NaN;
}

function writeSingle(model: Model): WrittenWeights {
  const view = new DataView(new ArrayBuffer(4 * model.kept));
  model.values.forEach((weight, i) => {
    view.setFloat32(4 * i, weight, true);
  });
  return { step: null, bytes: new Uint8Array(view.buffer), ids: model.ids, change: { weight: 0, margin: 0 } };
}

function writeSteps(model: Model, step: number): WrittenWeights {
  const steps = Array.from(model.values, (weight) => Math.round(weight / step));
  const numbers = steps.filter((it) => it !== 0).map(codeOf);
  return {
    step,
    bytes: encodeRice(numbers),
    ids: model.ids.filter((_, i) => steps[i] !== 0),
    change: changeOf(
      model,
      steps.map((it) => Math.fround(it * step)),
    ),
  };
}

/** Of how many weights a margin may be, where that is known; else 1. */
function entriesOf(model: Model): number {
  const { space, slots, ids } = model;
  if (!isOneHot(model)) return 1;
  return slots === null
    ? new Set(Array.from(ids, (id) => space!.featureOf(id).name)).size || 1
    : space!.features.length;
}

function changeOf(model: Model, read: number[]): Change {
  const { values, ids, slots, space } = model;
  const changes = read.map((weight, i) => Math.abs(weight - values[i]!));
  const weight = changes.reduce((most, it) => Math.max(most, it), 0);
  if (!isOneHot(model)) return { weight, margin: null };
  // A slot may hold ids of any feature.
  if (slots !== null) return { weight, margin: weight * space!.features.length };
  const byFeature = new Map<string, number>();
  changes.forEach((change, i) => {
    const { name } = space!.featureOf(ids[i]!);
    byFeature.set(name, Math.max(byFeature.get(name) ?? 0, change));
  });
  return { weight, margin: [...byFeature.values()].reduce((sum, it) => sum + it, 0) };
}

function isOneHot({ space }: Model): boolean {
  return space?.isOneHot ?? false;
}

/** Throws ModelError unless a view holds `count` weights; allocates nothing. */
export function checkWeights(step: number | null, view: DataView, count: number): void {
  if (step !== null) checkRuns(view, [count]);
  else check(view.byteLength === 4 * count, "it has not as many weights as ids");
}

/** Reads weights that checkWeights has found. Throws ModelError when one is 0 or no finite number. */
export function readWeights(step: number | null, view: DataView, count: number): Float32Array {
  const weights = new Float32Array(count);
  const at = start();
  for (let i = 0; i < count; i++) {
    weights[i] = step === null ? view.getFloat32(4 * i, true) : stepsOf(readNumber(view, at, i)) * step;
  }
  const isFine = weights.every((weight) => weight !== 0 && Number.isFinite(weight));
  check(isFine, "a weight is 0 or not finite");
  return weights;
}

/** The code of so many steps, not 0. */
export function codeOf(steps: number): number {
  return 2 * (Math.abs(steps) - 1) + Number(steps < 0);
}

/** How many steps a weight is, by its code. */
export function stepsOf(code: number): number {
  check(code < 2 * MOST_STEPS, "a weight is too many steps");
  return (Math.floor(code / 2) + 1) * (code % 2 ? -1 : 1);
}
