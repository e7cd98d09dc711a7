import { describe, expect, test } from "vitest";
import { randomRows } from "../../bench/data.js";
import { addOnes, transpose } from "../../src/data/columns.js";
import type { Engine } from "../../src/engine/engine.js";
import {
  type Ftrl,
  type Loss,
  type Matrix,
  NOWHERE,
  ROW_BLOCK,
  type Rows,
  type Sgd,
} from "../../src/engine/kernels.js";
import type { F64, U32 } from "../../src/engine/memory.js";
import { Random } from "../../src/random.js";
import { bitsOf, ENGINES, raggedRows } from "../helpers.js";

const COLUMNS = 120;
const ROWS = 340;

interface Variant {
  loss: Loss;
  ones: boolean;
  weighted: boolean;
  ordered: boolean;
}

const VARIANTS: Variant[] = (["logistic", "squared"] as const).flatMap((loss) =>
  [false, true].flatMap((ones) =>
    [false, true].flatMap((weighted) => [false, true].map((ordered) => ({ loss, ones, weighted, ordered }))),
  ),
);

function ftrlState({ memory }: Engine, part: Partial<Ftrl>): Ftrl {
  return {
    state: memory.f32(2 * COLUMNS),
    bias: memory.f64(2),
    scratch: memory.f32(2000),
    touched: memory.u32(2000),
    gradient: memory.f64(2000),
    spots: memory.u32(2000),
    seats: memory.u32(4001),
    outcome: memory.f64(2),
    margins: memory.f64(ROWS),
    batch: 1,
    clip: Number.POSITIVE_INFINITY,
    inverseAlpha: 8,
    ridge: 8.5,
    lambda1: 0.3,
    biasRidge: 8,
    biasLambda1: 0,
    intercept: 1,
    ...part,
  };
}

function ftrlResult({ kernels, memory }: Engine, o: Ftrl, sum: number): BigUint64Array {
  const w = memory.f64(COLUMNS);
  kernels.ftrlWeights(o, 0, COLUMNS, w);
  const touched = memory.u32(COLUMNS);
  const count = kernels.ftrlTouched(o, 0, COLUMNS, 0, touched);
  const met = touched.view.slice(0, count);
  return bitsOf([
    sum,
    kernels.ftrlIntercept(o),
    ...o.state.view,
    ...o.bias.view,
    ...w.view,
    ...o.margins!.view,
    ...met,
  ]);
}

function runSgd(
  { kernels, memory }: Engine,
  loss: Loss,
  rows: Rows,
  order: U32 | null,
  l2: number,
  debt = 0,
): BigUint64Array {
  const o: Sgd = {
    state: memory.f64(COLUMNS),
    scratch: memory.f64(50),
    ledger: memory.f64(4),
    margins: memory.f64(ROWS),
    columns: COLUMNS,
    intercept: 1,
    l1: 2e-3,
    l2,
    rate: 0.05,
    decay: 0.01,
    weightScale: 0.8,
  };
  o.ledger.view.set([0, 1, debt, 0]);
  const sum = kernels.sgdRows(loss, rows, order, 3, ROWS, o);
  const w = memory.f64(COLUMNS);
  kernels.sgdWeights(o, 0, COLUMNS, w);
  // The sign of a state whose weight is 0 means nothing.
  return bitsOf([sum, ...o.state.view.map(Math.abs), ...o.ledger.view, ...w.view, ...o.margins!.view]);
}

