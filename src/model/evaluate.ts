import type { Dataset } from "../data/dataset.js";
import type { RowReader } from "../data/reader.js";
import { type Metrics, measure } from "../report/metrics.js";
import type { Model } from "./model.js";

/** Measures a model on a dataset in memory. */
export function evaluate(model: Model, data: Dataset): Metrics {
  const { ids } = data.dictionary;
  const { pointers, indices, values, labels, weights } = data.rows;
  const margins = Float64Array.from({ length: data.count }, (_, i) => {
    let margin = model.intercept;
    for (let k = pointers.view[i]!; k < pointers.view[i + 1]!; k++) {
      margin += model.weightOf(ids[indices.view[k]!]!) * (values ? values.view[k]! : 1);
    }
    return margin;
  });
  const own = <A extends Float64Array>(array: A) => array.subarray(0, data.count);
  return measure(model.loss, margins, own(labels.view), weights && own(weights.view));
}

/** Measures a model on rows as they come; keeps three numbers a row. */
export async function evaluateRows(model: Model, reader: RowReader, signal?: AbortSignal): Promise<Metrics> {
  const margins: number[] = [];
  const labels: number[] = [];
  const weights: number[] = [];
  const pass = reader.read((entries, label, weight) => {
    margins.push(model.marginOf(entries));
    labels.push(label);
    weights.push(weight);
  });
  for await (const _ of pass) signal?.throwIfAborted();
  return measure(model.loss, margins, labels, weights);
}
