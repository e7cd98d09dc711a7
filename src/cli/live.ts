import { count, lossText, plural, size } from "../report/text.js";
import type { Milestone } from "../train/milestones.js";
import type { Progress } from "../train/options.js";
import { LiveLine, tell } from "./output.js";

/** Milliseconds over which rates are taken. */
const WINDOW = 2000;

/** Tells of a training while it runs: a line on a terminal that overwrites itself, else a log at rows 1, 2, 4, 8 … */
export class Live {
  readonly #line = new LiveLine();
  readonly #began = performance.now();
  readonly #isQuiet: boolean;
  readonly #hasHoldout: boolean;
  #samples: Sample[] = [];
  #isLogging = false;

  /** `hasHoldout`: whether rows are held back, which the log then has a column for. */
  constructor(isQuiet: boolean, hasHoldout: boolean) {
    this.#isQuiet = isQuiet;
    this.#hasHoldout = hasHoldout;
  }

  /** What a training takes to be listened to. */
  listeners(isStreamed: boolean): {
    onProgress?: (progress: Progress) => void;
    onMilestone?: (milestone: Milestone) => void;
  } {
    if (this.#isQuiet) return {};
    if (process.stderr.isTTY) return { onProgress: (it) => this.#progress(it) };
    return isStreamed ? { onMilestone: (it) => this.#log(it) } : {};
  }

  show(text: string): void {
    if (!this.#isQuiet) this.#line.show(text);
  }

  clear(): void {
    this.#line.clear();
  }

  #progress(progress: Progress): void {
    const now = performance.now();
    this.#samples.push({ at: now, rows: progress.rows, read: progress.read });
    while (this.#samples.length > 2 && now - this.#samples[0]!.at > WINDOW) this.#samples.shift();
    this.#line.show(liveText(progress, this.#samples, (now - this.#began) / 1000));
  }

  #log(milestone: Milestone): void {
    if (!this.#isLogging) tell(logHeader(this.#hasHoldout));
    this.#isLogging = true;
    tell(logLine(milestone, this.#hasHoldout));
  }
}

interface Sample {
  /** In milliseconds. */
  at: number;
  rows: number;
  read: number | null;
}

/** The line on a terminal. `samples`: what was known lately, the present at last; `seconds`: since the beginning. */
export function liveText(progress: Progress, samples: readonly Sample[], seconds: number): string {
  const { epoch, rows, loss, recent, holdout, kept, bytes, share, objective } = progress;
  const weights = [`${count(kept)} kept`, size(bytes)];
  if (objective !== null) {
    return [`step ${epoch}`, `objective ${objective.toFixed(6)}`, `loss ${loss.toFixed(4)}`, ...weights].join("  ");
  }
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const span = (last.at - first.at) / 1000;
  const isBegun = loss !== 0 || recent !== null;
  const losses = `loss ${lossText(loss)}${recent === null ? "" : ` (now ${lossText(recent)})`}`;
  const rates = [];
  if (span > 0) rates.push(`${count(Math.round((last.rows - first.rows) / span))} rows/s`);
  if (span > 0 && last.read !== null && first.read !== null) {
    rates.push(`${((last.read - first.read) / span / 1e6).toFixed(1)} MB/s`);
  }
  const parts = [`epoch ${epoch}`, plural(rows, "row"), ...rates, ...(isBegun ? [losses] : [])];
  if (holdout !== null) parts.push(`held out ${lossText(holdout)}`);
  parts.push(...weights);
  if (share !== null && share > 0)
    parts.push(`${Math.floor(100 * share)}%`, `${left((seconds / share) * (1 - share))} left`);
  return parts.join("  ");
}

/** "4 s", "12 min", "3.2 h" */
function left(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const COLUMNS = ["loss", "since last", "rows", "weight", "label", "predicted", "features"];
const WIDTHS = [10, 11, 13, 13, 11, 11, 9, 11];

/** The header of the log. */
export function logHeader(hasHoldout: boolean): string {
  return logCells([...COLUMNS, ...(hasHoldout ? ["held out"] : [])]);
}

/** A line of the log, as Vowpal Wabbit has them: mean loss, that since the line before, and the row at hand. */
export function logLine(milestone: Milestone, hasHoldout: boolean): string {
  const { rows, weight, loss, recent, label, prediction, features, holdout } = milestone;
  const short = (number: number) => String(Number(number.toPrecision(6)));
  const texts = [loss.toFixed(6), recent.toFixed(6), String(rows), short(weight), short(label), prediction.toFixed(4)];
  return logCells([...texts, String(features), ...(hasHoldout ? [holdout?.toFixed(6) ?? "–"] : [])]);
}

function logCells(texts: readonly string[]): string {
  return `${texts.map((text, k) => text.padStart(WIDTHS[k]!)).join(" ")}\n`;
}
