import { extent } from "d3-array";
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";

export interface Tick {
  at: number;
  text: string;
}

/** A scale with its ticks. `scale` gives the place of a value in the plot. */
export interface Axis {
  label: string;
  scale: (value: number) => number;
  ticks: readonly Tick[];
}

export interface AxisOptions {
  label: string;
  /** Ends that must be on it, also where no value is there. */
  include?: readonly number[];
  /** Whether the largest value comes first. */
  isReversed?: boolean;
  /** How a tick is written; by default as short as it may be. */
  format?: (value: number) => string;
  /** About how many ticks. Default 5. */
  ticks?: number;
}

/** What ends an axis: a range in pixels. */
export type Range = readonly [from: number, to: number];

/** Makes a linear axis whose ends are round numbers. */
export function linearAxis(values: Iterable<number>, range: Range, options: AxisOptions): Axis {
  const [least, most] = extentOf([...values, ...(options.include ?? [])].filter(Number.isFinite)) ?? [0, 1];
  const margin = least === most ? Math.abs(least) / 10 || 0.5 : 0;
  const scale = scaleLinear([least - margin, most + margin], range).nice(options.ticks ?? 5);
  return axisOf(scale, options, scale.tickFormat(options.ticks ?? 5));
}

/** Makes a logarithmic axis. Values of 0 and less have no place on it: they come to lie at its lower end. */
export function logAxis(values: Iterable<number>, range: Range, options: AxisOptions): Axis {
  const above = [...values, ...(options.include ?? [])].filter((it) => it > 0 && Number.isFinite(it));
  const [least, most] = extentOf(above) ?? [1, 10];
  const scale = scaleLog(least === most ? [least / 2, most * 2] : [least, most], range).clamp(true);
  return axisOf(scale, options, shortNumber);
}

function extentOf(values: readonly number[]): [number, number] | null {
  const [least, most] = extent(values);
  return least === undefined || most === undefined ? null : [least, most];
}

function axisOf(
  scale: ScaleContinuousNumeric<number, number>,
  { label, isReversed, format, ticks = 5 }: AxisOptions,
  usual: (value: number) => string,
): Axis {
  if (isReversed) scale.domain([...scale.domain()].reverse());
  const shown = "base" in scale ? logTicks(scale.domain(), ticks) : scale.ticks(ticks);
  return { label, scale, ticks: shown.map((at) => ({ at, text: (format ?? usual)(at) })) };
}

/** Powers of ten, every one or every so many; where they are fewer than two, round numbers between them as well. */
function logTicks(domain: readonly number[], count: number): number[] {
  const [least, most] = [Math.min(...domain), Math.max(...domain)];
  const [first, last] = [Math.ceil(Math.log10(least) - 1e-9), Math.floor(Math.log10(most) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first) / count));
  const powers = [];
  for (let power = first; power <= last; power += step) powers.push(Number(`1e${power}`));
  if (powers.length > 1) return powers;
  const multiples = [1, 2, 3, 5].map((it) => it * 10 ** (first - 1));
  const between = [...multiples, ...multiples.map((it) => it * 10)].map((it) => Number(it.toPrecision(3)));
  const inside = between.filter((it) => it >= least * (1 - 1e-9) && it <= most * (1 + 1e-9));
  return inside.length > 1 ? inside : scaleLinear([least, most]).ticks(3);
}

/** "0.003", "10⁻⁵", "20", "30 k", "2 M" */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const power = Math.floor(Math.log10(size) + 1e-9);
  if (power < -3 || power > 11) {
    const factor = Number((value / 10 ** power).toPrecision(2));
    return `${factor === 1 ? "" : `${signed(factor)}·`}10${superscript(power)}`;
  }
  const thousands = Math.max(0, Math.floor(power / 3));
  const scaled = Number((value / 1000 ** thousands).toPrecision(3));
  return `${signed(scaled)}${["", " k", " M", " G"][thousands]}`;
}

/** A number with a true minus sign. */
export function signed(number: number): string {
  return String(number).replace("-", "−");
}

function superscript(power: number): string {
  return String(power).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]!);
}
