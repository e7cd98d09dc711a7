import type { Kernels } from "../engine/kernels.js";
import { countIndices, inverseReach, layOut, mergeColumns, pick, select, transpose } from "./columns.js";
import { conjugateBegin, conjugateStep } from "./conjugate.js";
import { parseCsv } from "./csv.js";
import { descend, descendByHessian } from "./descent.js";
import { breakpoints, face, land, stride } from "./face.js";
import { conjugateByFactor } from "./factor.js";
import { ftrlBatches, ftrlGradient, ftrlIntercept, ftrlRows, ftrlStep, ftrlTouched, ftrlWeights } from "./ftrl.js";
import { couple, curveByHessian, mirror, weigh } from "./hessian.js";
import { learnCsv } from "./learn.js";
import { copy, numberEntries } from "./parsing.js";
import {
  advance,
  along,
  bend,
  couplings,
  curve,
  derivatives,
  dual,
  gradients,
  gram,
  linearize,
  project,
  spread,
  tilt,
  touch,
} from "./quadratic.js";
import { screen, tally } from "./screen.js";
import { sgdRows, sgdWeights } from "./sgd.js";
import { loss, margins } from "./sparse.js";
import { parseSvmlight } from "./svmlight.js";
import { parseVw } from "./vw.js";
import { aim, choose, countEntries, enumerate, give, penalty, scaling, survey, take, violation } from "./working.js";

/** The kernels in plain TypeScript: what WebAssembly is measured against, and the fallback where it is forbidden. */
export const BASELINE: Kernels = {
  margins,
  loss,
  ftrlRows,
  ftrlBatches,
  ftrlGradient,
  ftrlStep,
  ftrlWeights,
  ftrlTouched,
  ftrlIntercept,
  sgdRows,
  sgdWeights,
  linearize,
  dual,
  gradients,
  derivatives,
  couplings,
  spread,
  project,
  along,
  advance,
  tilt,
  touch,
  bend,
  curve,
  parseSvmlight,
  parseVw,
  parseCsv,
  numberEntries,
  copy,
  learnCsv,
  survey,
  penalty,
  violation,
  scaling,
  choose,
  aim,
  enumerate,
  countEntries,
  take,
  give,
  gram,
  countIndices,
  layOut,
  transpose,
  select,
  pick,
  mergeColumns,
  inverseReach,
  tally,
  screen,
  descend,
  couple,
  mirror,
  weigh,
  curveByHessian,
  descendByHessian,
  conjugateByFactor,
  conjugateBegin,
  conjugateStep,
  face,
  breakpoints,
  stride,
  land,
};
