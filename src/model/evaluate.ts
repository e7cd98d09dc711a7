import type { Dataset } from "../data/dataset.js";
import type { RowReader } from "../data/reader.js";
import type { F64 } from "../engine/memory.js";
import { DataError } from "../errors.js";
import { type Assessment, assess, type Metrics } from "../report/metrics.js";
import type { Model } from "./model.js";

/** Measures a model on a dataset in memory. */
export function evaluate(model: Model, data: Dataset): Metrics {
  return assessOn(model, data).metrics;
}

/** As evaluate, with the ranking of the rows. */
export function assessOn(model: Model, data: Dataset): Assessment {
  const { kernels, memory } = data.engine;
  const mark = memory.mark();
  try {
    const w = memory.f64(data.seen);
    const margins = memory.f64(data.count);
    w.view.set(data.dictionary.ids.map((id) => model.weightOf(id)));
    kernels.margins(data.rows, 0, data.count, w, model.intercept, margins);
    addOffsets(data, margins);
    const own = (slice: F64) => slice.view.subarray(0, data.count);
    const { labels, weights } = data.rows;
    return assess(model.loss, margins.view, own(labels), weights && own(weights));
  } finally {
    memory.release(mark);
  }
}

/** Adds a dataset's offsets to margins. */
export function addOffsets({ offsets, count }: Dataset, margins: F64): void {
  if (!offsets) return;
  const [m, o] = [margins.view, offsets.view];
  for (let i = 0; i < count; i++) m[i]! += o[i]!;
}

/** Measures a model on rows as they come; keeps three numbers a row. Throws DataError when all weigh 0. */
export async function evaluateRows(model: Model, reader: RowReader, signal?: AbortSignal): Promise<Assessment> {
  const [assessment] = await evaluateEach([model], reader, signal);
  return assessment as Assessment;
}

/** As evaluateRows, for several models in one pass. */
export async function evaluateEach(
  models: readonly Model[],
  reader: RowReader,
  signal?: AbortSignal,
): Promise<Assessment[]> {
  const margins = models.map((): number[] => []);
  const labels: number[] = [];
  const weights: number[] = [];
  const pass = reader.read((entries, label, weight, _row, offset = 0) => {
    models.forEach((model, i) => {
      margins[i]!.push(model.marginOf(entries) + offset);
    });
    labels.push(label);
    weights.push(weight);
  });
  for await (const _ of pass) signal?.throwIfAborted();
  if (!weights.some((s) => s > 0)) throw new DataError(`${reader.name}: every row's weight is 0`);
  return models.map(({ loss }, i) => assess(loss, margins[i]!, labels, weights));
}
