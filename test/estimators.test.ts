import { describe, expect, test } from "vitest";
import {
  type Arrays,
  DataError,
  decodeModel,
  encodeModel,
  evaluate,
  type FitOptions,
  fit,
  type Loss,
  type Model,
  OptionError,
  readArrays,
} from "../src/node.js";
import { Random } from "../src/random.js";
import { bitsOf, errorOf } from "./helpers.js";

// scikit-learn's `check_estimator` (sklearn/utils/estimator_checks.py, 1.5), as far as it makes sense here: the names of
// its checks are those of these tests. Left out is what concerns Python (clones, tags, `repr`, pickles of unfitted
// estimators, data frames, `set_params`), transformers, clusterers, and outputs of several columns.

const SOLVERS: Record<string, FitOptions> = {
  batch: { solver: "batch", l1: 0.01, tolerance: 1e-9 },
  ftrl: { solver: "ftrl", lambda1: 0.5, epochs: 10 },
  sgd: { solver: "sgd", l1: 0.003, epochs: 10 },
};
const LOSSES: Loss[] = ["logistic", "squared"];
const TRAINERS = Object.keys(SOLVERS).flatMap((name) => LOSSES.map((loss) => [name, loss] as const));

interface Problem extends Arrays {
  rows: number[];
  columns: number[];
  values: number[];
  labels: number[];
}

/** Rows of a few columns, some of which have to do with the label. */
function problem(loss: Loss, count = 120, dimension = 8, seed = 1): Problem {
  const random = new Random(seed);
  const made: Problem = { rows: [0], columns: [], values: [], labels: [], dimension };
  for (let i = 0; i < count; i++) {
    let margin = 0.3 * random.unit() - 0.4;
    for (let j = 0; j < dimension; j++) {
      if (random.unit() < 0.4) continue;
      const value = Math.fround(random.unit() - 0.3);
      made.columns.push(j);
      made.values.push(value);
      margin += [3, -2, 0, 1][j % 4]! * value;
    }
    made.rows.push(made.columns.length);
    made.labels.push(loss === "squared" ? margin : margin > 0 ? 1 : 0);
  }
  return made;
}

/** Some rows of a problem, in the order given. */
function picked({ rows, columns, values, labels, dimension }: Problem, chosen: number[]): Problem {
  const made: Problem = { rows: [0], columns: [], values: [], labels: chosen.map((i) => labels[i]!), dimension };
  for (const i of chosen) {
    made.columns.push(...columns.slice(rows[i], rows[i + 1]));
    made.values.push(...values.slice(rows[i], rows[i + 1]));
    made.rows.push(made.columns.length);
  }
  return made;
}

const all = (count: number) => Array.from({ length: count }, (_, i) => i);

function shuffled(count: number): number[] {
  const order = Uint32Array.from(all(count));
  new Random(3).shuffle(order);
  return [...order];
}

function marginsOf(model: Model, { rows, columns, values, labels }: Problem): number[] {
  return labels.map((_, i) => {
    let margin = model.intercept;
    for (let k = rows[i]!; k < rows[i + 1]!; k++) margin += model.weightOf(columns[k]!) * values[k]!;
    return margin;
  });
}

