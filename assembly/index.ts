// The entry: one monomorphic export a kernel, named kernel + loss + values. Nothing else is exported but the layout.
import * as columns from "./batch/columns";
import { conjugate } from "./batch/conjugate";
import { descendEpoch } from "./batch/descent";
import * as quadratic from "./batch/quadratic";
import { Logistic, Squared } from "./datafit";
import { Conjugate, Descent, Ftrl, Matrix, Parse, Rows, Sgd } from "./layout";
import * as ftrl from "./online/ftrl";
import * as sgd from "./online/sgd";
import * as svmlight from "./parse/svmlight";
import * as sparse from "./sparse";
import { Ones, Stored } from "./sparse";

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
  return ftrl.ftrlBatches<Logistic, Stored>(rows, order, from, to, o);
}
export function ftrlBatchesLogisticOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlBatches<Logistic, Ones>(rows, order, from, to, o);
}
export function ftrlBatchesSquaredStored(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlBatches<Squared, Stored>(rows, order, from, to, o);
}
export function ftrlBatchesSquaredOnes(rows: Rows, order: usize, from: u32, to: u32, o: Ftrl): f64 {
  return ftrl.ftrlBatches<Squared, Ones>(rows, order, from, to, o);
}
export function ftrlWeights(o: Ftrl, from: u32, to: u32, out: usize): void {
  ftrl.ftrlWeights(o, from, to, out);
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
export function gradientsStored(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Stored>(x, from, to, model, out);
}
export function gradientsOnes(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Ones>(x, from, to, model, out);
}
export function curvaturesStored(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.curvatures<Stored>(x, from, to, model, out);
}
export function curvaturesOnes(x: Matrix, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.curvatures<Ones>(x, from, to, model, out);
}
export function spreadStored(x: Matrix, count: u32, d: usize, out: usize): void {
  quadratic.spread<Stored>(x, count, d, out);
}
export function spreadOnes(x: Matrix, count: u32, d: usize, out: usize): void {
  quadratic.spread<Ones>(x, count, d, out);
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
export function survey(count: u32, gradients: usize, weights: usize, penalties: usize, order: usize): u32 {
  return quadratic.survey(count, gradients, weights, penalties, order);
}
export function descendStored(x: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<Stored>(x, order, count, o);
}
export function descendOnes(x: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<Ones>(x, order, count, o);
}
export function conjugateStored(x: Matrix, rows: Matrix, count: u32, o: Conjugate): void {
  conjugate<Stored>(x, rows, count, o);
}
export function conjugateOnes(x: Matrix, rows: Matrix, count: u32, o: Conjugate): void {
  conjugate<Ones>(x, rows, count, o);
}

export function countIndices(x: Matrix, count: u32, places: usize, counts: usize): void {
  columns.countIndices(x, count, places, counts);
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
export function pullsStored(rows: Rows, count: u32, up: usize, down: usize): void {
  columns.pulls<Stored>(rows, count, up, down);
}
export function pullsOnes(rows: Rows, count: u32, up: usize, down: usize): void {
  columns.pulls<Ones>(rows, count, up, down);
}
export function squaresStored(rows: Rows, count: u32, sums: usize): void {
  columns.squares<Stored>(rows, count, sums);
}
export function squaresOnes(rows: Rows, count: u32, sums: usize): void {
  columns.squares<Ones>(rows, count, sums);
}

export function parseSvmlightStored(from: usize, to: usize, o: Parse): usize {
  return svmlight.parseSvmlight<Stored>(from, to, o);
}
export function parseSvmlightOnes(from: usize, to: usize, o: Parse): usize {
  return svmlight.parseSvmlight<Ones>(from, to, o);
}
