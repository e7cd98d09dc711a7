// The entry: one monomorphic export a kernel, named kernel + loss + values. Nothing else is exported but the layout.
import * as columns from "./batch/columns";
import * as conjugate from "./batch/conjugate";
import { descendEpoch, Entries } from "./batch/descent";
import * as faces from "./batch/face";
import * as factor from "./batch/factor";
import * as hessian from "./batch/hessian";
import * as quadratic from "./batch/quadratic";
import * as screening from "./batch/screen";
import * as working from "./batch/working";
import { Logistic, Squared } from "./datafit";
import { Descent, Face, Ftrl, Matrix, Rows, Search, Sgd } from "./layout";
import * as batches from "./online/batches";
import * as ftrl from "./online/ftrl";
import * as sgd from "./online/sgd";
import * as numbering from "./parse/columns";
import * as csv from "./parse/csv";
import { learnRows } from "./parse/learn";
import * as svmlight from "./parse/svmlight";
import * as vw from "./parse/vw";
import * as sparse from "./sparse";
import { Ones, Stored } from "./sparse";
import { Lesson, Parse, Plan } from "./texts";

export * from "./offsets";
/** First byte after the static data: the host's arena begins here. */
export const HEAP_BASE: usize = __heap_base;

export function marginsStored(rows: Rows, from: u32, to: u32, w: usize, bias: f64, out: usize): void {
  sparse.margins<Stored>(rows, from, to, w, bias, out);
}
export function marginsOnes(rows: Rows, from: u32, to: u32, w: usize, bias: f64, out: usize): void {
  sparse.margins<Ones>(rows, from, to, w, bias, out);
}
export function lossLogistic(rows: Rows, from: u32, to: u32, m: usize): f64 {
  return sparse.loss<Logistic>(rows, from, to, m);
}
export function lossSquared(rows: Rows, from: u32, to: u32, m: usize): f64 {
  return sparse.loss<Squared>(rows, from, to, m);
}

export function ftrlRowsLogisticStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlRows<Logistic, Stored>(rows, order, from, to, o);
}
export function ftrlRowsLogisticOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlRows<Logistic, Ones>(rows, order, from, to, o);
}
export function ftrlRowsSquaredStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlRows<Squared, Stored>(rows, order, from, to, o);
}
export function ftrlRowsSquaredOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlRows<Squared, Ones>(rows, order, from, to, o);
}
export function ftrlBatchesLogisticStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlBatches<Logistic, Stored>(rows, order, from, to, o);
}
export function ftrlBatchesLogisticOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlBatches<Logistic, Ones>(rows, order, from, to, o);
}
export function ftrlBatchesSquaredStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlBatches<Squared, Stored>(rows, order, from, to, o);
}
export function ftrlBatchesSquaredOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlBatches<Squared, Ones>(rows, order, from, to, o);
}
export function ftrlGradientLogisticStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlGradient<Logistic, Stored>(rows, order, from, to, o);
}
export function ftrlGradientLogisticOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlGradient<Logistic, Ones>(rows, order, from, to, o);
}
export function ftrlGradientSquaredStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlGradient<Squared, Stored>(rows, order, from, to, o);
}
export function ftrlGradientSquaredOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return batches.ftrlGradient<Squared, Ones>(rows, order, from, to, o);
}
export function ftrlStep(o: Ftrl): void {
  batches.ftrlStep(o);
}
export function ftrlWeights(o: Ftrl, from: u32, to: u32, out: usize): void {
  ftrl.ftrlWeights(o, from, to, out);
}
export function ftrlTouched(o: Ftrl, from: u32, to: u32, begin: f32, out: usize): u32 {
  return ftrl.ftrlTouched(o, from, to, begin, out);
}
export function ftrlIntercept(o: Ftrl): f64 {
  return ftrl.ftrlIntercept(o);
}

export function sgdRowsLogisticStored(rows: Rows, order: usize, from: u32, to: u32, o: Sgd): f64 {
  return sgd.sgdRows<Logistic, Stored>(rows, order, from, to, o);
}
export function sgdRowsLogisticOnes(rows: Rows, order: usize, from: u32, to: u32, o: Sgd): f64 {
  return sgd.sgdRows<Logistic, Ones>(rows, order, from, to, o);
}
export function sgdRowsSquaredStored(rows: Rows, order: usize, from: u32, to: u32, o: Sgd): f64 {
  return sgd.sgdRows<Squared, Stored>(rows, order, from, to, o);
}
export function sgdRowsSquaredOnes(rows: Rows, order: usize, from: u32, to: u32, o: Sgd): f64 {
  return sgd.sgdRows<Squared, Ones>(rows, order, from, to, o);
}
export function sgdWeights(o: Sgd, from: u32, to: u32, out: usize): void {
  sgd.sgdWeights(o, from, to, out);
}

