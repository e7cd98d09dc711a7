export { toCsv } from "./convert/csv.js";
export { toJavaScript } from "./convert/javascript.js";
export { fromJson, toJson } from "./convert/json.js";
export { fromLiblinear, toLiblinear } from "./convert/liblinear.js";
export { toOnnx } from "./convert/onnx.js";
export type { Arrays } from "./data/arrays.js";
export type { CsvOptions } from "./data/csv.js";
export { Dataset, type DatasetOptions } from "./data/dataset.js";
export type { NdjsonOptions } from "./data/ndjson.js";
export {
  readArrays,
  readCsv,
  readNdjson,
  readRecords,
  readSvmlight,
  readVw,
  type TableDatasetOptions,
  type VwDatasetOptions,
} from "./data/read.js";
export type { Input, SingleInput } from "./data/source.js";
export type { Target } from "./data/target.js";
export { createEngine, type Engine, type EngineOptions, type Runtime } from "./engine/engine.js";
export type { Loss } from "./engine/kernels.js";
export { DataError, DivergenceError, MemoryError, ModelError, NoughtError, OptionError, type Place } from "./errors.js";
export type { Cell } from "./features/cell.js";
export {
  bucket,
  category,
  cross,
  type Definition,
  hash,
  number,
  parseSpace,
  quantiles,
  type SpaceDefinition,
  tokens,
} from "./features/define.js";
export { FeatureSpace, type Fields, featureSpace } from "./features/space.js";
export { calibrate } from "./model/calibrate.js";
export { decodeModel, type EncodeOptions, encodeModel } from "./model/codec.js";
export { diffModels, patchModel } from "./model/delta.js";
export { evaluate } from "./model/evaluate.js";
export { loadModel, saveModel } from "./model/file.js";
export { type Contribution, Model, type NamedWeight } from "./model/model.js";
export type { Change, Quantize } from "./model/quantize.js";
export { type DataOptions, type ScoreOptions, type Scores, score } from "./model/score.js";
export { type Metrics, measure } from "./report/metrics.js";
export { type Confusion, Ranking, type Reliability, type ReliabilityBin, type RocPoint } from "./report/ranking.js";
export { type LoadOptions, load } from "./serve/forms.js";
export type { Predictor } from "./serve/load.js";
export type { Certificate } from "./train/batch.js";
export { type BudgetFit, type BudgetOptions, fitToBudget } from "./train/budget.js";
export { type BatchFit, type Fit, type FitOptions, fit } from "./train/fit.js";
export type { Milestone } from "./train/milestones.js";
export type { BatchOptions, FtrlOptions, Progress, SgdOptions, SweepPoint } from "./train/options.js";
export { fitPath, type Path, type PathOptions, type PathPoint } from "./train/path.js";
export type { StreamPoint } from "./train/points.js";
export type { Measured, ProgressiveReport, Slices } from "./train/progressive.js";
export type { CheckpointOptions, ResumeOptions } from "./train/session.js";
export { Stepper, type StepperOptions } from "./train/stepper.js";
export { type StreamFit, streamCsv, streamNdjson, streamSvmlight, streamVw } from "./train/stream.js";
export {
  type CrossValidatedPoint,
  type CrossValidation,
  type CrossValidationOptions,
  crossValidate,
} from "./train/validate.js";
