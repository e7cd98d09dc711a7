// nought's batch solver beside scikit-learn and glmnet, on data that each has in memory: the fits alone are timed.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lossOf, normOf, type Problem, readPlain } from "./problem.js";
import { type Asked, isInstalled, median, run, type Task, toleranceFor, trainNought } from "./process.js";

const SCIKIT = fileURLToPath(new URL("scikit.py", import.meta.url));
const GLMNET = fileURLToPath(new URL("glmnet.R", import.meta.url));
/** Pythons that may have scikit-learn, the first that does is taken: a distribution's packages need its own. */
const PYTHONS = [process.env.PYTHON ?? "python3", "/usr/bin/python3"];
/** Of logistic regression. */
const COST = 1;
/** The Lasso's strength as a share of the least that leaves no weight. */
const SHARE = 1e-3;
/** Gap asked for of the Lasso, as a share of the objective without features. */
const GAP = 1e-6;
/** Strengths of glmnet's path. */
const STEPS = 100;
/** Of glmnet, which promises no gap: the loosest that comes within GAP of nought's objective is taken. */
const THRESHOLDS = [1e-7, 1e-8, 1e-9, 1e-10, 1e-12];

interface Fitted {
  seconds: number;
  converged: boolean;
  /** Recomputed from the written weights, against the mean loss. */
  objective: number;
}

/** A peer's fit of a task: its name in the table, and how to run it. */
interface Peer {
  name: string;
  fit: () => Fitted;
}

/** Runs a script that writes weights to `model` and prints what it took. */
function fitBy(program: string, args: string[], { file, folder, problem }: Task, asked: Asked): Fitted {
  const model = join(folder, "weights");
  const { stdout } = run(program, [...args, file, model], folder);
  const weights = readPlain(model, problem);
  const objective = lossOf(problem, asked.loss, weights) / problem.labels.length + asked.l1 * normOf(weights);
  return { ...(JSON.parse(stdout) as { seconds: number; converged: boolean }), objective };
}

/** Returns the Python that has scikit-learn, its version told; null where none has, and that told. */
function python(): string | null {
  const found = PYTHONS.find((it) => isInstalled(it, [SCIKIT, "version"]));
  if (found) console.log(`scikit-learn ${run(found, [SCIKIT, "version"], tmpdir()).stdout.trim()}`);
  else console.log("scikit-learn: skipped, it is not installed");
  return found ?? null;
}

/** Prints a line for each peer: nought at the given tolerance, or the loosest at which it does as well, and the peer. */
async function compare(task: Task, asked: Asked, peers: Peer[], rounds: number, tolerance?: number): Promise<void> {
  console.log("                                            objective                      fit, s");
  console.log("peer                         tolerance      nought        peer     nought     peer       ×");
  for (const { name, fit } of peers) {
    const found = tolerance ? { tolerance, met: true } : await toleranceFor(task, asked, fit().objective);
    const [ours, theirs]: [number[], number[]] = [[], []];
    let [nought, peer]: [number, Fitted | null] = [Number.NaN, null];
    for (let round = 0; round < rounds; round++) {
      const trained = await trainNought(task, asked, found.tolerance);
      nought = trained.objective;
      ours.push(trained.solve);
      peer = fit();
      theirs.push(peer.seconds);
    }
    const [a, b] = [median(ours), median(theirs)];
    console.log(
      `${name.padEnd(30)}${found.tolerance.toExponential(0).padStart(8)}${found.met ? " " : "!"}` +
        `${nought.toFixed(8).padStart(12)}${peer?.objective.toFixed(8).padStart(12)}${peer?.converged ? " " : "†"}` +
        `${a.toFixed(2).padStart(9)}${b.toFixed(2).padStart(9)}${(b / a).toFixed(2).padStart(8)}`,
    );
  }
}

/** Compares logistic regression without intercept at one C. */
export async function compareLogistic(task: Task, rounds: number): Promise<void> {
  console.log(`\n${task.name}, logistic loss, C = ${COST}, no intercept; objective against the mean loss`);
  const found = python();
  if (!found) return;
  const asked: Asked = { loss: "logistic", l1: 1 / (task.problem.labels.length * COST), intercept: false };
  const peer = (solver: string, tol: string): Peer => ({
    name: `scikit-learn ${solver}, ${tol}`,
    fit: () => fitBy(found, [SCIKIT, "logistic", solver, `${COST}`, tol], task, asked),
  });
  await compare(task, asked, [peer("liblinear", "1e-4"), peer("saga", "1e-4")], rounds);
}

/** Compares a Lasso with intercept at one strength. */
export async function compareLasso(task: Task, rounds: number): Promise<void> {
  const largest = largestStrength(task.problem);
  const asked: Asked = { loss: "squared", l1: largest * SHARE, intercept: true };
  console.log(
    `\n${task.name}, squared loss, l1 = λmax/${1 / SHARE}, intercept; ${task.problem.labels.length} rows, ` +
      `${task.problem.columns} columns; gap ≤ ${GAP} of the objective without features`,
  );
  const peers: Peer[] = [];
  const found = python();
  if (found) {
    // Lasso stops at a gap of tol·Σ(y − ȳ)², which is twice the objective without features.
    const tol = `${GAP / 2}`;
    const fit = () => fitBy(found, [SCIKIT, "lasso", `${asked.l1}`, tol], task, asked);
    peers.push({ name: `scikit-learn Lasso, ${tol}`, fit });
  }
  if (isInstalled("Rscript", [GLMNET, "version"])) {
    console.log(`glmnet ${run("Rscript", [GLMNET, "version"], tmpdir()).stdout.trim()}`);
    const fit = (steps: number, threshold: number) =>
      fitBy("Rscript", [GLMNET, `${largest}`, `${asked.l1}`, `${steps}`, `${threshold}`], task, asked);
    const { objective } = await trainNought(task, asked, GAP);
    const threshold = THRESHOLDS.find((it) => fit(STEPS, it).objective <= objective * (1 + GAP)) ?? THRESHOLDS.at(-1)!;
    peers.push({ name: `glmnet, path of ${STEPS}, ${threshold}`, fit: () => fit(STEPS, threshold) });
  } else console.log("glmnet: skipped, it is not installed");
  await compare(task, asked, peers, rounds, GAP);
}

/** Returns the least l1 at which a Lasso with intercept keeps no weight: max_j |Σᵢ xᵢⱼ (yᵢ − ȳ)| / n. */
function largestStrength({ labels, pointers, indices, values, columns }: Problem): number {
  const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
  const sums = new Float64Array(columns);
  labels.forEach((y, i) => {
    for (let k = pointers[i]!; k < pointers[i + 1]!; k++) sums[indices[k]!]! += values[k]! * (y - mean);
  });
  return sums.reduce((most, it) => Math.max(most, Math.abs(it)), 0) / labels.length;
}