export function linearizeLogistic(rows: Rows, from: u32, to: u32, m: usize, model: usize): f64 {
  return quadratic.linearize<Logistic>(rows, from, to, m, model);
}
export function linearizeSquared(rows: Rows, from: u32, to: u32, m: usize, model: usize): f64 {
  return quadratic.linearize<Squared>(rows, from, to, m, model);
}
export function dualLogistic(rows: Rows, from: u32, to: u32, model: usize, offsets: usize, c: f64): f64 {
  return quadratic.dual<Logistic>(rows, from, to, model, offsets, c);
}
export function dualSquared(rows: Rows, from: u32, to: u32, model: usize, offsets: usize, c: f64): f64 {
  return quadratic.dual<Squared>(rows, from, to, model, offsets, c);
}
export function touchLogistic(rows: Rows, from: u32, to: u32, model: usize, m: usize): f64 {
  return quadratic.touch<Logistic>(rows, from, to, model, m);
}
export function touchSquared(rows: Rows, from: u32, to: u32, model: usize, m: usize): f64 {
  return quadratic.touch<Squared>(rows, from, to, model, m);
}
export function gradientsStored(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Stored>(x, from, to, model, out);
}
export function gradientsOnes(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Ones>(x, from, to, model, out);
}
export function couplingsStored(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Stored>(x, from, to, model + sizeof<f64>(), out);
}
export function couplingsOnes(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Ones>(x, from, to, model + sizeof<f64>(), out);
}
export function derivativesStored(x: Matrix, from: u32, to: u32, model: usize, gradients: usize, curvatures: usize): void {
  quadratic.derivatives<Stored>(x, from, to, model, gradients, curvatures);
}
export function derivativesOnes(x: Matrix, from: u32, to: u32, model: usize, gradients: usize, curvatures: usize): void {
  quadratic.derivatives<Ones>(x, from, to, model, gradients, curvatures);
}
export function spreadStored(x: Matrix, count: u32, d: usize, out: usize): void {
  quadratic.spread<Stored>(x, count, d, out);
}
export function spreadOnes(x: Matrix, count: u32, d: usize, out: usize): void {
  quadratic.spread<Ones>(x, count, d, out);
}
export function curveStored(
  rows: Matrix,
  bounds: usize,
  from: u32,
  to: u32,
  columns: u32,
  model: usize,
  u: usize,
  out: usize,
): f64 {
  return quadratic.curve<Stored>(rows, bounds, from, to, columns, model, u, out);
}
export function curveOnes(
  rows: Matrix,
  bounds: usize,
  from: u32,
  to: u32,
  columns: u32,
  model: usize,
  u: usize,
  out: usize,
): f64 {
  return quadratic.curve<Ones>(rows, bounds, from, to, columns, model, u, out);
}
export function conjugateBegin(columns: u32, o: Search): void {
  conjugate.conjugateBegin(columns, o);
}
export function conjugateStep(columns: u32, pieces: u32, curvature: f64, o: Search): void {
  conjugate.conjugateStep(columns, pieces, curvature, o);
}
export function projectLogistic(rows: Rows, from: u32, to: u32, model: usize): void {
  quadratic.project<Logistic>(rows, from, to, model);
}
export function projectSquared(rows: Rows, from: u32, to: u32, model: usize): void {
  quadratic.project<Squared>(rows, from, to, model);
}
export function along(from: u32, to: u32, m: usize, v: usize, share: f64, out: usize): void {
  quadratic.along(from, to, m, v, share, out);
}
export function advance(from: u32, to: u32, model: usize, v: usize): void {
  quadratic.advance(from, to, model, v);
}
export function tilt(from: u32, to: u32, model: usize, v: usize): f64 {
  return quadratic.tilt(from, to, model, v);
}
export function bend(from: u32, to: u32, model: usize, v: usize): f64 {
  return quadratic.bend(from, to, model, v);
}
export function gramStored(rows: Matrix, count: u32, columns: u32, model: usize, out: usize): void {
  quadratic.gram<Stored>(rows, count, columns, model, out);
}
export function gramOnes(rows: Matrix, count: u32, columns: u32, model: usize, out: usize): void {
  quadratic.gram<Ones>(rows, count, columns, model, out);
}
export function survey(count: u32, gradients: usize, weights: usize, penalties: usize, share: f64, order: usize): u32 {
  return working.survey(count, gradients, weights, penalties, share, order);
}
export function penalty(count: u32, penalties: usize, weights: usize, from: usize): f64 {
  return working.penalty(count, penalties, weights, from);
}
export function violation(count: u32, order: usize, weights: usize, gradients: usize, penalties: usize): f64 {
  return working.violation(count, order, weights, gradients, penalties);
}
export function scaling(count: u32, order: usize, weights: usize, gradients: usize, penalties: usize, out: usize): void {
  working.scaling(count, order, weights, gradients, penalties, out);
}
export function choose(
  count: u32,
  order: usize,
  weights: usize,
  gradients: usize,
  penalties: usize,
  skipped: u32,
  least: u32,
  scores: usize,
  out: usize,
): u32 {
  return working.choose(count, order, weights, gradients, penalties, skipped, least, scores, out);
}
export function aim(
  count: u32,
  pointers: usize,
  weights: usize,
  origin: usize,
  gradients: usize,
  moves: usize,
  out: usize,
): void {
  working.aim(count, pointers, weights, origin, gradients, moves, out);
}
export function enumerate(count: u32, order: usize): void {
  working.enumerate(count, order);
}
export function countEntries(pointers: usize, order: usize, count: u32): u32 {
  return working.countEntries(pointers, order, count);
}
export function take(x: usize, width: u32, order: usize, count: u32, out: usize): void {
  working.take(x, width, order, count, out);
}
export function give(x: usize, order: usize, count: u32, out: usize): void {
  working.give(x, order, count, out);
}
export function face(columns: u32, radius: f64, bold: f64, o: Search): void {
  faces.face(columns, radius, bold, o);
}
export function breakpoints(columns: u32, o: Search): void {
  faces.breakpoints(columns, o);
}
export function stride(columns: u32, share: f64, o: Search): f64 {
  return faces.stride(columns, share, o);
}
export function land(columns: u32, share: f64, o: Search): void {
  faces.land(columns, share, o);
}
export function descendStored(x: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<Entries<Stored>>(x, order, count, o);
}
export function descendOnes(x: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<Entries<Ones>>(x, order, count, o);
}

