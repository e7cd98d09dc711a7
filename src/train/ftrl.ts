import type { Engine } from "../engine/engine.js";
import type { Ftrl, Loss } from "../engine/kernels.js";
import type { Slice } from "../engine/memory.js";
import type { FtrlOptions, TableOptions } from "./options.js";
import type { Trainer } from "./trainer.js";

/** What each part of the rows that are trained on at the same time has of its own. */
type Area = Pick<Ftrl, "scratch" | "touched" | "gradient" | "spots" | "seats" | "outcome">;

/** FTRL-Proximal with per-coordinate learning rates (McMahan et al., KDD 2013). */
export function ftrlTrainer(
  { kernels, memory }: Engine,
  loss: Loss,
  options: FtrlOptions & Pick<TableOptions, "replicas">,
): Trainer {
  const { lambda1 = 1, lambda2 = 0, alpha = 0.1, beta = 1, batch = 1, clip = Number.POSITIVE_INFINITY } = options;
  const { initialAccumulator = 0, penalizeIntercept = false, intercept = true, replicas = 1 } = options;
  const isBatched = batch > 1 || clip < Number.POSITIVE_INFINITY;
  const areaOf = (): Area => ({
    scratch: memory.f32(0),
    touched: isBatched ? memory.u32(0) : null,
    gradient: isBatched ? memory.f64(0) : null,
    spots: isBatched ? memory.u32(0) : null,
    seats: isBatched ? memory.u32(0) : null,
    outcome: isBatched ? memory.f64(2) : null,
  });
  /** Of each part that is trained on at the same time; the first is also for one alone. */
  const areas = [areaOf()];
  const o: Ftrl = {
    ...areas[0]!,
    state: memory.f32(0),
    bias: memory.f64(2),
    margins: null,
    batch: Math.min(batch, 2 ** 32 - 1), // more rows than there can be
    clip,
    inverseAlpha: 1 / alpha,
    ridge: beta / alpha + lambda2,
    lambda1,
    biasRidge: beta / alpha + (penalizeIntercept ? lambda2 : 0),
    biasLambda1: penalizeIntercept ? lambda1 : 0,
    intercept: Number(intercept),
  };
  o.bias.view[1] = initialAccumulator;
  const kernel = isBatched ? (replicas > 1 ? "ftrlGradient" : "ftrlBatches") : "ftrlRows";

  return {
    batch,
    open(count: number) {
      while (areas.length < count) areas.push(areaOf());
    },
    ...(replicas > 1 && {
      merge(count: number) {
        for (const area of areas.slice(0, count)) kernels.ftrlStep(Object.assign(o, area));
      },
    }),
    reserve({ columns, longestRow, batchEntries }) {
      const grown = <S extends Slice>(slice: S, length: number): S =>
        slice.length < length ? (memory.grow(slice, length) as S) : slice;
      for (const it of areas) {
        it.scratch = grown(it.scratch, isBatched ? batchEntries : 2 * (longestRow + 3));
        if (it.touched) it.touched = grown(it.touched, batchEntries);
        if (it.gradient) it.gradient = grown(it.gradient, batchEntries);
        if (it.spots) it.spots = grown(it.spots, batchEntries);
        if (it.seats) it.seats = grown(it.seats, 2 * batchEntries + 1);
      }
      const had = o.state.length;
      o.state = grown(o.state, 2 * columns);
      if (initialAccumulator > 0) {
        const state = o.state.view;
        for (let at = had + 1; at < state.length; at += 2) state[at] = initialAccumulator;
      }
    },
    train(rows, order, from, to, on = kernels, part = 0) {
      return on[kernel](loss, rows, order, from, to, Object.assign(o, areas[part]));
    },
    weightsInto: (out, from, to) => kernels.ftrlWeights(o, from, to, out),
    touchedInto: (out, from, to) => kernels.ftrlTouched(o, from, to, initialAccumulator, out),
    intercept: () => kernels.ftrlIntercept(o),
    get margins() {
      return o.margins;
    },
    set margins(margins) {
      o.margins = margins;
    },
    globals: o.bias,
    get state() {
      return o.state;
    },
    fresh: new Uint8Array(Float32Array.of(0, initialAccumulator).buffer),
  };
}
