import type { Arrays } from "../data/arrays.js";
import { Random } from "../random.js";

/** A made-up problem of which the truth is known. */
export interface Problem {
  arrays: Arrays;
  /** By column. */
  features: Feature[];
}

export interface Feature {
  name: string;
  /** Whether the label has to do with it. */
  isSignal: boolean;
}

interface Recipe {
  title: string;
  about: string;
  /** A strength and a learning rate at which there is something to see. */
  lambda: number;
  rate: number;
  /** Share of the rows that is held out. */
  heldOut: number;
  make(random: Random, noise: number): Problem;
}

/** Rows made: few to learn from, and many to measure by. */
const ROWS = 2048;

/** A number of the standard normal distribution, nearly: exact sums, so that it has the same bits everywhere. */
export function normal(random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.unit();
  return sum;
}

/** Makes dense rows: `draw` fills one and returns its margin, whose sign is the label but for noise. */
function denseRows(random: Random, noise: number, features: Feature[], draw: (row: number[]) => number): Problem {
  const columns = features.length;
  const values: number[] = [];
  const labels: number[] = [];
  for (let i = 0; i < ROWS; i++) {
    const row: number[] = [];
    const margin = draw(row);
    values.push(...row);
    labels.push(labelOf(random, noise, margin > 0));
  }
  const arrays = {
    rows: Array.from({ length: ROWS + 1 }, (_, i) => i * columns),
    columns: Array.from({ length: ROWS * columns }, (_, k) => k % columns),
    values,
    labels,
    dimension: columns,
  };
  return { arrays, features };
}

/** A share of the labels is tossed. */
function labelOf(random: Random, noise: number, isYes: boolean): number {
  const isTossed = random.unit() < noise;
  const coin = random.unit() < 0.5;
  return (isTossed ? coin : isYes) ? 1 : -1;
}

function needles(random: Random, noise: number): Problem {
  const effects = new Map([4, 17, 29, 38, 52].map((j, k) => [j, [1.6, -1.3, 1, -0.8, 0.6][k]!]));
  const features = Array.from({ length: 60 }, (_, j) => ({ name: `feature ${j + 1}`, isSignal: effects.has(j) }));
  return denseRows(random, noise, features, (row) => {
    let margin = normal(random) / 2;
    for (let j = 0; j < features.length; j++) {
      row.push(normal(random));
      margin += (effects.get(j) ?? 0) * row[j]!;
    }
    return margin;
  });
}

/** Groups of three that say nearly the same; three of the groups matter. */
function twins(random: Random, noise: number): Problem {
  const effects = new Map([
    [2, 1.4],
    [5, -1.1],
    [9, 0.8],
  ] as const);
  const features = Array.from({ length: 36 }, (_, j) => {
    const group = Math.floor(j / 3);
    return { name: `group ${group + 1}${"abc"[j % 3]}`, isSignal: effects.has(group as 2 | 5 | 9) };
  });
  return denseRows(random, noise, features, (row) => {
    let margin = normal(random) / 2;
    for (let group = 0; group < 12; group++) {
      const common = normal(random);
      margin += (effects.get(group as 2 | 5 | 9) ?? 0) * common;
      for (let k = 0; k < 3; k++) row.push(common + normal(random) / 4);
    }
    return margin;
  });
}

/** Cells a side. */
const SIDE = 10;
const ISLANDS = [
  { x: [1, 3], y: [5, 7] },
  { x: [6, 8], y: [2, 3] },
] as const;

function isOnLand(x: number, y: number): boolean {
  return ISLANDS.some((it) => x >= it.x[0] && x <= it.x[1] && y >= it.y[0] && y <= it.y[1]);
}

/** Points of a map: buckets of x, buckets of y, and their cross. The truth is in some cells of the cross alone. */
function islands(random: Random, noise: number): Problem {
  const sides = Array.from({ length: SIDE }, (_, k) => k);
  const features = [
    ...sides.map((k) => ({ name: `x ${k + 1}`, isSignal: false })),
    ...sides.map((k) => ({ name: `y ${k + 1}`, isSignal: false })),
    ...sides.flatMap((y) => sides.map((x) => ({ name: `x ${x + 1} × y ${y + 1}`, isSignal: isOnLand(x, y) }))),
  ];
  const columns: number[] = [];
  const labels: number[] = [];
  for (let i = 0; i < ROWS; i++) {
    const [x, y] = [random.below(SIDE), random.below(SIDE)];
    columns.push(x, SIDE + y, 2 * SIDE + y * SIDE + x);
    labels.push(labelOf(random, noise, isOnLand(x, y)));
  }
  const rows = Array.from({ length: ROWS + 1 }, (_, i) => 3 * i);
  return { arrays: { rows, columns, labels, dimension: features.length }, features };
}

export const SYNTHETIC = {
  needles: {
    title: "Needles in hay",
    about: "60 features, 5 of which decide the answer. The other 55 are noise.",
    lambda: 0.04,
    rate: 0.5,
    heldOut: 0.875,
    make: needles,
  },
  twins: {
    title: "Twins",
    about: "12 groups of 3 features that say nearly the same; 3 groups matter. One of each three would do.",
    lambda: 0.04,
    rate: 0.2,
    heldOut: 0.875,
    make: twins,
  },
  islands: {
    title: "Islands",
    about: "Points on a map: 10 columns, 10 rows and their 100 crosses. The answer is yes on two islands of 15 cells.",
    lambda: 0.002,
    rate: 4,
    heldOut: 0.5,
    make: islands,
  },
} satisfies Record<string, Recipe>;

export type SyntheticName = keyof typeof SYNTHETIC;

/** Makes a problem; equal arguments make equal ones. */
export function makeProblem(name: SyntheticName, noise: number, seed: number): Problem {
  return SYNTHETIC[name].make(new Random(seed), noise);
}
