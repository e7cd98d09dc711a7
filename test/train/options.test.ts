import { expect, test } from "vitest";
import { type FitOptions, OptionError } from "../../src/node.js";
import { checkSolver, solverFor } from "../../src/train/check.js";
import { errorOf } from "../helpers.js";

const DIVIDES = (alpha: number, beta: number, initialAccumulator: number) =>
  `alpha ${alpha}, beta ${beta}, initialAccumulator ${initialAccumulator}: (beta + √initialAccumulator)/alpha + ` +
  "lambda2 divides the first step and must be above 0 and finite; the intercept has no lambda2 unless penalized";

test.each<[object, string]>([
  [{ solver: "adam" }, 'solver "adam": expected "ftrl", "sgd" or "batch"'],
  [{ l1: 1, lambda1: 1 }, 'l1 is no option of solver "ftrl"; its strengths are lambda1, lambda2'],
  [{ solver: "sgd", lambda1: 1 }, 'lambda1 is no option of solver "sgd"; its strengths are l1, l2'],
  [{ lambda1: -1 }, "lambda1 -1: expected a finite number ≥ 0"],
  [{ lambda1: Number.NaN }, "lambda1 NaN: expected a finite number ≥ 0"],
  [{ lambda2: Number.POSITIVE_INFINITY }, "lambda2 Infinity: expected a finite number ≥ 0"],
  [{ alpha: 0 }, "alpha 0: expected a finite number > 0"],
  [{ alpha: "0.1" }, "alpha 0.1: expected a finite number > 0"],
  [{ clip: 0 }, "clip 0: expected a finite number > 0"],
  [{ epochs: 0 }, "epochs 0: expected a whole number ≥ 1"],
  [{ epochs: 1.5 }, "epochs 1.5: expected a whole number ≥ 1"],
  [{ batch: 0 }, "batch 0: expected a whole number ≥ 1"],
  [{ seed: Number.NaN }, "seed NaN: expected a whole number"],
  [{ solver: "sgd", rate: 0 }, "rate 0: expected a finite number > 0"],
  [{ solver: "sgd", decay: -1 }, "decay -1: expected a finite number ≥ 0"],
  [{ solver: "batch", epochs: 3 }, 'epochs is no option of solver "batch"; it takes l1, l2, tolerance, iterations'],
  [{ solver: "batch", tolerance: 0 }, "tolerance 0: expected a finite number > 0"],
  [{ solver: "batch", l1: 0 }, 'solver "batch" needs l1 or l2 above 0: nothing bounds the weights'],
  [{ solver: "batch", order: "file" }, 'solver "batch" visits all rows: it has no order'],
  [{ beta: 0 }, DIVIDES(0.1, 0, 0)],
  [{ beta: 0, initialAccumulator: 1e-60 }, DIVIDES(0.1, 0, 1e-60)],
  [{ beta: 0, lambda2: 1 }, DIVIDES(0.1, 0, 0)],
  [{ beta: 1e-50, alpha: 1e10 }, DIVIDES(1e10, 1e-50, 0)],
  [{ alpha: 1e-40 }, DIVIDES(1e-40, 1, 0)],
  [{ order: "random" }, 'order "random": expected "shuffle", "file" or "batches"'],
  [{ order: "batches" }, 'order "batches" and steps go together'],
  [{ steps: 5 }, 'order "batches" and steps go together'],
  [{ order: "batches", steps: 0 }, "steps 0: expected a whole number ≥ 1"],
])("checkSolver refuses %j", async (options, message) => {
  const error = await errorOf(() => checkSolver(options as FitOptions));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toBe(message);
});

test.each([
  ["tolerence", ' (is "tolerance" meant?); there are '],
  ["lamda1", ' (is "lambda1" meant?); there are '],
  ["optimizer", "; there are "],
])("checkSolver refuses %s, which nothing takes, and says what is near", async (name, ending) => {
  const error = await errorOf(() => checkSolver({ [name]: 1 } as FitOptions));
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toContain(`unknown option "${name}"${ending}loss, positive`);
});

test.each<[FitOptions]>([
  [{}],
  [{ lambda1: 0, clip: Number.POSITIVE_INFINITY }],
  [{ beta: 0, initialAccumulator: 0.1 }],
  [{ beta: 0, lambda2: 1, intercept: false }],
  [{ beta: 0, lambda2: 1, penalizeIntercept: true }],
  [{ order: "batches", steps: 3, batch: 10 }],
  [{ solver: "sgd", l1: 0, l2: 0, rate: 1e-9, decay: 0 }],
])("checkSolver takes %j", (options) => {
  expect(checkSolver(options)).toMatchObject(options);
});

test.each([
  [{}, "batch", "ftrl"],
  [{ l1: 1 }, "batch", "sgd"],
  [{ lambda1: 1 }, "ftrl", "ftrl"],
  [{ alpha: 1, epochs: 2 }, "ftrl", "ftrl"],
  [{ rate: 1 }, "sgd", "sgd"],
  [{ epochs: 2 }, "ftrl", "ftrl"],
  [{ epochs: 2, l2: 1 }, "sgd", "sgd"],
  [{ solver: "sgd" }, "sgd", "sgd"],
])("options %j ask for solver %s, streamed for %s", (options, kept, streamed) => {
  expect([solverFor(options), solverFor(options, true)]).toEqual([kept, streamed]);
});
