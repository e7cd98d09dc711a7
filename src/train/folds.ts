import type { Dataset } from "../data/dataset.js";
import { type Engine, engineOn, type Lease } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { packed, unpacked } from "../engine/packed.js";
import { MemoryError, NoughtError } from "../errors.js";
import { platform, type Thread } from "../platform.js";
import { BatchProblem, type SolveOptions, type Steer } from "./batch.js";
import type { Design, Strengths } from "./design.js";

/** The parts of a dataset's rows, each to be left out of a path of its own: what all of these share, in one memory. */
export interface Folds {
  loss: Loss;
  rows: Rows;
  count: number;
  offsets: F64 | null;
  totalWeight: number;
  design: Design;
  /** [rows], the part that each is in. */
  parts: U32;
  /** From the largest down. */
  strengths: Strengths[];
  options: Omit<Steer, "signal">;
  /** [folds · strengths], mean loss on the part left out. */
  losses: F64;
  /** [folds], OPEN, DONE, FAILED, or TAKEN + who solves it. */
  states: U32;
  /** [threads but the caller's], ABSENT, PRESENT as long as it may touch the memory, then GONE. */
  members: U32;
  /** [1], 1 when all are to stop. */
  stop: U32;
}

const [OPEN, DONE, FAILED, TAKEN] = [0, 1, 2, 3];
const [ABSENT, PRESENT, GONE] = [0, 1, 2];

/** What a worker on folds is given. */
export interface FoldStart {
  lease: Lease;
  /** `Folds`, packed. */
  folds: unknown;
  who: number;
}

/** Nanoseconds that an entry costs at a strength, about. */
const ENTRY_COST = 20;
/** Nanoseconds that are worth a worker's start, which takes 50 ms. */
const WORTH_STARTING = 200e6;
/** Milliseconds between two looks at what others do, and in which all are to stop that were told to. */
const GLANCE = 2;
const PATIENCE = 4000;

/** Makes room for the results of folds. It lies in the arena until the caller releases it. */
export function foldsOf(
  { engine, loss, rows, count, offsets, totalWeight }: Dataset,
  design: Design,
  parts: U32,
  folds: number,
  strengths: Strengths[],
  { tolerance, iterations, seed }: SolveOptions,
): Folds {
  const { memory } = engine;
  return {
    ...{ loss, rows, count, offsets, totalWeight, design, parts, strengths },
    options: Object.fromEntries(Object.entries({ tolerance, iterations, seed }).filter(([, it]) => it !== undefined)),
    losses: memory.f64(folds * strengths.length),
    states: memory.u32(folds),
    members: memory.u32(Math.min(engine.runtime.threads, folds) - 1),
    stop: memory.u32(1),
  };
}

/** Bytes that a fold's solve takes at most, but for a Hessian on data of a kind that is seldom. */
function roomFor({ count, design: { size, entries, x } }: Folds): number {
  return 1e6 + 72 * count + 300 * size + (x.values ? 6 : 5) * 8 * entries;
}

/**
 * Solves all folds, on as many threads as the engine has, each fold on one of them; what comes out does not depend on
 * which. `first` is done by the caller's own before it takes folds. Throws what solving a fold throws, and the signal's
 * reason.
 */
export async function solveFolds(
  folds: Folds,
  engine: Engine,
  signal: AbortSignal | undefined,
  first: () => Promise<void>,
): Promise<void> {
  const team = hire(folds, engine);
  try {
    await first();
    const own = team.length > 0 ? engine.alone : engine;
    for (let fold = take(folds, team.length); fold >= 0; fold = take(folds, team.length)) {
      await solveFold(folds, own, fold, signal);
      Atomics.store(folds.states.view, fold, DONE);
    }
    while (folds.states.view.some((_, fold, view) => Atomics.load(view, fold) >= TAKEN)) {
      await pause();
      signal?.throwIfAborted();
    }
    // What others could not do, for want of memory or because they died, or what cannot be done: that is thrown here.
    for (let fold = 0; fold < folds.states.length; fold++) {
      if (folds.states.view[fold] === FAILED) await solveFold(folds, own, fold, signal);
    }
  } finally {
    await dismiss(folds, team);
  }
}

