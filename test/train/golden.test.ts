import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fit } from "../../src/node.js";

interface Golden {
  loss: "logistic" | "squared";
  l1: number;
  l2: number;
  intercept: boolean;
  weighted: boolean;
  offset: boolean;
  factors: number[] | null;
  b: number;
  w: number[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
const glmnet = read("golden-glmnet");
const sklearn = read("golden-sklearn");
const x: number[][] = glmnet.x;

function arraysOf({ loss, weighted, offset }: Golden) {
  const [rows, columns, values]: [number[], number[], number[]] = [[0], [], []];
  for (const row of x) {
    row.forEach((value, j) => {
      if (value === 0) return;
      columns.push(j);
      values.push(value);
    });
    rows.push(columns.length);
  }
  return {
    ...{ rows, columns, values, labels: loss === "logistic" ? glmnet.z : glmnet.y, dimension: 12 },
    ...(weighted && { weights: glmnet.weights }),
    ...(offset && { offsets: glmnet.offsets }),
  };
}

/** The objective from scratch. */
function objectiveOf({ loss, l1, l2, weighted, offset, factors }: Golden, w: number[], b: number): number {
  let [sum, total] = [0, 0];
  x.forEach((row, i) => {
    const s = weighted ? glmnet.weights[i] : 1;
    const m = row.reduce((margin, it, j) => margin + it * w[j]!, b) + (offset ? glmnet.offsets[i] : 0);
    sum += s * (loss === "logistic" ? Math.log1p(Math.exp(-glmnet.z[i] * m)) : 0.5 * (glmnet.y[i] - m) ** 2);
    total += s;
  });
  const penalty = w.reduce((all, it, j) => all + (factors?.[j] ?? 1) * (l1 * Math.abs(it) + 0.5 * l2 * it * it), 0);
  return sum / total + penalty;
}

const CASES: [string, Golden][] = [glmnet, sklearn].flatMap(({ made, cases }) =>
  cases.map((it: Golden) => [
    `${made}: ${it.loss}, l1 ${it.l1}, l2 ${it.l2}${it.intercept ? "" : ", no intercept"}${it.weighted ? ", weights" : ""}` +
      `${it.offset ? ", offsets" : ""}${it.factors ? ", factors" : ""}`,
    it,
  ]),
);

test.each(CASES)("%s", async (_, golden) => {
  const { loss, l1, l2, intercept, factors, b, w } = golden;
  for (const kernels of ["wasm", "baseline"] as const) {
    const found = await fit(arraysOf(golden), {
      ...{ solver: "batch", loss, l1, l2, intercept, kernels, tolerance: 1e-9 },
      ...(factors && { penaltyFactors: (id: number) => factors[id]! }),
    });
    const own = w.map((_, j) => found.model.weightOf(j));
    for (const [j, it] of own.entries()) expect(it).toBeCloseTo(w[j]!, 4);
    expect(own.map((it) => it === 0)).toEqual(w.map((it) => Math.abs(it) < 1e-9));
    expect(found.model.intercept).toBeCloseTo(b, 4);
    expect(objectiveOf(golden, own, found.model.intercept)).toBeLessThan(objectiveOf(golden, w, b) + 1e-9);
    expect(found.certificate?.objective).toBeCloseTo(objectiveOf(golden, own, found.model.intercept), 10);
  }
});