export function couple(
  x: Matrix,
  rows: Matrix,
  count: u32,
  cursor: usize,
  stamps: usize,
  counts: usize,
  room: u32,
  out: Matrix,
): u32 {
  return hessian.couple(x, rows, count, cursor, stamps, counts, room, out);
}
export function mirror(own: Matrix, count: u32, next: usize, H: Matrix): void {
  hessian.mirror(own, count, next, H);
}
export function weighStored(
  x: Matrix,
  rows: Matrix,
  count: u32,
  model: usize,
  cursor: usize,
  next: usize,
  sums: usize,
  H: Matrix,
): void {
  hessian.weigh<Stored>(x, rows, count, model, cursor, next, sums, H);
}
export function weighOnes(
  x: Matrix,
  rows: Matrix,
  count: u32,
  model: usize,
  cursor: usize,
  next: usize,
  sums: usize,
  H: Matrix,
): void {
  hessian.weigh<Ones>(x, rows, count, model, cursor, next, sums, H);
}
export function curveByHessian(H: Matrix, count: u32, curvatures: usize, u: usize, out: usize): f64 {
  return hessian.curveByHessian(H, count, curvatures, u, out);
}
export function descendByHessian(H: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<hessian.Coupled>(H, order, count, o);
}
export function conjugateByFactor(H: Matrix, count: u32, curvatures: usize, o: Face): bool {
  return factor.conjugateByFactor(H, count, curvatures, o);
}

