// A problem as every side reads it, and what its models are worth: one function for all sides, on the text itself.
import { readFileSync, writeFileSync } from "node:fs";
import { type Dataset, type Loss, loadModel } from "../../src/node.js";

/** The rows of a LIBSVM text, in double precision. */
export interface Problem {
  labels: number[];
  /** Where each row begins in indices and values; the last is where the rows end. */
  pointers: number[];
  /** From 0. */
  indices: number[];
  values: number[];
  /** One more than the largest index. */
  columns: number;
}

/** A linear model, of any side. */
export interface Weights {
  w: Float64Array;
  intercept: number;
}

/** Reads LIBSVM text: `label index:value …`, indices from 1. */
export function readProblem(file: string): Problem {
  const problem: Problem = { labels: [], pointers: [0], indices: [], values: [], columns: 0 };
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line.trim() === "") continue;
    const [label, ...pairs] = line.trim().split(/\s+/);
    problem.labels.push(Number(label));
    for (const pair of pairs) {
      const colon = pair.indexOf(":");
      const index = Number(pair.slice(0, colon));
      problem.indices.push(index - 1);
      problem.values.push(Number(pair.slice(colon + 1)));
      problem.columns = Math.max(problem.columns, index);
    }
    problem.pointers.push(problem.indices.length);
  }
  return problem;
}

/** Writes a dataset's rows as LIBSVM text. Its columns are those seen, numbered in the order they were met. */
export function writeProblem(file: string, { rows, count }: Dataset): void {
  const [pointers, indices, values, labels] = [
    rows.pointers.view,
    rows.indices.view,
    rows.values?.view,
    rows.labels.view,
  ];
  const lines = Array.from({ length: count }, (_, i) => {
    const [from, to] = [pointers[i]!, pointers[i + 1]!];
    const pairs = Array.from(indices.subarray(from, to), (j, k) => [j + 1, values ? values[from + k]! : 1] as const);
    pairs.sort(([a], [b]) => a - b);
    return `${labels[i]} ${pairs.map((pair) => pair.join(":")).join(" ")}\n`;
  });
  writeFileSync(file, lines.join(""));
}

/** Returns Σ loss(yᵢ, xᵢ·w + b). Under logistic loss a label above 0 means yes. */
export function lossOf({ labels, pointers, indices, values }: Problem, loss: Loss, { w, intercept }: Weights): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    let m = intercept;
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) m += w[indices[k]!]! * values[k]!;
    const y = labels[i]!;
    if (loss === "squared") sum += 0.5 * (y - m) ** 2;
    else {
      const z = y > 0 ? -m : m;
      sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }
  }
  return sum;
}

/** Returns ‖w‖₁. */
export function normOf({ w }: Weights): number {
  let sum = 0;
  for (const it of w) sum += Math.abs(it);
  return sum;
}

/** Reads nought's model of a LIBSVM text. */
export async function readNought(file: string, { columns }: Problem): Promise<Weights> {
  const { ids, values, intercept } = await loadModel(file);
  const w = new Float64Array(columns);
  ids.forEach((id, t) => {
    w[id] = values[t]!;
  });
  return { w, intercept };
}

/** Reads LIBLINEAR's model: its weights, one a line after "w", pull towards the label that its header names first. */
export function readLiblinear(file: string, { columns }: Problem): Weights {
  const [header = "", body = ""] = readFileSync(file, "utf8").split("\nw\n");
  const sign = Number(/^label (\S+)/m.exec(header)?.[1]) > 0 ? 1 : -1;
  const w = Float64Array.from(body.trim().split("\n"), (line) => sign * Number(line));
  if (w.length !== columns) throw new Error(`${file}: ${w.length} weights, expected ${columns}`);
  return { w, intercept: 0 };
}

/** Reads numbers one a line: the intercept, then the weights. */
export function readPlain(file: string, { columns }: Problem): Weights {
  const [intercept = Number.NaN, ...w] = readFileSync(file, "utf8").trim().split("\n").map(Number);
  if (w.length !== columns) throw new Error(`${file}: ${w.length} weights, expected ${columns}`);
  return { w: Float64Array.from(w), intercept };
}