function runDescend(engine: Engine, rows: Rows, curve: number): BigUint64Array {
  const { kernels, memory } = engine;
  const x = transpose(engine, rows, ROWS, COLUMNS);
  const model = memory.f64(2 * ROWS);
  const [curvatures, weights] = [memory.f64(COLUMNS), memory.f64(COLUMNS)];
  const order = memory.u32(COLUMNS);
  for (let i = 0; i < ROWS; i++) model.view.set([-rows.labels.view[i]! * 0.5, curve * (1 + (i % 3))], 2 * i);
  for (let j = 0; j < COLUMNS; j++) {
    order.view[j] = (j * 7) % COLUMNS;
    for (let k = x.pointers.view[j]!; k < x.pointers.view[j + 1]!; k++) {
      const value = x.values?.view[k] ?? 1;
      curvatures.view[j]! += model.view[2 * x.indices.view[k]! + 1]! * value * value;
    }
  }
  const [penalties, origin] = [memory.f64(2 * COLUMNS), memory.f64(COLUMNS)];
  const [inverseReach, outcome] = [memory.f64(COLUMNS), memory.f64(2)];
  for (let j = 0; j < COLUMNS; j++) {
    penalties.view.set([1 + (j % 2), 0.1 * (j % 3)], 2 * j);
    origin.view[j] = (j % 5) / 20;
    inverseReach.view[j] = 1 / (1 + (j % 4));
  }
  const means = memory.f64(COLUMNS);
  kernels.couplings(x, 2, COLUMNS, model, means);
  let count = COLUMNS;
  const outcomes = [null, means].flatMap((couplings) =>
    [Number.POSITIVE_INFINITY, 0.5, 0.01].flatMap((slack) => {
      const o = { model, curvatures, weights, penalties, origin, inverseReach, outcome, radius: 0.4, slack };
      kernels.descend(x, order, count, { ...o, couplings, intercept: COLUMNS - 1 });
      count = outcome.view[1]!;
      return [...outcome.view];
    }),
  );
  return bitsOf([...outcomes, ...means.view, ...order.view, ...model.view, ...weights.view]);
}

function runQuadratic(engine: Engine, loss: Loss, rows: Rows, margins: F64, w: F64): BigUint64Array {
  const { kernels, memory } = engine;
  const x = transpose(engine, rows, ROWS, COLUMNS);
  const model = memory.f64(2 * ROWS);
  const [gradients, slopes, curvatures, curved] = [
    memory.f64(COLUMNS),
    memory.f64(COLUMNS),
    memory.f64(COLUMNS),
    memory.f64(3 * COLUMNS),
  ];
  const bounds = memory.u32(4);
  bounds.view.set([0, 5, 5, ROWS - 2]);
  const sum = kernels.linearize(loss, rows, 0, ROWS, margins, model);
  kernels.gradients(x, 3, COLUMNS, model, gradients);
  kernels.derivatives(x, 1, COLUMNS - 4, model, slopes, curvatures);
  const moves = memory.f64(ROWS);
  kernels.spread(x, COLUMNS - 4, w, moves);
  const energy = kernels.bend(2, ROWS - 1, model, moves);
  const [ends, dualPoint] = [memory.f64(ROWS), memory.f64(2 * ROWS)];
  kernels.along(1, ROWS - 1, margins, moves, 0.3, ends);
  dualPoint.view.set(model.view);
  kernels.advance(2, ROWS - 1, dualPoint, moves);
  kernels.project(loss, rows, 1, ROWS, dualPoint);
  const dual = kernels.dual(loss, rows, 0, ROWS, model, margins, 0.9) + kernels.dual(loss, rows, 1, 5, model, null, 1);
  const touch = kernels.touch(loss, rows, 0, ROWS, model, margins);
  expect(Math.abs(touch / sum - 1)).toBeLessThan(1e-12); // its own slopes miss nothing
  const missed = kernels.touch(loss, rows, 1, ROWS, dualPoint, ends);
  expect(missed).toBeLessThan(kernels.loss(loss, rows, 1, ROWS, ends));
  const reach = memory.f64(COLUMNS);
  kernels.inverseReach(x, COLUMNS, reach);
  const curve = kernels.curve(rows, bounds, 0, 3, COLUMNS, model, w, curved);
  const penalties = memory.f64(2 * COLUMNS);
  for (let j = 0; j < COLUMNS; j++) penalties.view.set([j % 5, 0], 2 * j);
  const gram = memory.f64(COLUMNS * (COLUMNS - 1));
  kernels.gram(rows, ROWS, COLUMNS, model, gram);
  const results = [model, reach, gradients, slopes, curvatures, moves, ends, dualPoint, curved, gram].flatMap((it) => [
    ...it.view,
  ]);
  return bitsOf([sum, dual, touch, missed, energy, curve, ...results]);
}

/** The model at margins where exp ends, turns its sign or its branches. */
function runExtremes(engine: Engine, loss: Loss): BigUint64Array {
  const { kernels, memory } = engine;
  const sizes = [0, 5e-324, 1e-12, 0.3, Math.LN2, 0.881373587019543, 36, 40, 707.9, 708, 708.1, 1e6, 1e300];
  const all = sizes.flatMap((m) => [m, -m, m, -m]);
  const [labels, margins, model] = [memory.f64(all.length), memory.f64(all.length), memory.f64(2 * all.length)];
  margins.view.set(all);
  labels.view.set(all.map((_, i) => (i % 4 < 2 ? 1 : -1)));
  const rows = { pointers: memory.u32(1), indices: memory.u32(0), values: null, labels, weights: null };
  const sum = kernels.linearize(loss, rows, 1, all.length, margins, model); // from an odd row on
  return bitsOf([sum, ...model.view]);
}

