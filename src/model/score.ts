import { type CsvOptions, csvSource } from "../data/csv.js";
import { ndjsonSource } from "../data/ndjson.js";
import type { RowReader } from "../data/reader.js";
import type { Input } from "../data/source.js";
import { svmlightReader } from "../data/svmlight.js";
import { tableReader } from "../data/table.js";
import type { Target } from "../data/target.js";
import { until } from "../data/until.js";
import { vwReader } from "../data/vw.js";
import { checkEngine, createEngine, type EngineOptions } from "../engine/engine.js";
import { OptionError } from "../errors.js";
import type { Scored } from "./lane.js";
import type { Model } from "./model.js";
import { Gatherer, type Purpose, Scorer } from "./scorer.js";

/** How data stands that a model is to predict. */
export interface DataOptions extends CsvOptions {
  /** Of a table: "csv" (the default) or "ndjson", an object a line. Data of models without a feature space is as in training. */
  format?: "csv" | "ndjson";
  /** A column, a comparison or a function of the record that labels come from; by default that of the training. */
  target?: Target;
  /** Columns of sample weights, and of what each row's margin begins with. */
  weight?: string;
  offset?: string;
  /** The label that means "yes", all others "no"; by default that of the training. */
  positive?: number;
  /** How many bad lines to leave out before giving up. Default 0. */
  skipBad?: number;
}

/** How rows are read and scored. */
export interface ScoreOptions extends DataOptions, EngineOptions {
  /** Whether rows have labels, which are then read. Default false. */
  labels?: boolean;
  signal?: AbortSignal;
}

/** Rows that were scored. */
export interface Scores {
  /** x·w + b of each row, and what the model predicts: the probability of "yes", or the value. */
  margins: Float64Array;
  predictions: Float64Array;
  /** −1/+1 for logistic loss; null where labels were not asked for. */
  labels: Float64Array | null;
  /** Sample weights, 1 where the data has none. */
  weights: Float64Array;
}

/**
 * Scores data of the form that a model was trained on, some rows after the other and in their order, in memory that does
 * not grow with them. On more than one thread (default 1) workers help, with the same bits. Throws DataError,
 * OptionError.
 */
export async function* score(model: Model, input: Input, options: ScoreOptions = {}): AsyncGenerator<Scores> {
  const { labels: isLabelled = false } = options;
  const reader = readerOf(model, input, options, isLabelled);
  for await (const { margins, labels, weights } of scoreRows([model], reader, { text: null, isLabelled }, options)) {
    const [own] = margins as [Float64Array];
    const predictions = own.map((margin) => model.respond(margin));
    yield { margins: own, predictions, labels: isLabelled ? labels : null, weights };
  }
}

/** Opens data for a finished model, in one pass. `isLabelled`: whether rows must have labels. Throws OptionError. */
export function readerOf(model: Model, input: Input, options: DataOptions, isLabelled: boolean): RowReader {
  const { skipBad = 0, weight, offset, format = "csv" } = options;
  const recorded = model.training.options;
  const positive = options.positive ?? recorded.positive;
  const coding = typeof positive === "number" ? { positive } : {};
  const { name } = options;
  const common = { ...(name !== undefined && { name }), keep: false };
  if (!model.space) {
    // Labels that are not needed may be any numbers, or be missing.
    const lines = { ...common, loss: isLabelled ? model.loss : ("squared" as const), ...coding, skipBad };
    if (model.vwBits === null) return svmlightReader(input, lines);
    return vwReader(input, { ...lines, bits: model.vwBits, isLabelled });
  }
  const target = options.target ?? (recorded.target as string | undefined);
  if (isLabelled && target === undefined) throw new OptionError("target: say what to compare predictions with");
  const source = format === "ndjson" ? ndjsonSource(input, common) : csvSource(input, { ...options, ...common });
  return tableReader(source, model.space, {
    loss: model.loss,
    target: isLabelled ? (target as Target) : null,
    ...coding,
    ...(isLabelled && weight !== undefined && { weight }),
    ...(offset !== undefined && { offset }),
    skipBad,
  });
}

/** Inputs of fewer bytes are scored before kernels are ready to. */
const WORTH_A_KERNEL = 1 << 18;
/** Two have been measured slower than one, on two cores of one processor. */
const THREADS = 1;

/**
 * Scores the rows of a reader by models over one feature space, in their order. Text is a view until the next is asked for.
 * Throws what reading throws.
 */
export async function* scoreRows(
  models: readonly Model[],
  reader: RowReader,
  purpose: Purpose,
  { signal, threads = THREADS, kernels = "wasm" }: EngineOptions & { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Scored> {
  checkEngine({ threads, kernels });
  const length = (await reader.reading?.length()) ?? Number.POSITIVE_INFINITY;
  const engine = reader.parse && length >= WORTH_A_KERNEL ? await createEngine({ threads, kernels }) : null;
  try {
    const scorer = engine && new Scorer(engine, models, purpose);
    const gatherer = scorer ?? new Gatherer(models, purpose);
    const pass = scorer
      ? reader.parse!(scorer)
      : reader.read((entries, label, weight, _row, offset) => gatherer.addRow(entries, label, weight, offset));
    for await (const _ of until(signal, pass)) {
      const scored = gatherer.take();
      if (scored.rows > 0) yield scored;
    }
  } finally {
    engine?.dispose();
  }
}
