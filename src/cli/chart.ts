import { fstatSync } from "node:fs";

/** A terminal that charts are drawn on. */
export interface Screen {
  /** Characters in a line. */
  columns: number;
  isColoured: boolean;
}

/** Returns the terminal that standard output is; null where it is a file or a pipe. */
export function screenOf(): Screen | null {
  // Asked first, since process.stdout takes its time to load where it is a pipe.
  if (!fstatSync(1).isCharacterDevice() || !process.stdout.isTTY) return null;
  const { NO_COLOR, TERM } = process.env;
  return { columns: process.stdout.columns || 80, isColoured: !NO_COLOR && TERM !== "dumb" };
}

const COLOURS = { plus: 34, minus: 33, muted: 2 };

/** Text in a colour, where there are any. */
function coloured(text: string, colour: keyof typeof COLOURS, { isColoured }: Screen): string {
  return isColoured && text !== "" ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

const EIGHTHS = " ▏▎▍▌▋▊▉█";

/** A bar for a share from −1 to 1, its place filled up with blanks. */
export function barText(share: number, screen: Screen): string {
  const width = screen.columns < 60 ? 8 : 20;
  const eighths = Math.max(1, Math.round(Math.abs(share) * width * 8));
  const bar = "█".repeat(eighths >> 3) + (eighths & 7 ? EIGHTHS[eighths & 7] : "");
  return `${coloured(bar, share < 0 ? "minus" : "plus", screen)}${" ".repeat(width - bar.length)}  `;
}

/** Values from left to right, evenly. */
export interface Plot {
  title: string;
  values: readonly number[];
  /** Whether they are drawn by their logarithms; what is below 1 lies at the bottom. */
  isLog?: boolean;
  format: (value: number) => string;
}

/** Lines of characters of a plot. */
const HEIGHT = 7;
/** Of a plot's line before the frame. */
const LABEL = 12;
/** Characters of a plot's inside at most. */
const WIDEST = 72;

/** Returns the width of a plot's inside. */
function insideOf({ columns }: Screen): number {
  return Math.max(8, Math.min(WIDEST, columns - LABEL - 3));
}

/** Draws a line through values in Braille characters, each of which has 2 × 4 dots. */
export function plotText({ title, values, isLog = false, format }: Plot, screen: Screen): string[] {
  const width = insideOf(screen);
  const scaled = isLog ? values.map((it) => Math.log(Math.max(1, it))) : values;
  const [least, most] = [Math.min(...scaled), Math.max(...scaled)];
  const levelOf = (value: number) => Math.round(((value - least) / (most - least || 1)) * (4 * HEIGHT - 1));
  const cells = Array.from({ length: HEIGHT }, () => new Uint8Array(width));
  let before = levelOf(scaled[0]!);
  for (let x = 0; x < 2 * width; x++) {
    const at = (x / (2 * width - 1)) * (scaled.length - 1);
    const [k, rest] = [Math.floor(at), at % 1];
    const level = levelOf(scaled[k]! + rest * ((scaled[k + 1] ?? scaled[k]!) - scaled[k]!));
    for (let y = Math.min(level, before + 1); y <= Math.max(level, before - 1); y++) setDot(cells, x, y);
    before = level;
  }
  const ends = [format(isLog ? Math.max(...values) : most), format(Math.min(...values))];
  const lines = cells.map((row, r) => {
    const label = r === 0 ? ends[0]! : r === HEIGHT - 1 ? ends[1]! : "";
    const line = String.fromCodePoint(...Array.from(row, (dots) => 0x2800 + dots));
    return `${label.padStart(LABEL)} ${coloured("┤", "muted", screen)}${coloured(line, "plus", screen)}`;
  });
  return [`${" ".repeat(LABEL + 2)}${title}`, ...lines];
}

/** Bits of a Braille character's dots, from below, left and right. */
const DOTS = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
];

function setDot(cells: readonly Uint8Array[], x: number, y: number): void {
  cells[HEIGHT - 1 - (y >> 2)]![x >> 1]! |= DOTS[x & 1]![y & 3]!;
}

/** The axis below plots: what stands at its ends, and a mark at the kth of `count` values, if one is to be marked. */
export function axisText(
  ends: readonly [string, string],
  mark: { at: number; of: number } | null,
  screen: Screen,
): string[] {
  const width = insideOf(screen);
  const indent = " ".repeat(LABEL + 2);
  const place = mark && Math.round((mark.at / (mark.of - 1)) * (width - 1));
  const rule = place === null ? "─".repeat(width) : `${"─".repeat(place)}▲${"─".repeat(width - 1 - place)}`;
  const [left, right] = ends;
  return [indent + coloured(rule, "muted", screen), indent + left + right.padStart(width - left.length)];
}
