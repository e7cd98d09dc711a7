import { describe, expect, test } from "vitest";
import { sigmoid } from "../../src/baseline/math.js";
import { plattScale } from "../../src/model/calibrate.js";
import { marginsOn } from "../../src/model/evaluate.js";
import {
  calibrate,
  DataError,
  decodeModel,
  encodeModel,
  fit,
  measure,
  OptionError,
  Ranking,
  readArrays,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { problem } from "../helpers.js";

/** Rows whose margins are `times` what they should be, plus `shift`. */
function judged(seed: number, times: number, shift: number, isWeighted = false) {
  const random = new Random(seed);
  const honest = Float64Array.from({ length: 4000 }, () => random.unit() * 6 - 3);
  const labels = honest.map((m) => (random.unit() < sigmoid(m) ? 1 : -1));
  const weights = isWeighted ? honest.map(() => random.below(3)) : null;
  return { margins: honest.map((m) => times * m + shift), labels, weights };
}

describe("plattScale", () => {
  test.each([
    [1, 3, 0.5, false],
    [2, 0.2, -1, true],
    [3, -1, 2, false],
    [4, 1e6, 1e6, true],
    [5, 1e-9, 0, false],
    [6, 1e-5, 40, true],
  ])("is where the loss to the targets is flat (seed %i, margins × %f + %f)", (seed, times, shift, isWeighted) => {
    const rows = judged(seed, times, shift, isWeighted);
    const { slope, intercept } = plattScale(rows);
    expect(slope * times).toBeGreaterThan(0.8);
    expect(slope * times).toBeLessThan(1.2);
    const weightOf = (i: number) => rows.weights?.[i] ?? 1;
    const total = (sign: number) => rows.labels.reduce((sum, y, i) => sum + (y === sign ? weightOf(i) : 0), 0);
    const [yes, no] = [(total(1) + 1) / (total(1) + 2), 1 / (total(-1) + 2)];
    let [ga, gc] = [0, 0];
    rows.margins.forEach((m, i) => {
      const residual = weightOf(i) * (sigmoid(slope * m + intercept) - (rows.labels[i]! > 0 ? yes : no));
      ga += residual * ((m - shift) / times);
      gc += residual;
    });
    expect(Math.abs(ga) + Math.abs(gc)).toBeLessThan(1e-6 * (total(1) + total(-1)));
  });

  test("stays finite where margins part the classes", () => {
    const margins = Float64Array.from([-2, -1, 1, 2]);
    const { slope, intercept } = plattScale({ margins, labels: margins.map(Math.sign), weights: null });
    // Two rows a class: targets 3/4 and 1/4, met as well as one line can.
    expect(sigmoid(1.5 * slope + intercept)).toBeCloseTo(0.75, 1);
    expect(intercept).toBeCloseTo(0, 12);
  });

  test("keeps the slope 1 where margins are all alike", () => {
    const rows = { margins: new Float64Array(8).fill(-3), labels: Float64Array.of(1, 1, 1, -1, -1, -1, -1, -1) };
    const { slope, intercept } = plattScale({ ...rows, weights: null });
    // (3 · 4/5 + 5 · 1/7) / 8
    expect([slope, sigmoid(intercept - 3)]).toEqual([1, expect.closeTo((3 * (4 / 5) + 5 / 7) / 8, 9)]);
  });

  test.each([
    [1, '"yes"'],
    [-1, '"no"'],
  ])("refuses rows of one class (%i)", (label, name) => {
    const rows = { margins: new Float64Array(3), labels: new Float64Array(3).fill(label), weights: null };
    expect(() => plattScale(rows)).toThrow(new DataError(`calibrate: all rows are ${name}; both classes are needed`));
  });
});

test("a calibrated model is one whose margins are scaled, in memory and in its file", async () => {
  using data = await readArrays(problem());
  using other = await readArrays(problem({ seed: 8 }), { like: data });
  const { model } = await fit(data, { l1: 0.05 });
  const better = calibrate(model, other);
  const { slope, intercept, rows } = better.training.calibration!;
  expect(slope).toBeGreaterThan(1.2); // so strong an L1 makes a model too timid
  expect(rows).toBe(other.count);
  const [before, after] = [marginsOn(model, other), marginsOn(better, other)];
  after.margins.forEach((m, i) => {
    expect(m).toBeCloseTo(slope * before.margins[i]! + intercept, 5);
  });
  const errorOf = ({ margins, labels }: typeof before) => new Ranking(margins, labels).reliability().error;
  expect(errorOf(after)).toBeLessThan(0.7 * errorOf(before));
  const lossOf = ({ margins, labels }: typeof before) => measure("logistic", margins, labels).logLoss!;
  expect(lossOf(after)).toBeLessThan(lossOf(before));
  expect(decodeModel(encodeModel(better)).training.calibration).toEqual({ slope, intercept, rows });

  const twice = calibrate(better, other).training.calibration!;
  expect([twice.slope, twice.intercept]).toEqual([expect.closeTo(slope, 4), expect.closeTo(intercept, 4)]);
});

test("a model of values cannot be calibrated", async () => {
  using data = await readArrays(problem(), { loss: "squared" });
  const { model } = await fit(data, { l1: 0.1 });
  expect(() => calibrate(model, data)).toThrow(
    new OptionError("calibrate: a model with squared loss has no probabilities"),
  );
});
