import { SYNTHETIC, type SyntheticName } from "./synthetic.js";

/** All that a visitor chose: one object, and the link that says it. */
export interface State {
  /** The data set that the three models learn, and what decides it and the order of its rows. */
  data: SyntheticName;
  /** Share of the labels that are left to chance, 0 … 0.9. */
  noise: number;
  seed: number;
  rate: number;
  /** Rows a step; 0 for all. */
  batch: number;
  /** Steps a second. */
  speed: number;
  /** Steps taken. */
  steps: number;
  /** Strengths: each holds from a step on, the first from step 0. */
  lambdas: readonly (readonly [from: number, lambda: number])[];
  /** The feature under the lens. */
  feature: number;
  /** The real data shown, and the strength chosen on its path (the nearest is taken); 0: that of the least held-out loss. */
  real: string;
  strength: number;
}

export const LAMBDA = { least: 1e-4, most: 1 } as const;
export const SPEEDS = [1, 5, 20, 60, 240, 1000] as const;
export const BATCHES = [0, 128, 32, 8] as const;
export const RATES = { least: 0.01, most: 10 } as const;
/** A link may not keep a page busy for minutes. */
const MOST_STEPS = 200_000;

/** Returns what a data set begins with. */
export function stateOf(data: SyntheticName): State {
  const { lambda, rate } = SYNTHETIC[data];
  return {
    ...{ data, noise: 0.1, seed: 1, rate, batch: 0, speed: 20, steps: 0, lambdas: [[0, lambda]], feature: 0 },
    ...{ real: "towns", strength: 0 },
  };
}

/** Returns the strength of the next step. */
export function lambdaOf({ lambdas }: State): number {
  return lambdas.at(-1)![1];
}

/** Returns a state whose strength is another from the next step on. */
export function withLambda(state: State, lambda: number): State {
  return { ...state, lambdas: [...state.lambdas.filter(([from]) => from < state.steps), [state.steps, lambda]] };
}

/** Writes what differs from the defaults, as the part of a link after its #. */
export function formatState(state: State): string {
  const usual = stateOf(state.data);
  const parts: string[] = [`data=${state.data}`];
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    if (state[name] !== usual[name]) parts.push(`${name}=${state[name]}`);
  }
  const lambdas = state.lambdas.map(([from, lambda], i) => (i === 0 ? `${lambda}` : `${from}:${lambda}`)).join(",");
  if (lambdas !== String(usual.lambdas[0]![1])) parts.push(`lambda=${lambdas}`);
  if (state.real !== usual.real) parts.push(`real=${encodeURIComponent(state.real)}`);
  return parts.join("&");
}

type Check = (value: number) => boolean;
const isWhole = (least: number, most: number) => (it: number) => Number.isInteger(it) && it >= least && it <= most;
const NUMBERS = {
  noise: (it) => it >= 0 && it <= 0.9,
  seed: isWhole(0, 2 ** 31),
  rate: (it) => it >= RATES.least && it <= RATES.most,
  batch: isWhole(0, 4096),
  speed: isWhole(1, 1000),
  steps: isWhole(0, MOST_STEPS),
  feature: isWhole(0, 4096),
  strength: (it) => it >= 0 && it < Number.POSITIVE_INFINITY,
} satisfies Partial<Record<keyof State, Check>>;

/** Reads the part of a link after its #. What cannot be is left at its default, and told. */
export function parseState(text: string): { state: State; problems: string[] } {
  const given = new URLSearchParams(text);
  const problems: string[] = [];
  const data = given.get("data") ?? "needles";
  const isKnown = Object.hasOwn(SYNTHETIC, data);
  if (!isKnown) problems.push(`data=${data}: there are ${Object.keys(SYNTHETIC).join(", ")}`);
  const state = stateOf(isKnown ? (data as SyntheticName) : "needles");
  for (const [name, isFine] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, Check][]) {
    const value = given.get(name);
    if (value === null) continue;
    if (value !== "" && isFine(Number(value))) state[name] = Number(value);
    else problems.push(`${name}=${value}`);
  }
  const lambdas = given.get("lambda");
  if (lambdas !== null) {
    const parsed = parseLambdas(lambdas, state.steps);
    if (parsed) state.lambdas = parsed;
    else problems.push(`lambda=${lambdas}`);
  }
  state.real = given.get("real") ?? state.real;
  return { state, problems };
}

function parseLambdas(text: string, steps: number): State["lambdas"] | null {
  const lambdas = text.split(",").map((part, i): [number, number] => {
    const [from, lambda] = i === 0 ? ["0", part] : part.split(":");
    return [Number(from), Number(lambda || Number.NaN)];
  });
  const isFine = lambdas.every(
    ([from, lambda], i) =>
      isWhole(0, steps)(from) && (i === 0 || from > lambdas[i - 1]![0]) && lambda >= 0 && lambda <= LAMBDA.most,
  );
  return isFine ? lambdas : null;
}