export function countIndices(x: Matrix, count: u32, places: usize, counts: usize): void {
  columns.countIndices(x, count, places, counts);
}
export function layOut(rows: u32, counts: usize, pointers: usize): f64 {
  return columns.layOut(rows, counts, pointers);
}
export function transposeStored(x: Matrix, count: u32, places: usize, next: usize, out: Matrix): void {
  columns.transpose<Stored>(x, count, places, next, out);
}
export function transposeOnes(x: Matrix, count: u32, places: usize, next: usize, out: Matrix): void {
  columns.transpose<Ones>(x, count, places, next, out);
}
export function selectStored(x: Matrix, order: usize, count: u32, out: Matrix): void {
  columns.select<Stored>(x, order, count, out);
}
export function selectOnes(x: Matrix, order: usize, count: u32, out: Matrix): void {
  columns.select<Ones>(x, order, count, out);
}
export function pickStored(x: Matrix, count: u32, places: usize, extra: u32, out: Matrix): void {
  columns.pick<Stored>(x, count, places, extra, out);
}
export function pickOnes(x: Matrix, count: u32, places: usize, extra: u32, out: Matrix): void {
  columns.pick<Ones>(x, count, places, extra, out);
}
export function mergeColumnsStored(
  x: Matrix,
  count: u32,
  ids: usize,
  factors: usize,
  table: usize,
  slots: u32,
  alone: usize,
  places: usize,
): u32 {
  return columns.mergeColumns<Stored>(x, count, ids, factors, table, slots, alone, places);
}
export function inverseReachStored(x: Matrix, count: u32, out: usize): void {
  columns.inverseReach<Stored>(x, count, out);
}
export function inverseReachOnes(x: Matrix, count: u32, out: usize): void {
  columns.inverseReach<Ones>(x, count, out);
}
export function mergeColumnsOnes(
  x: Matrix,
  count: u32,
  ids: usize,
  factors: usize,
  table: usize,
  slots: u32,
  alone: usize,
  places: usize,
): u32 {
  return columns.mergeColumns<Ones>(x, count, ids, factors, table, slots, alone, places);
}
export function tallyLogisticStored(rows: Rows, count: u32, counts: usize, sums: usize): void {
  screening.tally<Logistic, Stored>(rows, count, counts, sums);
}
export function tallyLogisticOnes(rows: Rows, count: u32, counts: usize, sums: usize): void {
  screening.tally<Logistic, Ones>(rows, count, counts, sums);
}
export function tallySquaredStored(rows: Rows, count: u32, counts: usize, sums: usize): void {
  screening.tally<Squared, Stored>(rows, count, counts, sums);
}
export function tallySquaredOnes(rows: Rows, count: u32, counts: usize, sums: usize): void {
  screening.tally<Squared, Ones>(rows, count, counts, sums);
}
export function screenLogistic(
  count: u32,
  counts: usize,
  sums: usize,
  factors: usize,
  l1: f64,
  residuals: f64,
  places: usize,
  kept: usize,
  pointers: usize,
): u32 {
  return screening.screen<Logistic>(count, counts, sums, factors, l1, residuals, places, kept, pointers);
}
export function screenSquared(
  count: u32,
  counts: usize,
  sums: usize,
  factors: usize,
  l1: f64,
  residuals: f64,
  places: usize,
  kept: usize,
  pointers: usize,
): u32 {
  return screening.screen<Squared>(count, counts, sums, factors, l1, residuals, places, kept, pointers);
}

export function parseCsvStored(from: usize, to: usize, o: Parse, p: Plan): usize {
  return csv.parseCsv<Stored>(from, to, o, p);
}
export function parseCsvOnes(from: usize, to: usize, o: Parse, p: Plan): usize {
  return csv.parseCsv<Ones>(from, to, o, p);
}
/** Copies bytes, which JavaScript does slowly where memory is shared. */
export function copy(from: usize, to: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
export function numberEntries(start: u32, end: u32, o: Parse): u32 {
  return numbering.numberEntries(start, end, o);
}
export function learnCsv(from: usize, to: usize, o: Lesson, p: Plan): usize {
  return learnRows(from, to, o, p);
}
export function parseSvmlightStored(from: usize, to: usize, o: Parse): usize {
  return svmlight.parseSvmlight<Stored>(from, to, o);
}
export function parseSvmlightOnes(from: usize, to: usize, o: Parse): usize {
  return svmlight.parseSvmlight<Ones>(from, to, o);
}
export function parseVwStored(from: usize, to: usize, bits: u32, o: Parse): usize {
  return vw.parseVw<Stored>(from, to, bits, o);
}
export function parseVwOnes(from: usize, to: usize, bits: u32, o: Parse): usize {
  return vw.parseVw<Ones>(from, to, bits, o);
}
