import type { Dataset } from "../data/dataset.js";
import { type Engine, engineOn, type Lease } from "../engine/engine.js";
import type { Loss, Rows } from "../engine/kernels.js";
import type { F64, U32 } from "../engine/memory.js";
import { packed, unpacked } from "../engine/packed.js";
import { NoughtError } from "../errors.js";
import { platform, type Thread } from "../platform.js";
import { BatchProblem, type Solution, type SolveOptions, type Steer } from "./batch.js";
import type { Design, Strengths } from "./design.js";
import { LONGEST_COUPLED } from "./hessian.js";

/** Strengths of a path that are solved one after another on one thread, the first from nothing. */
export interface Leg {
  /** Where in Tour.strengths it begins and ends. */
  from: number;
  to: number;
  /** The part of the rows that is held out; −1: none. */
  fold: number;
}

/** A path on all rows and on some of them, in legs, and what threads share that solve them: data in one memory. */
export interface Tour {
  loss: Loss;
  rows: Rows;
  count: number;
  offsets: F64 | null;
  totalWeight: number;
  design: Design;
  /** [rows], the part that each is in; null where no leg holds one out. */
  parts: U32 | null;
  /** From the largest down. */
  strengths: Strengths[];
  legs: Leg[];
  options: Omit<Steer, "signal">;
  /** [legs], OPEN, DONE, FAILED, or TAKEN + who solves it. */
  states: U32;
  /** [threads but the caller's], ABSENT, PRESENT as long as it may touch the memory, then GONE. */
  members: U32;
  /** [1], 1 when all are to stop. */
  stop: U32;
}

/** Found at strength k: a solution; of a leg that holds rows out, the mean loss on these. */
export type Found = Solution | number;

/** What was found on a leg. */
interface Told {
  leg: number;
  k: number;
  found: Found;
}

/** Workers on a tour. */
interface Team {
  threads: Thread[];
  /** What they found, until it is heard. */
  inbox: Told[];
  /** The tour's memory is not theirs any more, nor what is told of them. */
  isDismissed: boolean;
}

const [OPEN, DONE, FAILED, TAKEN] = [0, 1, 2, 3];
const [ABSENT, PRESENT, GONE] = [0, 1, 2];

/** What a worker on legs is given. */
export interface LegStart {
  lease: Lease;
  /** `Tour`, packed. */
  tour: unknown;
  who: number;
}

/** Nanoseconds that an entry costs at a strength, about. */
const ENTRY_COST = 20;
/** Nanoseconds that are worth a worker's start, which takes 50 ms. */
const WORTH_STARTING = 200e6;
/** Nanoseconds of a path that is worth cutting: on one thread every leg's start from nothing is lost. */
const WORTH_CUTTING = 3e9;
/** Strengths of a path that count for that: where there are more they lie close, and each costs less. */
const MOST_COUNTED = 100;
/** Strengths that a start from nothing costs as much as. */
const START_COST = 3;
/** Milliseconds between two looks at what others do, and in which all are to stop that were told to. */
const GLANCE = 2;
const PATIENCE = 4000;

/**
 * Returns the legs of a path on all rows. The last takes as long as all before if a strength λ costs 1/√λ, about, as
 * with text and crosses; what is before is cut at half of the strengths. They depend on the data alone, so that what
 * comes out does not depend on threads.
 */
export function legsOf({ entries }: Design, lambdas: number[]): Leg[] {
  const { length } = lambdas;
  const starts = new Set([0]);
  if (ENTRY_COST * entries * Math.min(length, MOST_COUNTED) > WORTH_CUTTING) {
    const costs = lambdas.map((lambda) => 1 / Math.sqrt(lambda));
    let late = 0;
    let lead = -costs.reduce((sum, it) => sum + it, 0); // of what is before over what is left
    for (; late < length - 1 && lead < START_COST * costs[late]!; late++) lead += 2 * costs[late]!;
    starts.add(length >> 1).add(late);
  }
  return [...starts].map((from, i, all) => ({ from, to: all[i + 1] ?? length, fold: -1 }));
}

/** Makes ready for legs. What they share lies in the arena until the caller releases it. */
export function tourOf(
  { engine, loss, rows, count, offsets, totalWeight }: Dataset,
  design: Design,
  strengths: Strengths[],
  legs: Leg[],
  parts: U32 | null,
  { tolerance, iterations, seed }: SolveOptions,
): Tour {
  const { memory } = engine;
  return {
    ...{ loss, rows, count, offsets, totalWeight, design, parts, strengths, legs },
    options: Object.fromEntries(Object.entries({ tolerance, iterations, seed }).filter(([, it]) => it !== undefined)),
    states: memory.u32(legs.length),
    members: memory.u32(Math.min(engine.runtime.threads, legs.length) - 1),
    stop: memory.u32(1),
  };
}

/** Bytes that a leg's solves take at most: with all columns in one working set, and its Hessian where rows are short. */
function roomFor({ count, design: { size, entries, x } }: Tour): number {
  const coupled = Math.min(entries, LONGEST_COUPLED * count);
  return 1e6 + 72 * count + 300 * size + (x.values ? 48 : 40) * entries + 48 * coupled;
}

/**
 * Solves all legs, on as many threads as the engine has, each leg on one of them; what comes out does not depend on
 * which. The caller's own takes them from the first on, others from the last on. `onFound` may hear of a strength again,
 * when a thread failed. Throws what solving throws, what `onFound` throws, and the signal's reason.
 */