/** The dual value of slopes where an entropy ends, where 1 − u rounds, and where its logarithms turn. */
function runEnds({ kernels, memory }: Engine, loss: Loss): BigUint64Array {
  const turns = [1 / 2, Math.SQRT1_2, 1 - Math.SQRT1_2, 2 ** -20 * Math.SQRT1_2].flatMap((u) => [
    u - u * 2 ** -53,
    u,
    u + u * 2 ** -52,
  ]);
  const all = [
    0,
    5e-324,
    1e-18,
    2 ** -54,
    2 ** -53,
    ...turns,
    0.71,
    0.72,
    0.73,
    0.74,
    1 - 2 ** -53,
    1,
    1 + 2 ** -52,
    9,
  ];
  const [labels, model] = [memory.f64(all.length), memory.f64(2 * all.length)];
  all.forEach((u, i) => {
    model.view[2 * i] = -u;
  });
  const rows = { pointers: memory.u32(1), indices: memory.u32(0), values: null, labels, weights: null };
  return bitsOf(all.map((_, i) => kernels.dual(loss, rows, i, i + 1, model, null, 1)));
}

/** Moves a matrix about: by columns without some, some of those, and back. */
function runColumns(engine: Engine, rows: Rows): BigUint64Array {
  const { kernels, memory } = engine;
  const places = memory.u32(COLUMNS);
  for (let j = 0; j < COLUMNS; j++) places.view[j] = j % 4 === 3 ? NOWHERE : j - Math.floor(j / 4);
  const size = COLUMNS - Math.floor(COLUMNS / 4);
  const x = transpose(engine, rows, ROWS, size, places, ROWS);
  addOnes(x, size, ROWS);
  const order = memory.u32(9);
  order.view.set([size, 0, 7, 3, 5, 11, 2, 19, 13]);
  const part = { ...x, pointers: memory.u32(10), indices: memory.u32(x.indices.length) };
  if (x.values) part.values = memory.f32(x.indices.length);
  kernels.select(x, order, 9, part);
  const back = transpose(engine, part, 9, ROWS);
  const picked = { ...rows, pointers: memory.u32(ROWS + 1), indices: memory.u32(rows.indices.length + ROWS + 1) };
  if (rows.values) picked.values = memory.f32(picked.indices.length);
  kernels.pick(rows, ROWS, places, size, picked);
  const without = { ...picked, pointers: memory.u32(ROWS + 1), indices: memory.u32(rows.indices.length + 1) };
  kernels.pick(rows, ROWS, places, NOWHERE, without);
  // What is picked of rows is what comes of columns; the order within a row is the rows' own.
  const again = transpose(engine, picked, ROWS, size + 1);
  const entries = again.indices.length;
  expect(again.pointers.view).toEqual(x.pointers.view);
  expect(again.indices.view).toEqual(x.indices.view.subarray(0, entries));
  expect(without.pointers.view[ROWS]).toBe(entries - ROWS);
  const kept = [picked, without].flatMap((it) => [...it.indices.view.subarray(0, it.pointers.view[ROWS])]);
  const matrices = [x, part, back].flatMap((it) => [it.pointers, it.indices, ...(it.values ? [it.values] : [])]);
  return bitsOf([
    ...matrices.flatMap((it) => [...it.view]),
    ...kept,
    ...picked.pointers.view,
    ...without.pointers.view,
  ]);
}

/** What a step on a face needs besides what conjugate gradients do. */
function faceOf({ memory }: Engine, size: number) {
  const [origin, inverseReach, slopes, moves] = [size, size, size, size].map((it) => memory.f64(it)) as [
    F64,
    F64,
    F64,
    F64,
  ];
  const [damping, downhill, lower, upper] = [size, size, size, size].map((it) => memory.f64(it)) as [
    F64,
    F64,
    F64,
    F64,
  ];
  return { origin, inverseReach, slopes, moves, damping, downhill, lower, upper, breakpoints: memory.f64(size) };
}

/**
 * A step on the face that some weights are on, with and without an intercept, at shares that stop few and many weights
 * at their bounds.
 */
