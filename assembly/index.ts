// The entry: one monomorphic export a kernel, named kernel + loss + values. Nothing else is exported but the layout.
import { descendEpoch } from "./batch/descent";
import * as quadratic from "./batch/quadratic";
import { Logistic, Squared } from "./datafit";
import { Descent, Ftrl, Matrix, Rows, Sgd } from "./layout";
import * as ftrl from "./online/ftrl";
import * as sgd from "./online/sgd";
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
export function gradientsStored(x: Matrix, order: usize, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Stored>(x, order, from, to, model, out);
}
export function gradientsOnes(x: Matrix, order: usize, from: u32, to: u32, model: usize, out: usize): void {
  quadratic.gradients<Ones>(x, order, from, to, model, out);
}
export function curvaturesStored(x: Matrix, order: usize, count: u32, model: usize, out: usize): void {
  quadratic.curvatures<Stored>(x, order, count, model, out);
}
export function curvaturesOnes(x: Matrix, order: usize, count: u32, model: usize, out: usize): void {
  quadratic.curvatures<Ones>(x, order, count, model, out);
}
export function spreadStored(x: Matrix, order: usize, count: u32, d: usize, out: usize): void {
  quadratic.spread<Stored>(x, order, count, d, out);
}
export function spreadOnes(x: Matrix, order: usize, count: u32, d: usize, out: usize): void {
  quadratic.spread<Ones>(x, order, count, d, out);
}
export function bend(from: u32, to: u32, model: usize, v: usize, out: usize): f64 {
  return quadratic.bend(from, to, model, v, out);
}
export function descendStored(x: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<Stored>(x, order, count, o);
}
export function descendOnes(x: Matrix, order: usize, count: u32, o: Descent): void {
  descendEpoch<Ones>(x, order, count, o);
}
