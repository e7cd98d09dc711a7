// Runs the sides as child processes, and nought among them.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Loss } from "../../src/node.js";
import { lossOf, normOf, type Problem, readNought } from "./problem.js";

export const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
/** GNU time, for the peak memory of a child. */
const TIME = "/usr/bin/time";
/** This process's environment, but for a setting of machines behind a proxy that Node reads certificates by for 40 ms. */
const { NODE_EXTRA_CA_CERTS: _, ...PLAIN } = process.env;
/** Exit codes of nought: solved, and solved as far as rounding or the steps allowed. */
const SOLVED = [0, 4];

/** A problem on disk, and where the models of it go. */
export interface Task {
  name: string;
  file: string;
  folder: string;
  problem: Problem;
}

export interface Ran {
  stdout: string;
  /** Of the whole process. */
  seconds: number;
  /** MiB resident; NaN where GNU time is not installed. */
  peak: number;
}

/**
 * Runs a program to its end on one thread; throws when it ends with a code that is not allowed. The peak is what GNU
 * time has from wait4 of its own child: asked by this process, it would be at least what this process held at the fork.
 */
export function run(program: string, args: string[], folder: string, allowed = [0]): Ran {
  const report = join(folder, "peak");
  const timed = existsSync(TIME);
  const command = timed ? [TIME, "-f", "%M", "-o", report, program, ...args] : [program, ...args];
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...PLAIN, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
  });
  const seconds = (performance.now() - began) / 1000;
  if (error) throw error;
  if (!allowed.includes(status ?? -1)) throw new Error(`${program} ended with ${status}: ${stderr}${stdout}`);
  const peak = timed ? Number(readFileSync(report, "utf8").trim().split("\n").at(-1)) / 1024 : Number.NaN;
  return { stdout, seconds, peak };
}

/** Whether a program is there and does what is asked of it without complaint. */
export function isInstalled(program: string, args: string[], allowed = [0]): boolean {
  const { status, error } = spawnSync(program, args, { stdio: "ignore" });
  return !error && allowed.includes(status ?? -1);
}

/** What nought is to minimise: (1/n) Σ loss + l1·‖w‖₁. */
export interface Asked {
  loss: Loss;
  l1: number;
  intercept: boolean;
}

/** Gaps to stop at, as a share of the objective without features: the loosest that does as well as a peer is taken. */
const TOLERANCES = [0.5, 0.2, 0.1, 5e-2, 2e-2, 1e-2, 5e-3, 2e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/** At this one a solve ends at its first look: the columns are made and screened, and no step is taken. */
export const AT_ONCE = 1;

/** One training by nought's batch solver. */
export interface Trained extends Ran {
  /** Of making the columns and of the solve. */
  solve: number;
  /** Recomputed from the model's file, against the mean loss. */
  objective: number;
}

/** Trains by the command line. */
export async function trainNought(
  { name, file, folder, problem }: Task,
  asked: Asked,
  tolerance: number,
): Promise<Trained> {
  const model = join(folder, `${name}.nought`);
  const ran = run(
    process.execPath,
    [
      ...[CLI, "train", file, "--solver", "batch", "--loss", asked.loss, "--format", "svmlight"],
      ...["--l1", `${asked.l1}`, "--tolerance", `${tolerance}`, ...(asked.intercept ? [] : ["--no-intercept"])],
      ...["--output", model, "--quiet", "--json"],
    ],
    folder,
    SOLVED,
  );
  const { seconds }: { seconds: { solve: number } } = JSON.parse(ran.stdout);
  const weights = await readNought(model, problem);
  const objective = lossOf(problem, asked.loss, weights) / problem.labels.length + asked.l1 * normOf(weights);
  return { ...ran, solve: seconds.solve, objective };
}

/** Returns the loosest tolerance whose objective is at most a peer's, and whether there is one. */
export async function toleranceFor(
  task: Task,
  asked: Asked,
  peer: number,
): Promise<{ tolerance: number; met: boolean }> {
  for (const tolerance of TOLERANCES) {
    const { objective } = await trainNought(task, asked, tolerance);
    if (objective <= peer) return { tolerance, met: true };
  }
  return { tolerance: TOLERANCES.at(-1)!, met: false };
}

export function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}