function runFace(engine: Engine): BigUint64Array {
  const { kernels, memory } = engine;
  const random = new Random(3);
  const found: number[] = [];
  for (const [intercept, radius, bold] of [
    [-1, 0.7, 1],
    [4, 0.7, 3],
    [4, Number.POSITIVE_INFINITY, 1000],
  ] as const) {
    const f64 = () => {
      const slice = memory.f64(COLUMNS);
      for (let j = 0; j < COLUMNS; j++) slice.view[j] = random.unit() * 2 - 1;
      return slice;
    };
    const [penalties, couplings, curvatures, outcome] = [memory.f64(2 * COLUMNS), f64(), f64(), memory.f64(2)];
    for (let j = 0; j < COLUMNS; j++) penalties.view.set([0.1 * (j % 4), 0.2 * (j % 3)], 2 * j);
    for (let j = 0; j < COLUMNS; j++) curvatures.view[j]! += 1.001 + (j === intercept ? COLUMNS : 0);
    const weights = f64();
    for (let j = 0; j < COLUMNS; j += 3) weights.view[j] = 0;
    const o = {
      ...{ ...faceOf(engine, COLUMNS), weights, penalties, curvatures, outcome, intercept, slopes: f64() },
      ...{ couplings: intercept < 0 ? null : couplings, inverse: f64(), ridge: f64(), residual: f64(), step: f64() },
      ...{ search: f64(), curved: f64() },
    };
    for (let j = 0; j < COLUMNS; j++) {
      o.origin.view[j] = weights.view[j]! * (1 + 0.1 * random.unit());
      o.inverseReach.view[j] = 0.2 + random.unit();
    }
    kernels.face(COLUMNS, radius, bold, o);
    const { inverse, downhill, damping, lower, upper } = o;
    for (let j = 0; j < COLUMNS; j++) {
      if (weights.view[j] === 0 && j !== intercept) expect(inverse.view[j], `column ${j}`).toBe(0);
      o.step.view[j] = 3 * downhill.view[j]! * inverse.view[j]!;
    }
    found.push(...[inverse, downhill, o.residual].flatMap((it) => [...it.view]));
    for (let j = 0; j < COLUMNS; j++) if (inverse.view[j] !== 0) found.push(damping.view[j]!);
    kernels.breakpoints(COLUMNS, o);
    const first = outcome.view[0]!;
    found.push(...outcome.view, ...o.breakpoints.view);
    for (const share of [1, 0.5, first]) {
      const rise = kernels.stride(COLUMNS, share, o);
      found.push(rise, ...o.moves.view);
      if (share !== first) continue;
      for (let j = 0; j < COLUMNS; j++) expect(o.moves.view[j]).toBeCloseTo(share * o.step.view[j]!, 12); // nothing is held yet
    }
    kernels.stride(COLUMNS, 1, o);
    kernels.land(COLUMNS, 1, o);
    for (let j = 0; j < COLUMNS; j++) {
      if (inverse.view[j] === 0) continue;
      expect(weights.view[j], `column ${j}`).toBeGreaterThanOrEqual(lower.view[j]!);
      expect(weights.view[j], `column ${j}`).toBeLessThanOrEqual(upper.view[j]!);
    }
    found.push(...weights.view);
  }
  return bitsOf(found);
}

/** What is asked of columns one by one, and which of them are chosen. */
function runWorking(engine: Engine, rows: Rows): BigUint64Array {
  const { kernels, memory } = engine;
  const x = transpose(engine, rows, ROWS, COLUMNS);
  const random = new Random(9);
  const numbers = (width = 1) => {
    const slice = memory.f64(width * COLUMNS);
    for (let j = 0; j < slice.length; j++) slice.view[j] = random.below(4) === 0 ? 0 : random.unit() * 2 - 1;
    return slice;
  };
  const [w, from, g, penalties, scores, moves] = [numbers(), numbers(), numbers(), numbers(2), numbers(), numbers()];
  for (let j = 0; j < COLUMNS; j++) {
    penalties.view[2 * j] = Math.abs(penalties.view[2 * j]!) / 3;
    penalties.view[2 * j + 1] = j % 2; // a column without l2 whose slope is too steep leaves no dual point but a scaled one
  }
  const [order, chosen, out] = [memory.u32(COLUMNS), memory.u32(COLUMNS), memory.f64(3)];
  const listed = kernels.survey(COLUMNS, g, w, penalties, 1, order);
  const found = [listed, kernels.penalty(COLUMNS, penalties, w, null), kernels.penalty(COLUMNS, penalties, w, from)];
  found.push(kernels.violation(COLUMNS, null, w, g, penalties), kernels.violation(listed, order, w, g, penalties));
  expect(found.at(-1)).toBeCloseTo(found.at(-2)!, 12); // the others violate nothing
  kernels.scaling(listed, order, w, g, penalties, out);
  found.push(...out.view);
  for (const [skipped, least] of [
    [NOWHERE, 1],
    [order.view[3]!, COLUMNS],
    [NOWHERE, listed - 2],
  ] as const) {
    const count = kernels.choose(listed, order, w, g, penalties, skipped, least, scores, chosen);
    found.push(count, ...chosen.view.subarray(0, count));
  }
  kernels.aim(COLUMNS, x.pointers, w, from, g, moves, out);
  found.push(...moves.view, ...out.view.subarray(0, 2), kernels.countEntries(x.pointers, order, listed));
  const [own, pairs] = [memory.f64(listed), memory.f64(2 * listed)];
  kernels.take(w, 1, order, listed, own);
  kernels.take(penalties, 2, order, listed, pairs);
  kernels.give(own, order, listed, from);
  return bitsOf([...found, ...own.view, ...pairs.view, ...from.view]);
}

