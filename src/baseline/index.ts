import type { Kernels } from "../engine/kernels.js";
import { countIndices, pulls, select, squares, transpose } from "./columns.js";
import { conjugate } from "./conjugate.js";
import { descend } from "./descent.js";
import { conjugateByFactor } from "./factor.js";
import { ftrlBatches, ftrlIntercept, ftrlRows, ftrlWeights } from "./ftrl.js";
import { couple, curve, descendByHessian, mirror, weigh } from "./hessian.js";
import { bend, curvatures, gradients, gram, linearize, spread, survey } from "./quadratic.js";
import { sgdRows, sgdWeights } from "./sgd.js";
import { loss, margins } from "./sparse.js";
import { parseSvmlight } from "./svmlight.js";

/** The kernels in plain TypeScript: what WebAssembly is measured against, and the fallback where it is forbidden. */
export const BASELINE: Kernels = {
  margins,
  loss,
  ftrlRows,
  ftrlBatches,
  ftrlWeights,
  ftrlIntercept,
  sgdRows,
  sgdWeights,
  linearize,
  gradients,
  curvatures,
  spread,
  bend,
  parseSvmlight,
  survey,
  gram,
  countIndices,
  transpose,
  select,
  pulls,
  squares,
  descend,
  conjugate,
  couple,
  mirror,
  weigh,
  curve,
  descendByHessian,
  conjugateByFactor,
};
