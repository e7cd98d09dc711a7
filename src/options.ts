import { OptionError } from "./errors.js";
import { meant } from "./near.js";

/** Every option of every reader and trainer, so that a misspelt one is not passed over. */
const KNOWN = new Set(
  (
    "loss positive skipBad holdout seed like signal kernels threads space target weight offset delimiter header name bits " +
    "solver epochs intercept onProgress lambda1 lambda2 alpha beta batch clip initialAccumulator penalizeIntercept " +
    "l1 l2 rate decay order steps tolerance iterations penaltyFactors checkpoint resume update keepState keepSeen " +
    "dense hogwild replicas inclusion cache sweep holdoutEvery slices onMilestone from lambdas ratio l1Ratio folds maxWeights " +
    "maxBytes maxLoss quantize stripNames onPoint"
  ).split(" "),
);

/** Throws OptionError on an option that nothing takes. */
export function checkNames(options: object): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown === undefined) return;
  const near = meant(unknown, [...KNOWN]);
  const hint = near === null ? "" : ` (is "${near}" meant?)`;
  throw new OptionError(`unknown option "${unknown}"${hint}; there are ${[...KNOWN].join(", ")}`);
}