/** Conjugate gradients on a face, to its minimum: H·step is what was asked for, and the intercept leaves Σ D·m at 0. */
function runConjugate(engine: Engine, rows: Rows): BigUint64Array {
  const { kernels, memory } = engine;
  const size = COLUMNS + 1;
  const f64 = () => memory.f64(size);
  const places = memory.u32(COLUMNS);
  for (let j = 0; j < COLUMNS; j++) places.view[j] = j;
  const room = rows.indices.length + ROWS + 1;
  const own = { pointers: memory.u32(ROWS + 1), indices: memory.u32(room), values: rows.values && memory.f32(room) };
  kernels.pick(rows, ROWS, places, COLUMNS, own);
  const x = transpose(engine, own, ROWS, size);
  const model = memory.f64(2 * ROWS);
  for (let i = 0; i < ROWS; i++) model.view.set([Math.sin(i), 0.1 + (i % 3)], 2 * i);
  const [gradients, curvatures, means] = [f64(), f64(), f64()];
  kernels.derivatives(x, 0, size, model, gradients, curvatures);
  kernels.couplings(x, 0, size, model, means);
  const bounds = memory.u32(4);
  bounds.view.set([0, 100, 217, ROWS]);
  const [penalties, outcome] = [memory.f64(2 * size), memory.f64(2)];
  for (let j = 0; j < size; j++) penalties.view[2 * j] = j % 4;
  const solve = (couplings: F64 | null) => {
    const [weights, ridge, inverse, residual] = [f64(), f64(), f64(), f64()];
    for (let j = 0; j < size; j++) {
      weights.view[j] = Math.sin(j);
      ridge.view[j] = 1;
      if (j % 5 === 0) continue; // off the face, and the intercept with them
      inverse.view[j] = 1 / (curvatures.view[j]! + 1);
      residual.view[j] = Math.cos(j);
    }
    const asked = residual.view.slice();
    const [step, search, curved] = [f64(), f64(), memory.f64(3 * size)];
    const o = { curvatures, penalties, outcome, couplings, weights, ridge, inverse, residual, step, search, curved };
    const all = { ...o, ...faceOf(engine, size), intercept: COLUMNS };
    kernels.conjugateBegin(size, all);
    const found = [...outcome.view];
    for (let k = 0; k < 4 * size && outcome.view[0]! > 1e-20; k++) {
      const curvature = kernels.curve(own, bounds, 0, 3, size, model, search, curved);
      kernels.conjugateStep(size, 3, curvature, all);
      found.push(curvature, ...outcome.view);
    }
    kernels.curve(own, bounds, 0, 3, size, model, step, curved);
    for (let j = 0; j < size; j++) {
      const product = [0, 1, 2].reduce((sum, piece) => sum + curved.view[piece * size + j]!, 0);
      if (inverse.view[j] !== 0) expect(product + step.view[j]!).toBeCloseTo(asked[j]!, 6);
      if (couplings && j === COLUMNS) expect(product).toBeCloseTo(0, 6);
    }
    return [...found, ...step.view];
  };
  return bitsOf([...solve(null), ...solve(means)]);
}

