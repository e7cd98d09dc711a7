import { count, lossText } from "../report/text.js";
import type { FitOptions } from "../train/fit.js";
import type { FtrlOptions, SgdOptions, SolverOptions, SweepPoint } from "../train/options.js";
import type { StreamPoint } from "../train/points.js";

/** Flags that may have several values. */
const SWEPT = new Set(["lambda1", "lambda2", "alpha", "beta", "l1", "l2", "rate", "decay"]);

/** Flags that were given several values. */
export function listsOf(flags: object): [name: string, values: number[]][] {
  const isList = (it: [string, unknown]): it is [string, number[]] => SWEPT.has(it[0]) && Array.isArray(it[1]);
  return Object.entries(flags).filter(isList);
}

/** Every combination of the values of flags that were given several; null where none was. */
export function sweepOf(flags: object): SweepPoint[] | null {
  const lists = listsOf(flags);
  if (lists.length === 0) return null;
  return lists.reduce<SweepPoint[]>(
    (points, [name, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** What a sweep trained, as `--json` has it. */
export interface PointResult {
  [strength: string]: unknown;
  kept: number;
  loss: { progressive: number | null; holdout: number | null; validation: number | null };
}

export function pointResult(
  strengths: Record<string, number>,
  { columns, loss, progressive }: StreamPoint,
): PointResult {
  const { validation } = loss;
  const holdout = progressive.holdout?.loss ?? null;
  return { ...strengths, kept: columns.kept, loss: { progressive: progressive.loss, holdout, validation } };
}

/** A line for each model of a sweep: the strengths that differ, weights kept, losses. `best`: which was chosen. */
export function sweepText(points: readonly PointResult[], best: number): string[] {
  const first = points[0] as PointResult;
  const strengths = Object.keys(first).filter((name) => !["kept", "loss"].includes(name));
  const varied = strengths.filter((name) => points.some((it) => it[name] !== first[name]));
  const losses = (["progressive", "holdout", "validation"] as const).filter((it) => first.loss[it] !== null);
  const cells = (texts: string[]) => `  ${texts.map((text) => text.padStart(11)).join(" ")}`;
  const lines = points.map((point, i) => {
    const texts = [...varied.map((name) => String(point[name])), count(point.kept)];
    return cells([...texts, ...losses.map((it) => lossText(point.loss[it]!))]) + (i === best ? "  ← least loss" : "");
  });
  return [cells([...varied, "kept", ...losses.map((it) => (it === "holdout" ? "held out" : it))]), ...lines];
}

/** What a training of several models has in its result. */
export function sweepResult(
  solver: FitOptions,
  points?: StreamPoint[],
  best?: StreamPoint,
): { points: PointResult[] | null; best: number | null } {
  if (!points || points.length === 1) return { points: null, best: null };
  const results = points.map((it) => pointResult(sweptOf({ ...solver, ...it.point } as SolverOptions), it));
  return { points: results, best: points.indexOf(best as StreamPoint) };
}

/** All that may differ within a sweep. */
function sweptOf(solver: SolverOptions): Record<string, number> {
  if (solver.solver === "sgd") {
    const { l1 = 1e-4, l2 = 0, rate = 0.1, decay = 0.01 } = solver as SgdOptions;
    return { l1, l2, rate, decay };
  }
  const { lambda1 = 1, lambda2 = 0, alpha = 0.1, beta = 1 } = solver as FtrlOptions;
  return { lambda1, lambda2, alpha, beta };
}
