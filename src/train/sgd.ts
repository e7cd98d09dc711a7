import type { Engine } from "../engine/engine.js";
import type { Loss, Sgd } from "../engine/kernels.js";
import type { SgdOptions } from "./options.js";
import type { Trainer } from "./trainer.js";

/** The proximal gradient step on one row at a time: a gradient step, then the soft threshold (Duchi & Singer, 2009). */
export function sgdTrainer({ kernels, memory }: Engine, loss: Loss, options: SgdOptions, meanWeight: number): Trainer {
  const { l1 = 1e-4, l2 = 0, rate = 0.1, decay = 0.01, intercept = true } = options;
  const o: Sgd = {
    state: memory.f64(0),
    scratch: memory.f64(0),
    ledger: memory.f64(4),
    margins: null,
    columns: 0,
    intercept: Number(intercept),
    l1,
    l2,
    rate,
    decay,
    weightScale: 1 / meanWeight,
  };
  o.ledger.view.set([0, 1, 0, 0]);

  return {
    batch: 1,
    reserve({ columns, longestRow }) {
      if (o.scratch.length < longestRow) o.scratch = memory.grow(o.scratch, longestRow);
      if (o.state.length < columns) o.state = memory.grow(o.state, columns);
      o.columns = o.state.length;
    },
    weigh: (mean) => {
      o.weightScale = 1 / mean;
    },
    train: (rows, order, from, to, on = kernels) => on.sgdRows(loss, rows, order, from, to, o),
    weightsInto: (out, from, to) => kernels.sgdWeights(o, from, to, out),
    touchedInto: (out, from, to) => {
      for (let j = from, { view } = out; j < to; j++) view[j - from] = j;
      return to - from;
    },
    intercept: () => o.ledger.view[3] as number,
    get margins() {
      return o.margins;
    },
    set margins(margins) {
      o.margins = margins;
    },
    globals: o.ledger,
    get state() {
      return o.state;
    },
    fresh: new Uint8Array(Float64Array.of(0).buffer),
  };
}