/** What rows say of their columns, and the columns that it leaves at some strengths, with factors and without. */
function runScreen(engine: Engine, loss: Loss, rows: Rows): BigUint64Array {
  const { kernels, memory } = engine;
  const areCounts = !rows.values && !rows.weights;
  const tallies = { counts: memory.u32(2 * COLUMNS), sums: areCounts ? null : memory.f64(2 * COLUMNS) };
  kernels.tally(loss, rows, ROWS, tallies);
  const factors = memory.f64(COLUMNS);
  factors.view.forEach((_, j, view) => {
    view[j] = j % 3;
  });
  const found: number[] = [...tallies.counts.view, ...(tallies.sums?.view ?? [])];
  for (const [factor, l1] of [0, 2, 5, 8, Number.POSITIVE_INFINITY].flatMap((it) => [
    [null, it] as const,
    [factors, it] as const,
  ])) {
    const [places, kept, pointers] = [memory.u32(COLUMNS), memory.u32(COLUMNS), memory.u32(COLUMNS + 1)];
    const left = kernels.screen(loss, COLUMNS, tallies, factor, l1, 3.7, places, kept, pointers);
    found.push(left, ...places.view, ...kept.view, ...pointers.view);
  }
  return bitsOf(found);
}

/** Merges columns of which many hold the same, or one entry of the same row. */
function runMerge(engine: Engine, { values }: Rows): BigUint64Array {
  const { kernels, memory } = engine;
  const count = 40;
  const x: Matrix = { pointers: memory.u32(count + 1), indices: memory.u32(90), values: values && memory.f32(90) };
  let end = 0;
  for (let j = 0; j < count; j++) {
    for (let k = 0; k <= j % 3; k++, end++) {
      x.indices.view[end] = k + (j % 4);
      if (x.values) x.values.view[end] = k + (j % 5) - 2;
    }
    x.pointers.view[j + 1] = end;
  }
  const factors = memory.f64(count);
  factors.view.forEach((_, j, view) => {
    view[j] = j < 35 ? 1 : 2;
  });
  const copy = (from: Matrix): Matrix => {
    const to = { pointers: memory.u32(count + 1), indices: memory.u32(90), values: from.values && memory.f32(90) };
    to.pointers.view.set(from.pointers.view);
    to.indices.view.set(from.indices.view);
    if (from.values) to.values?.view.set(from.values.view);
    return to;
  };
  const found: number[] = [];
  for (const own of [factors, null]) {
    const all = copy(x);
    const [table, alone, ids, places] = [memory.u32(128), memory.u32(ROWS), memory.u32(count), memory.u32(2 * count)];
    table.view.fill(7); // what is there before counts for nothing
    for (let j = 0; j < count; j++) ids.view[j] = 2 * j;
    const kept = kernels.mergeColumns(all, count, ids, own, table, alone, places);
    const entries = all.pointers.view[kept]!;
    const held = [all.indices, ...(all.values ? [all.values] : [])].flatMap((it) => [...it.view.subarray(0, entries)]);
    found.push(
      kept,
      ...all.pointers.view.subarray(0, kept + 1),
      ...held,
      ...places.view,
      ...ids.view.subarray(0, kept),
    );
    if (own) found.push(...own.view.subarray(0, kept));
  }
  return bitsOf(found);
}