export async function solveLegs(
  tour: Tour,
  engine: Engine,
  signal: AbortSignal | undefined,
  onFound: (leg: Leg, k: number, found: Found) => void,
): Promise<void> {
  const { legs, states } = tour;
  const team: Team = { threads: [], inbox: [], isDismissed: false };
  const hear = () => {
    for (const { leg, k, found } of team.inbox.splice(0)) {
      onFound(legs[leg]!, k, found);
      if (k === legs[leg]!.to - 1) Atomics.store(states.view, leg, DONE);
    }
  };
  const tell = (told: Told) => {
    team.inbox.push(told);
    hear();
  };
  hire(team, tour, engine);
  const { length: who } = team.threads;
  const own = who > 0 ? engine.alone : engine;
  const order = legs.map((_, leg) => leg);
  try {
    for (let leg = take(tour, order, who); leg >= 0; leg = take(tour, order, who)) {
      await solveLeg(tour, own, leg, signal, tell);
    }
    while (states.view.some((_, leg, view) => Atomics.load(view, leg) >= TAKEN)) {
      await pause();
      signal?.throwIfAborted();
      hear();
    }
    // What others could not do, for want of memory or because they died, or what cannot be done: that is thrown here.
    for (const leg of order) if (states.view[leg] === FAILED) await solveLeg(tour, own, leg, signal, tell);
  } finally {
    await dismiss(team, tour);
  }
}

/** Takes the next leg in an order that nobody has and returns it; −1 when there is none. */
function take({ states: { view }, stop }: Tour, order: number[], who: number): number {
  if (Atomics.load(stop.view, 0) !== 0) return -1;
  return order.find((leg) => Atomics.compareExchange(view, leg, OPEN, TAKEN + who) === OPEN) ?? -1;
}

/** Solves at the strengths of a leg. */
async function solveLeg(
  tour: Tour,
  engine: Engine,
  leg: number,
  signal: Steer["signal"],
  tell: (told: Told) => void,
): Promise<void> {
  const { loss, rows, count, offsets, totalWeight, design, parts, strengths, options } = tour;
  const { from, to, fold } = tour.legs[leg]!;
  const { memory } = engine;
  const mark = memory.mark();
  try {
    const weights = parts && fold >= 0 ? weightsOutside(tour, memory.f64(count), parts, fold) : rows.weights;
    const posed = { engine, loss, rows: { ...rows, weights }, count, offsets };
    const problem = new BatchProblem(posed, design, { ...options, signal });
    const held = totalWeight - problem.total;
    for (let k = from; k < to; k++) {
      const { l1, l2 } = strengths[k]!;
      await problem.solve(l1, l2);
      tell({ leg, k, found: fold < 0 ? problem.solution : held > 0 ? problem.heldOutLoss(rows) / held : 0 });
    }
  } finally {
    memory.release(mark);
  }
}

/** Writes the weights that rows have where one part of them is held out. */
function weightsOutside({ rows, count }: Tour, weights: F64, { view: part }: U32, fold: number): F64 {
  const [out, own] = [weights.view, rows.weights?.view];
  for (let i = 0; i < count; i++) out[i] = part[i] === fold ? 0 : own ? own[i]! : 1;
  return weights;
}

/** Starts workers, where there is enough to do for them and the machine gives any. */
function hire(team: Team, tour: Tour, engine: Engine): void {
  const { design, legs, members } = tour;
  const visits = legs.reduce((sum, { from, to }) => sum + to - from, 0);
  if (ENTRY_COST * design.entries * visits < WORTH_STARTING) return;
  const room = roomFor(tour);
  try {
    for (let who = 0; who < members.length; who++) {
      const lease = engine.lend(room, room);
      if (!lease) break;
      const start: LegStart = { lease, tour: packed(tour), who };
      const onLost = () => !team.isDismissed && lose(tour, who);
      const onTold = (told: unknown) => team.inbox.push(told as Told);
      team.threads.push(platform().startThread(start, onLost, onTold));
    }
  } catch (error) {
    if (error instanceof NoughtError) throw error;
    // No more workers are to be had: those that are there do.
  }
}

/** Takes note of a worker that ended: what it had begun is not done. */
function lose({ states, members }: Tour, who: number): void {
  Atomics.store(members.view, who, GONE);
  for (let leg = 0; leg < states.length; leg++) Atomics.compareExchange(states.view, leg, TAKEN + who, FAILED);
}

/** Ends a team. Afterwards none of it touches the memory. */
async function dismiss(team: Team, { members, stop }: Tour): Promise<void> {
  Atomics.store(stop.view, 0, 1);
  const began = performance.now();
  for (let who = 0; who < team.threads.length; who++) {
    // One that has not begun never will.
    Atomics.compareExchange(members.view, who, ABSENT, GONE);
    while (Atomics.load(members.view, who) === PRESENT && performance.now() - began < PATIENCE) await pause();
  }
  team.isDismissed = true;
  await Promise.all(team.threads.map((thread) => thread.end()));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GLANCE));
}

/** What a worker does: it takes legs as long as there are any, and tells what it finds. */
export async function workLegs({ lease, tour: given, who }: LegStart, tell: (told: unknown) => void): Promise<void> {
  const tour = unpacked(given, lease.memory) as Tour;
  const { legs, states, members, stop } = tour;
  if (Atomics.compareExchange(members.view, who, ABSENT, PRESENT) !== ABSENT) return;
  const signal = {
    throwIfAborted() {
      if (Atomics.load(stop.view, 0) !== 0) throw new NoughtError("told to stop");
    },
  };
  const order = legs.map((_, leg) => leg).reverse();
  try {
    const engine = await engineOn(lease);
    for (let leg = take(tour, order, who); leg >= 0; leg = take(tour, order, who)) {
      // Who hears of the last strength takes note that the leg is done.
      await solveLeg(tour, engine, leg, signal, tell).catch(() => Atomics.store(states.view, leg, FAILED));
    }
  } finally {
    Atomics.store(members.view, who, GONE);
  }
}
