import type { FeatureSpace, Layout } from "../features/space.js";
import type { MapCell } from "./charts/cells.js";

/** Where the weights of a cross of latitude and longitude are. */
export interface Places {
  /** Name of the feature. */
  name: string;
  cells: MapCell[];
  /** How many cells across and up are drawn as one. */
  merged: number;
}

/** Cells drawn at most: a page stays a page. */
const MOST_CELLS = 20_000;
/** Of a column's name, its words in small letters parted by "_". */
const LATITUDE = /(?:^|[^a-z])lat(?:itude)?$/;
const LONGITUDE = /(?:^|[^a-z])(?:lon|lng|long|longitude)$/;

/**
 * Returns the cells of the cross of a latitude and a longitude that has the most weights; null where no feature is one.
 * `seen`: ids that training met, zero or not. Where the cross has more parts, or cells are merged, the weight that is
 * the largest in size stands for all.
 */
export function placesOf(
  space: FeatureSpace,
  seen: ArrayLike<number>,
  weightOf: (id: number) => number,
): Places | null {
  const grids = gridsOf(space.layout, space).map((grid) => ({ ...grid, weights: new Map<number, number>(), kept: 0 }));
  for (let k = 0; k < seen.length; k++) {
    const id = seen[k]!;
    const grid = grids.find(({ offset, dimension }) => id >= offset && id < offset + dimension);
    const cell = grid?.cellOf(id) ?? -1;
    if (!grid || cell < 0) continue;
    const weight = weightOf(id);
    if (weight !== 0) grid.kept++;
    put(grid.weights, cell, weight);
  }
  const met = grids.filter(({ weights }) => weights.size > 0).sort((a, b) => b.kept - a.kept);
  if (!met[0]) return null;
  const { name, up, across } = met[0];
  let [{ weights }, merged] = [met[0], 1];
  for (; weights.size > MOST_CELLS; merged *= 2) {
    const coarser = new Map<number, number>();
    for (const [cell, weight] of weights) {
      const [row, column] = [Math.floor(cell / across.bins), cell % across.bins];
      put(coarser, (row >> 1) * across.bins + (column >> 1), weight);
    }
    weights = coarser;
  }
  const cells = Array.from(weights, ([cell, weight]): MapCell => {
    const [south, north] = spanOf(up, Math.floor(cell / across.bins), merged);
    const [west, east] = spanOf(across, cell % across.bins, merged);
    return { west, east, south, north, weight };
  });
  return { name, cells, merged };
}

/** Takes a cell's weight, if it is the largest so far in size. */
function put(cells: Map<number, number>, cell: number, weight: number): void {
  const old = cells.get(cell);
  if (old === undefined || Math.abs(weight) > Math.abs(old)) cells.set(cell, weight);
}

interface Grid {
  name: string;
  offset: number;
  dimension: number;
  up: Side;
  across: Side;
  /** An id's row · columns + column; −1 where its latitude or longitude is missing. */
  cellOf(id: number): number;
}

interface Side {
  bins: number;
  /** Where a bin begins. */
  edge(bin: number): number;
}

function gridsOf({ atoms, outputs }: Layout, space: FeatureSpace): Grid[] {
  return outputs.flatMap(({ parts, dimensions, offset, slots }, i): Grid[] => {
    const sideOf = (name: RegExp, most: number) => {
      const at = parts.findIndex((part) => name.test(wordsOf(atoms[part]!.definition.column)));
      const side = at < 0 ? null : binsOf(atoms[parts[at]!]!);
      return side && Math.abs(side.edge(0)) <= most && Math.abs(side.edge(side.bins)) <= most ? { ...side, at } : null;
    };
    const [up, across] = [sideOf(LATITUDE, 91), sideOf(LONGITUDE, 361)];
    if (slots !== null || !up || !across) return [];
    const { name, dimension } = space.features[i]!;
    const cellOf = (id: number): number => {
      let rest = id - offset;
      let [row, column] = [0, 0];
      for (let p = parts.length - 1; p >= 0; p--) {
        const digit = rest % dimensions[p]!;
        rest = Math.floor(rest / dimensions[p]!);
        if (p === up.at) row = digit;
        if (p === across.at) column = digit;
      }
      return row < up.bins && column < across.bins ? row * across.bins + column : -1;
    };
    return [{ name, offset, dimension, up, across, cellOf }];
  });
}

function wordsOf(column: string): string {
  return column.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

/** The bins of a bucket or of quantiles, whose outermost are drawn as wide as those beside them; null for other kinds. */
function binsOf({ definition, learned, dimension, absent }: Layout["atoms"][number]): Side | null {
  const bins = dimension - (absent === null ? 0 : 1);
  if (definition.kind === "bucket") {
    const { min = 0 } = learned;
    return { bins, edge: (bin) => min + bin * definition.width };
  }
  const { edges = [] } = learned;
  if (definition.kind !== "quantiles" || edges.length < 2) return null;
  const [first, second] = edges as [number, number];
  const [before, last] = edges.slice(-2) as [number, number];
  return { bins, edge: (bin) => (bin === 0 ? 2 * first - second : bin === bins ? 2 * last - before : edges[bin - 1]!) };
}

function spanOf({ bins, edge }: Side, bin: number, merged: number): [from: number, to: number] {
  return [edge(bin * merged), edge(Math.min(bins, (bin + 1) * merged))];
}
