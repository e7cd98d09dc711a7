import { count, lossText, plural, r2Text } from "../report/text.js";
import type { ProgressiveReport, Slices } from "../train/progressive.js";
import { printable } from "./output.js";

const LONGEST = 32;

/** Lines about slices and rows held back. */
export function progressiveText({ holdout, slices }: ProgressiveReport): string[] {
  const held =
    holdout && `  holdout loss ${lossText(holdout.loss)}${r2Text(holdout.r2)}, ${plural(holdout.rows, "row")}`;
  return [...(held ? [held] : []), ...slices.flatMap(sliceText)];
}

function sliceText({ column, values, rest }: Slices): string[] {
  const shown = (text: string) => printable(text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
  const all = [
    ...values.map((it) => ({ ...it, name: it.value === null ? "(missing)" : shown(it.value) })),
    ...(rest ? [{ ...rest, name: "(all others)" }] : []),
  ];
  const header = shown(column);
  const width = all.reduce((widest, { name }) => Math.max(widest, name.length), header.length);
  const cells = (name: string, texts: string[]) =>
    `  ${name.padEnd(width)}${texts.map((it) => it.padStart(12)).join("")}`;
  return [
    cells(header, ["rows", "loss", "mean label", "predicted"]),
    ...all.map(({ name, rows, loss, label, prediction }) =>
      cells(name, [count(rows), ...[loss, label, prediction].map(lossText)]),
    ),
  ];
}
