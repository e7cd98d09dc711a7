import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fit, fromLiblinear, type Model, OptionError, readSvmlight, toLiblinear } from "../../src/node.js";
import { learn, modelOf, numberedModel, wholeSpace } from "../fixtures/models.js";
import { bytesOf, errorOf, problem, svmlightOf } from "../helpers.js";

const HEAD = "solver_type L1R_LR\nnr_class 2\nlabel 1 -1\nnr_feature 3\nbias 1\nw\n";
const isInstalled = spawnSync("liblinear-train").error === undefined;

test("an id is the index after it, and the intercept the weight of a bias of 1", () => {
  const model = fromLiblinear(bytesOf(`${HEAD}0.5 \n0 \n-2e-1 \n0.25 \n`));
  expect([...model.ids]).toEqual([0, 2]);
  expect([...model.values]).toEqual([0.5, Math.fround(-0.2)]);
  expect(model).toMatchObject({ loss: "logistic", intercept: 0.25, declared: 3 });
  expect(model.training.options).toEqual({ solver: "L1R_LR", positive: 1, negative: -1 });
  expect(toLiblinear(model)).toBe(`${HEAD}0.5 \n0 \n-0.20000000298023224 \n0.25 \n`);
});

test.each([
  ["the lesser label first", [["label 1 -1", "label -1 1"]], { intercept: -0.25, weight: -0.5 }, { positive: 1 }],
  ["labels of other numbers", [["label 1 -1", "label 2 7"]], { intercept: -0.25, weight: -0.5 }, { positive: 7 }],
  ["a bias of 2", [["bias 1", "bias 2"]], { intercept: 0.5, weight: 0.5 }, {}],
  [
    "no bias",
    [
      ["bias 1", "bias -1"],
      ["0.25 \n", ""],
    ],
    { intercept: 0, weight: 0.5 },
    {},
  ],
  ["L2R_LR_DUAL", [["L1R_LR", "L2R_LR_DUAL"]], { intercept: 0.25, weight: 0.5 }, { solver: "L2R_LR_DUAL" }],
  [
    "values, no labels",
    [
      ["L1R_LR", "L2R_L2LOSS_SVR"],
      ["label 1 -1\n", ""],
    ],
    { intercept: 0.25, weight: 0.5 },
    {},
  ],
] as [string, [string, string][], { intercept: number; weight: number }, object][])(
  "%s",
  (_, changes, expected, options) => {
    const text = changes.reduce((it, [from, to]) => it.replace(from, to), `${HEAD}0.5 \n0 \n0 \n0.25 \n`);
    const model = fromLiblinear(bytesOf(text));
    expect({ intercept: model.intercept, weight: model.weightOf(0) }).toEqual(expected);
    expect(model.training.options).toMatchObject(options);
    expect(fromLiblinear(bytesOf(toLiblinear(model))).training.options).toEqual(model.training.options);
  },
);

test.each([
  [HEAD.replace("L1R_LR", "L2R_L2LOSS_SVC"), "line 1: solver_type L2R_L2LOSS_SVC: expected L1R_LR"],
  [HEAD.replace("L1R_LR", "L2R_L1LOSS_SVR_DUAL"), "line 1: solver_type L2R_L1LOSS_SVR_DUAL: expected"],
  [HEAD.replace("nr_class 2", "nr_class 3"), "line 2: nr_class 3: expected 2"],
  [HEAD.replace("label 1 -1", "label 1 1"), "label 1 1: expected two numbers"],
  [HEAD.replace("label 1 -1\n", ""), "label is not there: expected two numbers"],
  [HEAD.replace("nr_feature 3", "nr_feature 1e99"), "nr_feature 1e99: expected a count"],
  [HEAD.replace("nr_feature 3", "nr_feature 0x3"), "line 4: nr_feature 0x3: expected a count"],
  [HEAD.replace("bias 1", "bias one"), "bias one: expected a number"],
  [HEAD.replace("bias 1", "bias 1\nbias 1"), 'line 6: "bias 1": expected solver_type, nr_class'],
  [HEAD.replace("bias 1", "rho 1"), 'line 5: "rho 1": expected'],
  [HEAD.slice(0, -2), "line 6: expected solver_type"],
  [`${HEAD}1 \n2 \n3 \n`, "line 10: it ends before its last weight"],
  [`${HEAD}1 \n2 \n3 \n4 \n5 \n`, "line 11: it goes on after its last weight"],
  [`${HEAD}1 \nnan \n3 \n4 \n`, 'line 8: "nan" is not a finite decimal number'],
  [`${HEAD.replace("bias 1", "bias 1e200")}1 \n2 \n3 \n1e200 \n`, "line 10: bias times its weight is beyond"],
  [`${HEAD}1 \n1e39 \n3 \n4 \n`, "line 8: a weight is beyond single precision"],
])("%j is refused", async (text, message) => {
  const error = await errorOf(() => fromLiblinear(bytesOf(text)));
  expect(error).toMatchObject({ name: "ModelError", message: expect.stringContaining(message) });
});

