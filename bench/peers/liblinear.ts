// nought's batch solver beside LIBLINEAR's L1-regularized logistic regression (Yuan, Ho & Lin, JMLR 2012).
import { join } from "node:path";
import { lossOf, normOf, readLiblinear } from "./problem.js";
import {
  type Asked,
  AT_ONCE,
  isInstalled,
  median,
  type Ran,
  run,
  type Task,
  toleranceFor,
  trainNought,
} from "./process.js";

const PROGRAM = "liblinear-train";
const COSTS = [0.1, 1, 10];
/** Of LIBLINEAR: the violation of its optimality as a share of the first, times the share of the rarer class. */
const EPSILON = "1e-4";
/** What a difference of two measured times is worth at least, in seconds. */
const LEAST_SECONDS = 0.001;
/** Sets on whose overlapping columns coordinate descent crawls. */
const COLLINEAR = ["a9a", "towns"];

type Side = { objective: number; solve: number; seconds: number; peak: number };

interface Compared {
  name: string;
  cost: number;
  tolerance: number;
  /** Whether nought came as low as LIBLINEAR. */
  met: boolean;
  /** Whether LIBLINEAR came to its own tolerance. */
  converged: boolean;
  nought: Side;
  liblinear: Side;
}

/** Trains by LIBLINEAR. The objective is recomputed from the model's file. */
function train({ name, file, folder, problem }: Task, cost: number): Ran & { objective: number; converged: boolean } {
  const model = join(folder, `${name}.liblinear`);
  const ran = run(PROGRAM, ["-s", "6", "-c", `${cost}`, "-e", EPSILON, file, model], folder);
  const weights = readLiblinear(model, problem);
  return {
    ...ran,
    objective: normOf(weights) + cost * lossOf(problem, "logistic", weights),
    converged: !ran.stdout.includes("reaching max number of"),
  };
}

/**
 * Returns the seconds LIBLINEAR takes for all but its solve. Any -e of 1 or more ends it at its first look at the
 * violation, which says "#iter = 0": no step was taken. What it did do is read, transpose, take the gradients of all
 * columns once and write as many weights, so its solve, the difference, is if anything too small.
 */