/** H's pattern and numbers, products with it, descent and conjugate gradients on it, with columns that add up. */
function runHessian(engine: Engine, rows: Rows): BigUint64Array {
  const { kernels, memory } = engine;
  const x = transpose(engine, rows, ROWS, COLUMNS);
  const byRows = transpose(engine, x, COLUMNS, ROWS);
  const [f64, u32] = [() => memory.f64(COLUMNS), () => memory.u32(COLUMNS)];
  const model = memory.f64(2 * ROWS);
  for (let i = 0; i < ROWS; i++) model.view.set([Math.sin(i), 0.1 + (i % 3)], 2 * i);
  const cursor = memory.u32(ROWS);
  const begin = () => cursor.view.set(byRows.pointers.view.subarray(0, ROWS));
  const room = (COLUMNS * (COLUMNS - 1)) / 2;
  const own = { pointers: memory.u32(COLUMNS + 1), indices: memory.u32(room) };
  begin();
  const refused = kernels.couple(x, byRows, COLUMNS, { cursor, stamps: u32(), counts: u32() }, 100, own);
  const counts = u32();
  begin();
  const half = kernels.couple(x, byRows, COLUMNS, { cursor, stamps: u32(), counts }, room, own);
  const H = { pointers: memory.u32(COLUMNS + 1), indices: memory.u32(2 * half), values: memory.f64(2 * half) };
  for (let t = 0; t < COLUMNS; t++) H.pointers.view[t + 1] = H.pointers.view[t]! + counts.view[t]!;
  const next = u32();
  next.view.set(H.pointers.view.subarray(0, COLUMNS));
  kernels.mirror(own, COLUMNS, next, H);
  next.view.set(H.pointers.view.subarray(0, COLUMNS));
  begin();
  kernels.weigh(x, byRows, COLUMNS, model, { cursor, next, sums: f64() }, H);
  const [curvatures, slopes, product, inverse] = [f64(), f64(), f64(), f64()];
  kernels.derivatives(x, 0, COLUMNS, model, slopes, curvatures);
  const energy = kernels.curveByHessian(H, COLUMNS, curvatures, slopes, product);
  for (let j = 0; j < COLUMNS; j++) inverse.view[j] = j % 3 === 0 ? 0 : 1;
  const [residual, step, order] = [f64(), f64(), u32()];
  residual.view.set(slopes.view);
  order.view.set(Array.from({ length: COLUMNS }, (_, j) => (j * 7) % COLUMNS));
  const words = { ranks: u32(), cursor: u32(), head: u32(), link: u32(), places: u32() };
  const vectors = { diagonal: f64(), pivots: f64(), left: f64(), search: f64(), curved: f64(), solved: f64() };
  const factor = { indices: memory.u32(half), values: memory.f64(half), factors: memory.f64(half + 1) };
  const face = { order, inverse, ridge: f64(), residual, step, limit: 9, enough: 0, moved: f64() };
  const pointers = memory.u32(COLUMNS + 1);
  const solve = (isFactored: boolean) => {
    const o = { ...words, ...vectors, ...factor, ...face, pointers, isFactored };
    return [Number(kernels.conjugateByFactor(H, COLUMNS, curvatures, o)), ...step.view];
  };
  const solutions = [...solve(false), ...solve(true)];
  const [weights, penalties, outcome, reach] = [f64(), memory.f64(2 * COLUMNS), memory.f64(2), f64()];
  reach.view.fill(1);
  for (let j = 0; j < COLUMNS; j++) penalties.view.set([1 + (j % 2), 0.1 * (j % 3)], 2 * j);
  const o = { model: slopes, curvatures, weights, penalties, origin: f64(), inverseReach: reach, outcome };
  const couplings = f64();
  kernels.couplings(x, 0, COLUMNS, model, couplings);
  kernels.descendByHessian(H, order, COLUMNS, { ...o, radius: 0.4, slack: 0.5, couplings, intercept: 7 });
  const results = [H.pointers, H.indices, H.values, product, slopes, weights, order, outcome];
  return bitsOf([refused, energy, ...solutions, ...results.flatMap((it) => [...it.view])]);
}

function randomOrder({ memory }: Engine): U32 {
  const order = memory.u32(ROWS);
  order.view.set(Array.from({ length: ROWS }, (_, i) => i));
  new Random(5).shuffle(order.view);
  return order;
}

/** Runs every kernel on the same rows and returns the bits of all it wrote and returned. */
function run(engine: Engine, { loss, ones, weighted, ordered }: Variant): Record<string, BigUint64Array> {
  const { kernels, memory } = engine;
  const rows = raggedRows(memory, { rows: ROWS, columns: COLUMNS, ones, weighted });
  const order = ordered ? randomOrder(engine) : null;
  const random = new Random(11);
  const w = memory.f64(COLUMNS);
  for (let j = 0; j < COLUMNS; j++) w.view[j] = random.below(3) === 0 ? 0 : random.unit() * 2 - 1;
  const margins: F64 = memory.f64(ROWS);
  kernels.margins(rows, 5, ROWS, w, 0.25, margins);
  const part = ftrlState(engine, { batch: 16, clip: 0.7 });
  const alone = ftrlState(engine, { intercept: 0, batch: 3 });
  const single = ftrlState(engine, {});
  return {
    margins: bitsOf(margins.view),
    loss: bitsOf([kernels.loss(loss, rows, 5, ROWS, margins)]),
    ftrlRows: ftrlResult(engine, single, kernels.ftrlRows(loss, rows, order, 2, ROWS, single)),
    clipped: ftrlResult(engine, part, kernels.ftrlBatches(loss, rows, order, 0, ROWS, part)),
    ftrlBatches: ftrlResult(engine, alone, kernels.ftrlBatches(loss, rows, order, 1, ROWS, alone)),
    sgdRows: runSgd(engine, loss, rows, order, 1e-3),
    // Both settle some times within the rows: one for a small scale, one for a debt of 2^20 steps.
    rebased: runSgd(engine, loss, rows, order, 1e3),
    indebted: runSgd(engine, loss, rows, order, 0, 100),
    extremes: runExtremes(engine, loss),
    ends: runEnds(engine, loss),
    quadratic: runQuadratic(engine, loss, rows, margins, w),
    columns: runColumns(engine, rows),
    merge: runMerge(engine, rows),
    screen: runScreen(engine, loss, rows),
    hessian: runHessian(engine, rows),
    conjugate: runConjugate(engine, rows),
    face: runFace(engine),
    working: runWorking(engine, rows),
    descend: runDescend(engine, rows, loss === "squared" ? 1 : 0.25),
  };
}