/** Takes the next fold that nobody has and returns it; −1 when there is none. */
function take({ states: { view }, stop }: Folds, who: number): number {
  if (Atomics.load(stop.view, 0) !== 0) return -1;
  return view.findIndex((_, fold) => Atomics.compareExchange(view, fold, OPEN, TAKEN + who) === OPEN);
}

/** Solves the path without one part of the rows and writes its losses on that. */
async function solveFold(folds: Folds, engine: Engine, fold: number, signal: Steer["signal"]): Promise<void> {
  const { loss, rows, count, offsets, design, parts, strengths, options, losses } = folds;
  const { memory } = engine;
  const mark = memory.mark();
  try {
    const weights = memory.f64(count);
    for (let i = 0, [out, part, own] = [weights.view, parts.view, rows.weights?.view]; i < count; i++) {
      out[i] = part[i] === fold ? 0 : own ? own[i]! : 1;
    }
    const posed = { engine, loss, rows: { ...rows, weights }, count, offsets };
    const problem = new BatchProblem(posed, design, { ...options, signal });
    const held = folds.totalWeight - problem.total;
    for (const [k, { l1, l2 }] of strengths.entries()) {
      await problem.solve(l1, l2);
      losses.view[fold * strengths.length + k] = held > 0 ? problem.heldOutLoss(rows) / held : 0;
    }
  } finally {
    memory.release(mark);
  }
}

/** Starts workers, where there is enough to do for them and the machine gives any. */
function hire(folds: Folds, engine: Engine): Thread[] {
  const { design, strengths, states, members } = folds;
  if (ENTRY_COST * design.entries * strengths.length * states.length < WORTH_STARTING) return [];
  const team: Thread[] = [];
  try {
    for (let who = 0; who < members.length; who++) {
      const lease = engine.lend(roomFor(folds));
      if (!lease) break;
      team.push(platform().startThread({ lease, folds: packed(folds), who }, () => lose(folds, who)));
    }
  } catch (error) {
    if (error instanceof NoughtError && !(error instanceof MemoryError)) throw error;
    // No more workers are to be had: those that are there do.
  }
  return team;
}

/** Takes note of a worker that ended: what it had begun is not done. */
function lose({ states, members }: Folds, who: number): void {
  Atomics.store(members.view, who, GONE);
  for (let fold = 0; fold < states.length; fold++) {
    Atomics.compareExchange(states.view, fold, TAKEN + who, FAILED);
  }
}

/** Ends a team. Afterwards none of it touches the memory. */
async function dismiss({ members, stop }: Folds, team: Thread[]): Promise<void> {
  Atomics.store(stop.view, 0, 1);
  const began = performance.now();
  for (let who = 0; who < team.length; who++) {
    // One that has not begun never will.
    Atomics.compareExchange(members.view, who, ABSENT, GONE);
    while (Atomics.load(members.view, who) === PRESENT && performance.now() - began < PATIENCE) await pause();
  }
  await Promise.all(team.map((thread) => thread.end()));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GLANCE));
}

/** What a worker does: it takes folds as long as there are any. */
export async function workFolds({ lease, folds: given, who }: FoldStart): Promise<void> {
  const folds = unpacked(given, lease.memory) as Folds;
  const { states, members, stop } = folds;
  if (Atomics.compareExchange(members.view, who, ABSENT, PRESENT) !== ABSENT) return;
  const signal = {
    throwIfAborted() {
      if (Atomics.load(stop.view, 0) !== 0) throw new NoughtError("told to stop");
    },
  };
  try {
    const engine = await engineOn(lease);
    for (let fold = take(folds, who); fold >= 0; fold = take(folds, who)) {
      const state = await solveFold(folds, engine, fold, signal).then(
        () => DONE,
        () => FAILED,
      );
      Atomics.store(states.view, fold, state);
    }
  } finally {
    Atomics.store(members.view, who, GONE);
  }
}