test("what LIBLINEAR has no words for is refused", async () => {
  expect(await errorOf(() => toLiblinear(numberedModel(5, 1e9)))).toMatchObject({
    name: "OptionError",
    message: "LIBLINEAR's text has a line for each of 1,000,000,000 dimensions; expected 100,000,000 at most",
  });
  expect(await errorOf(() => toLiblinear(modelOf(learn(wholeSpace()), 60, 64)))).toBeInstanceOf(OptionError);
});

describe.skipIf(!isInstalled)("as liblinear-predict has it (needs LIBLINEAR installed)", () => {
  let folder: string;
  const text = svmlightOf(problem({ rows: 500 }));
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "nought-liblinear-"));
    writeFileSync(join(folder, "rows"), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder, stdio: "pipe" });

  /** What LIBLINEAR predicts by a model file: the probability of `yes`, or the value. */
  function predicted(yes: string | null): number[] {
    run("liblinear-predict", ...(yes === null ? [] : ["-b", "1"]), "rows", "model", "out");
    const lines = readFileSync(join(folder, "out"), "utf8").trim().split("\n");
    if (yes === null) return lines.map(Number);
    const place = lines.shift()!.split(" ").indexOf(yes);
    return lines.map((line) => Number(line.split(" ")[place]));
  }

  /** It writes six digits. */
  async function expectSame(model: Model, theirs: number[]): Promise<void> {
    using data = await readSvmlight(bytesOf(text), { loss: "squared" });
    const { pointers, indices } = data.rows;
    expect(theirs.length).toBe(data.count);
    theirs.forEach((value, i) => {
      let margin = model.intercept;
      for (let k = pointers.view[i]!; k < pointers.view[i + 1]!; k++) {
        margin += model.weightOf(data.dictionary.ids[indices.view[k]!]!);
      }
      expect(Math.abs(model.respond(margin) - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
    });
  }

  test.each(["logistic", "squared"] as const)("a model of %s loss predicts there what it does here", async (loss) => {
    using data = await readSvmlight(bytesOf(text), { loss });
    const { model } = await fit(data, { l1: 0.01 });
    expect(model.kept).toBeGreaterThan(3);
    writeFileSync(join(folder, "model"), toLiblinear(model));
    await expectSame(model, predicted(loss === "logistic" ? "1" : null));
    await expectSame(fromLiblinear(readFileSync(join(folder, "model"))), predicted(loss === "logistic" ? "1" : null));
  });

  test.each([
    ["0", "-1"],
    ["0", "1"],
    ["6", "1"],
    ["7", "2"],
    ["11", "1"],
    ["12", "-1"],
  ])("a model of its solver %s with bias %s predicts here what it does there", async (solver, bias) => {
    run("liblinear-train", "-q", "-s", solver, "-B", bias, "rows", "model");
    const model = fromLiblinear(readFileSync(join(folder, "model")));
    expect(model.intercept !== 0).toBe(bias !== "-1");
    const theirs = predicted(model.loss === "logistic" ? "1" : null);
    await expectSame(model, theirs);
    writeFileSync(join(folder, "model"), toLiblinear(model));
    await expectSame(model, predicted(model.loss === "logistic" ? "1" : null));
  });

  test.each(["1", "2", "3", "4", "5", "13"])("a model of its solver %s is refused", async (solver) => {
    run("liblinear-train", "-q", "-s", solver, "rows", "model");
    const error = await errorOf(() => fromLiblinear(readFileSync(join(folder, "model"))));
    expect(error).toMatchObject({
      name: "ModelError",
      message: expect.stringMatching(/solver_type \w+: expected L1R_LR/),
    });
  });
});
