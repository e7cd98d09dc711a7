// Byte offsets of every struct field that the host writes, and each struct's size, as exported globals.
import { Conjugate, Descent, Ftrl, Matrix, Parse, Rows, Sgd } from "./layout";

export const MATRIX_BYTES: u32 = offsetof<Matrix>();
export const MATRIX_POINTERS: u32 = offsetof<Matrix>("pointers");
export const MATRIX_INDICES: u32 = offsetof<Matrix>("indices");
export const MATRIX_VALUES: u32 = offsetof<Matrix>("values");

export const ROWS_BYTES: u32 = offsetof<Rows>();
export const ROWS_LABELS: u32 = offsetof<Rows>("labels");
export const ROWS_WEIGHTS: u32 = offsetof<Rows>("weights");

export const FTRL_BYTES: u32 = offsetof<Ftrl>();
export const FTRL_STATE: u32 = offsetof<Ftrl>("state");
export const FTRL_BIAS: u32 = offsetof<Ftrl>("bias");
export const FTRL_SCRATCH: u32 = offsetof<Ftrl>("scratch");
export const FTRL_TOUCHED: u32 = offsetof<Ftrl>("touched");
export const FTRL_GRADIENT: u32 = offsetof<Ftrl>("gradient");
export const FTRL_PLACES: u32 = offsetof<Ftrl>("places");
export const FTRL_RESIDUALS: u32 = offsetof<Ftrl>("residuals");
export const FTRL_BATCH: u32 = offsetof<Ftrl>("batch");
export const FTRL_CLIP: u32 = offsetof<Ftrl>("clip");
export const FTRL_INVERSE_ALPHA: u32 = offsetof<Ftrl>("inverseAlpha");
export const FTRL_RIDGE: u32 = offsetof<Ftrl>("ridge");
export const FTRL_LAMBDA1: u32 = offsetof<Ftrl>("lambda1");
export const FTRL_BIAS_RIDGE: u32 = offsetof<Ftrl>("biasRidge");
export const FTRL_BIAS_LAMBDA1: u32 = offsetof<Ftrl>("biasLambda1");
export const FTRL_INTERCEPT: u32 = offsetof<Ftrl>("intercept");

export const SGD_BYTES: u32 = offsetof<Sgd>();
export const SGD_STATE: u32 = offsetof<Sgd>("state");
export const SGD_SCRATCH: u32 = offsetof<Sgd>("scratch");
export const SGD_LEDGER: u32 = offsetof<Sgd>("ledger");
export const SGD_COLUMNS: u32 = offsetof<Sgd>("columns");
export const SGD_INTERCEPT: u32 = offsetof<Sgd>("intercept");
export const SGD_L1: u32 = offsetof<Sgd>("l1");
export const SGD_L2: u32 = offsetof<Sgd>("l2");
export const SGD_RATE: u32 = offsetof<Sgd>("rate");
export const SGD_DECAY: u32 = offsetof<Sgd>("decay");
export const SGD_WEIGHT_SCALE: u32 = offsetof<Sgd>("weightScale");

export const DESCENT_BYTES: u32 = offsetof<Descent>();
export const DESCENT_MODEL: u32 = offsetof<Descent>("model");
export const DESCENT_CURVATURES: u32 = offsetof<Descent>("curvatures");
export const DESCENT_WEIGHTS: u32 = offsetof<Descent>("weights");
export const DESCENT_PENALTIES: u32 = offsetof<Descent>("penalties");
export const DESCENT_ORIGIN: u32 = offsetof<Descent>("origin");
export const DESCENT_INVERSE_REACH: u32 = offsetof<Descent>("inverseReach");
export const DESCENT_OUTCOME: u32 = offsetof<Descent>("outcome");
export const DESCENT_RADIUS: u32 = offsetof<Descent>("radius");
export const DESCENT_SLACK: u32 = offsetof<Descent>("slack");

export const CONJUGATE_BYTES: u32 = offsetof<Conjugate>();
export const CONJUGATE_MODEL: u32 = offsetof<Conjugate>("model");
export const CONJUGATE_PRODUCTS: u32 = offsetof<Conjugate>("products");
export const CONJUGATE_INVERSE: u32 = offsetof<Conjugate>("inverse");
export const CONJUGATE_RIDGE: u32 = offsetof<Conjugate>("ridge");
export const CONJUGATE_RESIDUAL: u32 = offsetof<Conjugate>("residual");
export const CONJUGATE_SEARCH: u32 = offsetof<Conjugate>("search");
export const CONJUGATE_STEP: u32 = offsetof<Conjugate>("step");
export const CONJUGATE_CURVED: u32 = offsetof<Conjugate>("curved");
export const CONJUGATE_COLUMNS: u32 = offsetof<Conjugate>("columns");
export const CONJUGATE_LIMIT: u32 = offsetof<Conjugate>("limit");
export const CONJUGATE_ENOUGH: u32 = offsetof<Conjugate>("enough");

export const PARSE_BYTES: u32 = offsetof<Parse>();
export const PARSE_POINTERS: u32 = offsetof<Parse>("pointers");
export const PARSE_LABELS: u32 = offsetof<Parse>("labels");
export const PARSE_INDICES: u32 = offsetof<Parse>("indices");
export const PARSE_VALUES: u32 = offsetof<Parse>("values");
export const PARSE_IDS: u32 = offsetof<Parse>("ids");
export const PARSE_DIRECT: u32 = offsetof<Parse>("direct");
export const PARSE_HASHED: u32 = offsetof<Parse>("hashed");
export const PARSE_PROGRESS: u32 = offsetof<Parse>("progress");
export const PARSE_NUMBER: u32 = offsetof<Parse>("number");
export const PARSE_SPAN: u32 = offsetof<Parse>("span");
export const PARSE_SLOTS: u32 = offsetof<Parse>("slots");
export const PARSE_MOST: u32 = offsetof<Parse>("most");
export const PARSE_LEAST: u32 = offsetof<Parse>("least");
