import type { Loss } from "../engine/kernels.js";
import { DataError } from "../errors.js";
import { Entries } from "../features/entries.js";
import { LabelCoder } from "./label.js";
import type { RowReader, Tally } from "./reader.js";

/** A matrix in CSR form with its labels, as typed or plain arrays. */
export interface Arrays {
  /** Where each row begins in columns: rows + 1 numbers, the first 0. */
  rows: ArrayLike<number>;
  /** Below `dimension`, none twice in one row. */
  columns: ArrayLike<number>;
  /** One for each column; leave out when all are 1. */
  values?: ArrayLike<number>;
  /** One a row. */
  labels: ArrayLike<number>;
  /** Sample weights, one a row, 0 or more. */
  weights?: ArrayLike<number>;
  /** What each row's margin begins with, one a row. For solver batch. */
  offsets?: ArrayLike<number>;
  dimension: number;
}

/** Reads arrays as rows. Throws DataError where they do not fit together. */
export function arraysReader(arrays: Arrays, loss: Loss, positive?: number): RowReader {
  const { rows, columns, values, labels, weights, offsets, dimension } = arrays;
  const count = rows.length - 1;
  const tally: Tally = { rows: 0, skipped: 0, unseen: 0 };
  const fail = (problem: string, row = 0): never => {
    throw new DataError(problem, { source: "arrays", line: row + 1, column: 1 });
  };
  if (!(count >= 1) || rows[0] !== 0) fail(`rows: expected 0 first and one number more than there are rows`);
  if (labels.length !== count) fail(`labels: ${labels.length} for ${count} rows`);
  if (weights && weights.length !== count) fail(`weights: ${weights.length} for ${count} rows`);
  if (offsets && offsets.length !== count) fail(`offsets: ${offsets.length} for ${count} rows`);
  if (rows[count] !== columns.length) fail(`columns: ${columns.length}, but rows end at ${rows[count]}`);
  if (values && values.length !== columns.length) fail(`values: ${values.length} for ${columns.length} columns`);
  return {
    name: "arrays",
    space: null,
    declared: dimension,
    tally,
    async *read(sink) {
      const coder = new LabelCoder(loss, positive);
      const entries = new Entries();
      for (let i = 0; i < count; i++) {
        entries.clear();
        const [from, to] = [rows[i]!, rows[i + 1]!];
        if (!(to >= from && to <= columns.length)) fail(`row ends at ${to}, before its beginning ${from}`, i);
        const met = new Set<number>();
        for (let k = from; k < to; k++) {
          const column = columns[k]!;
          const value = values ? Math.fround(values[k]!) : 1;
          if (!(Number.isInteger(column) && column >= 0 && column < dimension)) {
            fail(`column ${column} is not a whole number below the dimension ${dimension}`, i);
          }
          if (met.has(column)) fail(`column ${column} appears twice in a row`, i);
          if (!Number.isFinite(value)) fail(`value ${values?.[k]} is not a finite number`, i);
          met.add(column);
          if (value !== 0) entries.push(column, value);
        }
        if (!Number.isFinite(labels[i]!)) fail(`label ${labels[i]} is not a finite number`, i);
        const weight = weights ? weights[i]! : 1;
        if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) fail(`weight ${weight} is not a number ≥ 0`, i);
        let label = labels[i]!;
        try {
          label = coder.code(label);
        } catch (error) {
          fail((error as DataError).problem, i);
        }
        const offset = offsets ? offsets[i]! : 0;
        if (!Number.isFinite(offset)) fail(`offset ${offset} is not a finite number`, i);
        sink(entries, label, weight, i, offset);
        tally.rows++;
        if (i % 4096 === 0) yield;
      }
    },
  };
}