describe.each(["scalar", "simd", "threads"] as const)("%s gives the bits of the baseline", (build) => {
  test.each(VARIANTS)("%j", async (variant) => {
    using engine = await ENGINES[build]();
    using baseline = await ENGINES.baseline();
    const [got, expected] = [run(engine, variant), run(baseline, variant)];
    for (const [kernel, bits] of Object.entries(expected)) expect(got[kernel], kernel).toEqual(bits);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 50])("rows of %i entries each", async (perRow) => {
    const results = [];
    for (const name of [build, "baseline"] as const) {
      using engine = await ENGINES[name]();
      const shape = { rows: ROWS, columns: COLUMNS, perRow, ones: perRow % 2 === 0 };
      const rows = randomRows(engine.memory, shape);
      const o = ftrlState(engine, {});
      const state = ftrlResult(engine, o, engine.kernels.ftrlRows("logistic", rows, null, 0, ROWS, o));
      results.push([state, runSgd(engine, "logistic", rows, null, 0), runDescend(engine, rows, 0.25)]);
    }
    expect(results[0]).toEqual(results[1]);
  });

  test.each(["logistic", "squared"] as const)("%s sums over more rows than a block", async (loss) => {
    const sums = [];
    for (const name of [build, "baseline"] as const) {
      using engine = await ENGINES[name]();
      const { kernels, memory } = engine;
      const count = 3 * ROW_BLOCK + 77;
      const rows = randomRows(memory, { rows: count, columns: COLUMNS, perRow: 2, ones: false });
      const [margins, model, w] = [memory.f64(count), memory.f64(2 * count), memory.f64(COLUMNS)];
      w.view.forEach((_, j, all) => {
        all[j] = Math.fround(1 / (j + 3));
      });
      kernels.margins(rows, 0, count, w, 0.1, margins);
      const terms = [kernels.loss(loss, rows, 5, count, margins)];
      terms.push(kernels.linearize(loss, rows, 3, count, margins, model));
      terms.push(kernels.tilt(2, count, model, margins), kernels.bend(1, count, model, margins), ...model.view);
      sums.push(bitsOf(terms));
    }
    expect(sums[0]).toEqual(sums[1]);
  });

  test("an empty range does nothing and costs nothing", async () => {
    using engine = await ENGINES[build]();
    const rows = raggedRows(engine.memory, { rows: ROWS, columns: COLUMNS, ones: false, weighted: false });
    const o = ftrlState(engine, {});
    expect(engine.kernels.ftrlRows("logistic", rows, null, 9, 9, o)).toBe(0);
    expect(o.state.view.every((it) => it === 0)).toBe(true);
  });
});

test("the intercept alone predicts how often a rare class occurs, however many rows there are", async () => {
  using engine = await ENGINES.simd();
  const { kernels, memory } = engine;
  const [count, positives] = [200_000, 100];
  const labels = memory.f64(count);
  for (let i = 0; i < count; i++) labels.view[i] = i % (count / positives) === 0 ? 1 : -1;
  const rows: Rows = { pointers: memory.u32(count + 1), indices: memory.u32(0), values: null, labels, weights: null };
  const o = ftrlState(engine, { inverseAlpha: 10, biasRidge: 10, lambda1: 0, margins: null });
  for (let pass = 0; pass < 100; pass++) kernels.ftrlRows("logistic", rows, null, 0, count, o);
  const predicted = 1 / (1 + Math.exp(-kernels.ftrlIntercept(o)));
  expect(predicted / (positives / count)).toBeGreaterThan(0.95);
  expect(predicted / (positives / count)).toBeLessThan(1.05);
});