function readSeconds({ name, file, folder }: Task, cost: number): number {
  const { stdout, seconds } = run(
    PROGRAM,
    ["-s", "6", "-c", `${cost}`, "-e", "1e10", file, join(folder, `${name}.unsolved`)],
    folder,
  );
  if (!/#iter = 0\b/.test(stdout)) throw new Error(`${name}: ${PROGRAM} -e 1e10 took a step: ${stdout}`);
  return seconds;
}

async function compare(task: Task, cost: number, rounds: number): Promise<Compared> {
  const n = task.problem.labels.length;
  const asked: Asked = { loss: "logistic", l1: 1 / (n * cost), intercept: false };
  const first = train(task, cost);
  // ‖w‖₁ + C·Σ loss is C·n times nought's objective.
  const scale = cost * n;
  const { tolerance, met } = await toleranceFor(task, asked, first.objective / scale);
  const ours: Side[] = [];
  const theirs: Side[] = [];
  for (let round = 0; round < rounds; round++) {
    const nought = await trainNought(task, asked, tolerance);
    const prepared = await trainNought(task, asked, AT_ONCE);
    const own = Math.max(nought.solve - prepared.solve, LEAST_SECONDS);
    ours.push({ ...nought, objective: scale * nought.objective, solve: own });
    const liblinear = train(task, cost);
    const solve = Math.max(liblinear.seconds - readSeconds(task, cost), LEAST_SECONDS);
    theirs.push({ ...liblinear, solve });
  }
  return {
    ...{ name: task.name, cost, tolerance, met, converged: first.converged },
    ...{ nought: middle(ours), liblinear: middle(theirs) },
  };
}

/** The median of each. */
function middle(sides: Side[]): Side {
  const of = (key: keyof Side) => median(sides.map((it) => it[key]));
  return { objective: of("objective"), solve: of("solve"), seconds: of("seconds"), peak: of("peak") };
}

const MEASURES = { solve: "solve", seconds: "whole process", peak: "peak memory" } as const;
type Measure = keyof typeof MEASURES;
const ratio = ({ nought, liblinear }: Compared, key: Measure) => liblinear[key] / nought[key];

/** Compares every task at every C and prints a line each, then the means. */
export async function compareLiblinear(tasks: Task[], rounds: number): Promise<void> {
  // Without arguments it prints its usage and ends with 1.
  if (!isInstalled(PROGRAM, [], [1])) return console.log(`LIBLINEAR: skipped, ${PROGRAM} is not installed`);
  console.log(`nought --solver batch beside ${PROGRAM} -s 6 -e ${EPSILON}, no intercept, one thread; medians of ${rounds} alternating rounds.
Objectives are ‖w‖₁ + C·Σ loss of the written models; tolerance is the loosest at which nought's is no higher.
A solve is the whole less the same run ended before its first step, on both sides.
× is LIBLINEAR over nought: above 1 nought takes less.

                           objective                    solve, s              whole process, s            peak MiB
set              C  tolerance    nought     LIBLINEAR   nought  LIBL.      ×   nought  LIBL.      ×   nought  LIBL.      ×`);
  const all: Compared[] = [];
  for (const task of tasks) {
    for (const cost of COSTS) {
      const compared = await compare(task, cost, rounds);
      all.push(compared);
      console.log(lineOf(compared));
    }
  }
  if (all.some((it) => !it.met)) console.log("! nought did not come as low at any tolerance tried");
  if (all.some((it) => !it.converged)) console.log("† LIBLINEAR warned that it reached its most iterations");
  if (all.length > 0) summarize(all);
}

function lineOf(it: Compared): string {
  const pair = (key: Measure, digits: number) =>
    `${it.nought[key].toFixed(digits).padStart(9)}${it.liblinear[key].toFixed(digits).padStart(7)}${ratio(it, key).toFixed(2).padStart(7)}`;
  return (
    `${it.name.padEnd(12)}${`${it.cost}`.padStart(6)}${it.tolerance.toExponential(0).padStart(10)}${it.met ? " " : "!"}` +
    `${it.nought.objective.toPrecision(10).padStart(14)}${it.liblinear.objective.toPrecision(10).padStart(14)}${it.converged ? " " : "†"}` +
    `${pair("solve", 2).slice(1)}${pair("seconds", 2)}${pair("peak", 0)}`
  );
}

function summarize(all: Compared[]): void {
  const isCollinear = (it: Compared) => COLLINEAR.includes(it.name);
  const groups = {
    all,
    [`collinear (${COLLINEAR.join(", ")})`]: all.filter(isCollinear),
    others: all.filter((it) => !isCollinear(it)),
  };
  console.log(
    `\ngeometric means of ×${Object.values(MEASURES)
      .map((it) => it.padStart(15))
      .join("")}`.padStart(30),
  );
  for (const [name, members] of Object.entries(groups)) {
    if (members.length === 0) continue;
    const means = (Object.keys(MEASURES) as Measure[]).map((key) => {
      const logs = members.map((it) => Math.log(ratio(it, key)));
      return Math.exp(logs.reduce((a, b) => a + b) / logs.length);
    });
    console.log(`${name.padEnd(21)}${means.map((it) => it.toFixed(2).padStart(15)).join("")}`);
  }
  for (const key of Object.keys(MEASURES) as Measure[]) {
    const lost = all.filter((it) => ratio(it, key) < 1);
    const names = lost.map((it) => `${it.name} C = ${it.cost} (${ratio(it, key).toFixed(2)})`);
    console.log(`LIBLINEAR wins, ${MEASURES[key]}: ${names.join(", ") || "nowhere"}`);
  }
}
