// Byte offsets of every struct field that the host writes, and each struct's size, as exported globals.
import { Descent, Face, Ftrl, Matrix, Parse, Rows, Sgd } from "./layout";

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

export const FACE_BYTES: u32 = offsetof<Face>();
export const FACE_ORDER: u32 = offsetof<Face>("order");
export const FACE_RANKS: u32 = offsetof<Face>("ranks");
export const FACE_CURSOR: u32 = offsetof<Face>("cursor");
export const FACE_HEAD: u32 = offsetof<Face>("head");
export const FACE_LINK: u32 = offsetof<Face>("link");
export const FACE_PLACES: u32 = offsetof<Face>("places");
export const FACE_POINTERS: u32 = offsetof<Face>("pointers");
export const FACE_INDICES: u32 = offsetof<Face>("indices");
export const FACE_VALUES: u32 = offsetof<Face>("values");
export const FACE_FACTORS: u32 = offsetof<Face>("factors");
export const FACE_DIAGONAL: u32 = offsetof<Face>("diagonal");
export const FACE_PIVOTS: u32 = offsetof<Face>("pivots");
export const FACE_INVERSE: u32 = offsetof<Face>("inverse");
export const FACE_RIDGE: u32 = offsetof<Face>("ridge");
export const FACE_RESIDUAL: u32 = offsetof<Face>("residual");
export const FACE_STEP: u32 = offsetof<Face>("step");
export const FACE_LEFT: u32 = offsetof<Face>("left");
export const FACE_SEARCH: u32 = offsetof<Face>("search");
export const FACE_CURVED: u32 = offsetof<Face>("curved");
export const FACE_SOLVED: u32 = offsetof<Face>("solved");
export const FACE_MOVED: u32 = offsetof<Face>("moved");
export const FACE_IS_FACTORED: u32 = offsetof<Face>("isFactored");
export const FACE_LIMIT: u32 = offsetof<Face>("limit");
export const FACE_ENOUGH: u32 = offsetof<Face>("enough");

export const PARSE_BYTES: u32 = offsetof<Parse>();
export const PARSE_STARTS: u32 = offsetof<Parse>("starts");
export const PARSE_ENDS: u32 = offsetof<Parse>("ends");
export const PARSE_INDICES: u32 = offsetof<Parse>("indices");
export const PARSE_VALUES: u32 = offsetof<Parse>("values");
export const PARSE_LABELS: u32 = offsetof<Parse>("labels");
export const PARSE_NUMBER: u32 = offsetof<Parse>("number");
export const PARSE_OUTCOME: u32 = offsetof<Parse>("outcome");
export const PARSE_MOST: u32 = offsetof<Parse>("most");
