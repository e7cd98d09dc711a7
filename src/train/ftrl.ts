import type { Engine } from "../engine/engine.js";
import type { Ftrl, Loss } from "../engine/kernels.js";
import type { Slice } from "../engine/memory.js";
import type { FtrlOptions } from "./options.js";
import type { Trainer } from "./trainer.js";

/** FTRL-Proximal with per-coordinate learning rates (McMahan et al., KDD 2013). */
export function ftrlTrainer({ kernels, memory }: Engine, loss: Loss, options: FtrlOptions): Trainer {
  const { lambda1 = 1, lambda2 = 0, alpha = 0.1, beta = 1, batch = 1, clip = Number.POSITIVE_INFINITY } = options;
  const { initialAccumulator = 0, penalizeIntercept = false, intercept = true } = options;
  const isBatched = batch > 1 || clip < Number.POSITIVE_INFINITY;
  const o: Ftrl = {
    state: memory.f32(0),
    bias: memory.f64(2),
    scratch: memory.f32(0),
    touched: isBatched ? memory.u32(0) : null,
    gradient: isBatched ? memory.f64(0) : null,
    spots: isBatched ? memory.u32(0) : null,
    seats: isBatched ? memory.u32(0) : null,
    outcome: isBatched ? memory.f64(2) : null,
    margins: null,
    batch,
    clip,
    inverseAlpha: 1 / alpha,
    ridge: beta / alpha + lambda2,
    lambda1,
    biasRidge: beta / alpha + (penalizeIntercept ? lambda2 : 0),
    biasLambda1: penalizeIntercept ? lambda1 : 0,
    intercept: Number(intercept),
  };
  o.bias.view[1] = initialAccumulator;
  /** Of each part that is trained on at once; the first is also for one alone. */
  const scratches = [o.scratch];

  return {
    batch,
    ...(!isBatched && {
      open(count: number) {
        while (scratches.length < count) scratches.push(memory.f32(0));
      },
    }),
    reserve({ columns, longestRow, batchEntries }) {
      const grown = <S extends Slice>(slice: S, length: number): S =>
        slice.length < length ? (memory.grow(slice, length) as S) : slice;
      for (const [part, it] of scratches.entries()) scratches[part] = grown(it, isBatched ? batchEntries : 2 * (longestRow + 3));
      if (o.touched) o.touched = grown(o.touched, batchEntries);
      if (o.gradient) o.gradient = grown(o.gradient, batchEntries);
      if (o.spots) o.spots = grown(o.spots, batchEntries);
      if (o.seats) o.seats = grown(o.seats, 4 * batchEntries + 2);
      const had = o.state.length;
      o.state = grown(o.state, 2 * columns);
      if (initialAccumulator > 0) {
        const state = o.state.view;
        for (let at = had + 1; at < state.length; at += 2) state[at] = initialAccumulator;
      }
    },
    train(rows, order, from, to, on = kernels, part = 0) {
      o.scratch = scratches[part]!;
      return (isBatched ? on.ftrlBatches : on.ftrlRows)(loss, rows, order, from, to, o);
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