describe.each(TRAINERS)("%s, %s loss", (solver, loss) => {
  const options = { ...SOLVERS[solver], loss } as FitOptions & { loss: Loss };
  const train = async (data: Arrays, more: object = {}) => (await fit(data, { ...options, ...more })).model;
  const bytes = (model: Model) => encodeModel(model);
  const X = problem(loss);
  const refuses = async (data: Partial<Arrays>) => {
    const error = await errorOf(train({ ...X, ...data }));
    expect(error).toBeInstanceOf(DataError);
    return error.message;
  };
  /** Weights and intercepts agree as nearly as the solver solves. */
  const alike = (a: Model, b: Model, within = solver === "batch" ? 2e-4 : 0) => {
    expect(Math.abs(a.intercept - b.intercept)).toBeLessThanOrEqual(within);
    for (const j of all(X.dimension)) expect(Math.abs(a.weightOf(j) - b.weightOf(j))).toBeLessThanOrEqual(within);
  };

  test("check_fit_idempotent", async () => {
    expect(bytes(await train(X))).toEqual(bytes(await train(X)));
    using data = await readArrays(X, options);
    const first = bytes((await fit(data, options)).model);
    expect(bytes((await fit(data, options)).model)).toEqual(first);
  });

  test("check_estimators_dtypes, check_regressors_int, check_data_not_an_array", async () => {
    const whole = { ...X, values: X.values.map((it) => Math.round(8 * it)) };
    const model = bytes(await train(whole));
    for (const Kind of [Float64Array, Float32Array, Int32Array, Int8Array]) {
      const typed = { ...whole, values: Kind.from(whole.values), rows: Uint32Array.from(X.rows) };
      expect(bytes(await train({ ...typed, columns: Float64Array.from(X.columns) }))).toEqual(model);
    }
    const labels = X.labels.map(Math.round);
    expect(bytes(await train({ ...X, labels: Int16Array.from(labels) }))).toEqual(bytes(await train({ ...X, labels })));
    const like = <T extends ArrayLike<number>>(items: T) => ({ ...Array.from(items), length: items.length });
    expect(bytes(await train({ ...X, rows: like(X.rows), values: like(X.values) }))).toEqual(bytes(await train(X)));
  });

  test("check_readonly_memmap_input, check_sample_weights_not_overwritten, check_dict_unchanged", async () => {
    const weights = X.labels.map((_, i) => 1 + (i % 3));
    const data: Arrays = { ...X, weights };
    const copy = structuredClone(data);
    for (const it of Object.values(data)) Object.freeze(it);
    const frozen = Object.freeze({ ...options });
    const model = (await fit(Object.freeze(data), frozen)).model;
    expect(data).toEqual(copy);
    const shared = new Float64Array(new SharedArrayBuffer(8 * X.values.length));
    shared.set(X.values);
    expect(bytes(await train({ ...X, weights, values: shared.subarray(0) }))).toEqual(bytes(model));
  });

  test("check_estimator_sparse_array", async () => {
    // Zeros that are written out, and entries of a row in another order.
    const dense: Problem = { rows: [0], columns: [], values: [], labels: X.labels, dimension: X.dimension };
    for (const i of all(X.labels.length)) {
      const row = new Map(all(X.dimension).map((j) => [j, 0]));
      for (let k = X.rows[i]!; k < X.rows[i + 1]!; k++) row.set(X.columns[k]!, X.values[k]!);
      for (const [j, value] of row) {
        dense.columns.push(j);
        dense.values.push(value);
      }
      dense.rows.push(dense.columns.length);
    }
    expect(bytes(await train(dense))).toEqual(bytes(await train(X)));
  });

  test("check_estimators_pickle", async () => {
    const model = await train(X);
    const again = decodeModel(bytes(model));
    expect(bitsOf(marginsOf(again, X))).toEqual(bitsOf(marginsOf(model, X)));
    expect(bytes(again)).toEqual(bytes(model));
  });

  test("check_estimators_nan_inf, check_supervised_y_no_nan", async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1e39]) {
      expect(await refuses({ values: X.values.with(5, bad) })).toMatch(
        /^arrays:2:1: value \S+ is not a finite number$/,
      );
    }
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(await refuses({ labels: X.labels.with(3, bad) })).toMatch(
        /^arrays:4:1: label \S+ is not a finite number$/,
      );
      expect(await refuses({ weights: X.labels.map(() => bad) })).toMatch(
        /^arrays:1:1: weight \S+ is not a number ≥ 0$/,
      );
    }
  });

  test("check_dtype_object, check_complex_data", async () => {
    const words = X.values.with(0, "much" as unknown as number);
    expect(await refuses({ values: words })).toBe("arrays:1:1: value much is not a finite number");
    const objects = X.values.with(0, { re: 1, im: 2 } as unknown as number);
    expect(await refuses({ values: objects })).toMatch(/^arrays:1:1: value .+ is not a finite number$/);
  });

  test("check_estimators_empty_data_messages", async () => {
    expect(await refuses({ rows: [], labels: [], columns: [], values: [] })).toMatch(
      /^arrays:1:1: rows: expected 0 first/,
    );
    expect(await refuses({ rows: [0], labels: [], columns: [], values: [] })).toMatch(/^arrays:1:1: rows: expected 0/);
    // Columns may be none: then there is an intercept.
    const none = { rows: X.rows.map(() => 0), columns: [], values: [], labels: X.labels, dimension: 0 };
    expect((await train(none)).kept).toBe(0);
  });

  test("check_supervised_y_2d, check_sample_weights_shape", async () => {
    expect(await refuses({ labels: X.labels.slice(1) })).toBe("arrays:1:1: labels: 119 for 120 rows");
    expect(await refuses({ weights: [1, 2] })).toBe("arrays:1:1: weights: 2 for 120 rows");
  });

  test("check_sample_weights_list, check_sample_weights_not_an_array", async () => {
    const ones = X.labels.map(() => 1);
    expect(bytes(await train({ ...X, weights: ones }))).toEqual(
      bytes(await train({ ...X, weights: Float32Array.from(ones) })),
    );
    alike(await train({ ...X, weights: ones }), await train(X));
  });

  test("check_sample_weight_equivalence: a row of weight 0 might as well be absent", async () => {
    const weights = X.labels.map((_, i) => (i % 4 === 0 ? 0 : 1));
    const present = all(120).filter((i) => weights[i]! > 0);
    if (solver === "sgd") {
      // Such a row is a step too, if one that only shrinks weights: in the end it comes to the same objective, slowly.
      const slow = { ...options, epochs: 300, decay: 0.1 };
      const [weighted, without] = [await fit({ ...X, weights }, slow), await fit(picked(X, present), slow)];
      expect(Math.abs(weighted.objective! / without.objective! - 1)).toBeLessThan(0.1);
      return;
    }
    // ftrl visits rows in an order drawn for all of them: as the data has it, here.
    const order = solver === "ftrl" ? { order: "file" } : {};
    alike(await train({ ...X, weights }, order), await train(picked(X, present), order));
  });

  test.runIf(solver === "batch")("check_sample_weight_equivalence: a weight is a number of rows", async () => {
    const weights = X.labels.map((_, i) => 1 + (i % 3));
    const repeated = all(120).flatMap((i) => Array<number>(weights[i]!).fill(i));
    alike(await train({ ...X, weights }), await train(picked(X, repeated)));
  });

  test.runIf(solver === "batch")("check_sample_order_invariance, of training", async () => {
    alike(await train(picked(X, shuffled(120))), await train(X));
  });

  test("check_methods_subset_invariance, check_methods_sample_order_invariance", async () => {
    const model = await train(X);
    const margins = marginsOf(model, X);
    const order = shuffled(120);
    expect(marginsOf(model, picked(X, order))).toEqual(order.map((i) => margins[i]));
    const measured = async (rows: number[]) => {
      using data = await readArrays(picked(X, rows), options);
      const { logLoss, rmse } = evaluate(model, data);
      return logLoss ?? rmse;
    };
    expect(await measured(order)).toBeCloseTo(await measured(all(120)), 12);
  });

  test("check_fit2d_1sample, check_fit2d_1feature", async () => {
    const single = picked(X, [0]);
    if (loss === "squared") {
      const model = await train(single);
      expect(Number.isFinite(marginsOf(model, single)[0]!)).toBe(true);
    } else if (solver === "batch") {
      // The best intercept is infinite: no model is better than all others.
      expect((await errorOf(train(single))).message).toMatch(/every label is the same/);
    } else expect(Number.isFinite((await train(single)).intercept)).toBe(true);
    const one = { ...X, rows: [0, ...all(120).map((i) => i + 1)], columns: all(120).map(() => 0), dimension: 1 };
    const model = await train({ ...one, values: X.labels.map((y) => y - 0.2) });
    expect(model.weightOf(0)).toBeGreaterThan(0);
  });

  test("check_n_features_in, check_n_features_in_after_fitting", async () => {
    const model = await train(X);
    expect(model.declared).toBe(8);
    expect(model.weightOf(1e6)).toBe(0); // of columns that training did not have
    expect(await refuses({ dimension: 7 })).toMatch(/is not a whole number below the dimension 7$/);
  });

  test("check_do_not_raise_errors_in_init_or_set_param: options are checked when they are used, by name", async () => {
    for (const bad of [{ l1: -1 }, { lambda1: -1 }, { epochs: 0 }, { tolerance: 0 }, { nonsense: 1 }]) {
      expect(await errorOf(train(X, bad))).toBeInstanceOf(OptionError);
    }
  });

  test.runIf(loss === "squared")("check_regressors_train", async () => {
    const margins = marginsOf(await train(X), X);
    const mean = X.labels.reduce((sum, y) => sum + y, 0) / 120;
    const squares = (miss: (i: number) => number) => all(120).reduce((sum, i) => sum + miss(i) ** 2, 0);
    expect(1 - squares((i) => X.labels[i]! - margins[i]!) / squares((i) => X.labels[i]! - mean)).toBeGreaterThan(0.5);
  });

  describe.runIf(loss === "logistic")("classifier", () => {
    test("check_classifiers_train", async () => {
      const margins = marginsOf(await train(X), X);
      expect(all(120).filter((i) => margins[i]! > 0 === X.labels[i]! > 0).length).toBeGreaterThan(0.83 * 120);
    });

    test("check_classifiers_classes", async () => {
      const minus = X.labels.map((y) => (y ? 1 : -1));
      expect(bytes(await train({ ...X, labels: minus }))).toEqual(bytes(await train(X)));
      const named = X.labels.map((y) => (y ? 7 : 3));
      const content = ({ intercept, ids, values }: Model) => ({ intercept, ids, values });
      expect(content(await train({ ...X, labels: named }, { positive: 7 }))).toEqual(content(await train(X)));
      expect(await refuses({ labels: named })).toMatch(/^arrays:1:1: label \d/);
    });

    test("check_classifiers_regression_target", async () => {
      expect(await refuses({ labels: X.labels.map((y) => y + 0.5) })).toMatch(/^arrays:1:1: label \d\.5/);
    });

    test("check_classifiers_one_label, check_classifiers_one_label_sample_weights", async () => {
      const ones = { ...X, labels: X.labels.map(() => 1) };
      const weighted = { ...X, weights: X.labels };
      for (const data of [ones, weighted]) {
        if (solver === "batch") {
          const error = await errorOf(train(data));
          expect(error).toBeInstanceOf(DataError);
          expect(error.message).toMatch(/every label is the same/);
        } else {
          const margins = marginsOf(await train(data), X);
          expect(margins.every((m) => m > 0)).toBe(true);
        }
      }
    });

    test("swapped labels turn every sign", async () => {
      const [model, swapped] = [await train(X), await train({ ...X, labels: X.labels.map((y) => 1 - y) })];
      expect(Math.abs(swapped.intercept + model.intercept)).toBeLessThan(1e-4);
      for (const j of all(8)) expect(Math.abs(swapped.weightOf(j) + model.weightOf(j))).toBeLessThan(1e-4);
    });
  });
});
