import type { Dictionary } from "../data/dictionary.js";
import type { Engine } from "../engine/engine.js";
import type { FeatureSpace } from "../features/space.js";
import { CHUNK } from "./monitor.js";
import type { Trainer } from "./trainer.js";

/** What a training found out: the weights that are not 0, and how much was seen. */
export interface Harvest {
  ids: Float64Array;
  weights: Float64Array;
  intercept: number;
  seen: number;
  seenByFeature: number[];
  /** Where these were asked for. */
  seenIds: Float64Array | null;
}

/** The columns of a trainer, whose ids are a dictionary's or these themselves, and whether a row that was learned had each. */
export interface Harvested {
  count: number;
  dictionary: Dictionary | null;
  isAll: boolean;
}

/** Returns a trainer's weights as they are, in single precision as they ship. */
export function harvest(
  { memory }: Engine,
  trainer: Trainer,
  columns: Harvested,
  space: FeatureSpace | null,
  keepSeen: boolean,
): Harvest {
  const places = new Map(space?.features.map(({ name }, i) => [name, i]));
  const seenByFeature = Array<number>(places.size).fill(0);
  const [ids, kept, met]: [number[], number[], number[]] = [[], [], []];
  let seen = 0;
  const mark = memory.mark();
  try {
    const weights = memory.f64(CHUNK);
    const touched = memory.u32(CHUNK);
    const numbered = columns.dictionary?.ids; // a view, good until memory grows
    for (let from = 0; from < columns.count; from += CHUNK) {
      const to = Math.min(from + CHUNK, columns.count);
      const count = columns.isAll ? to - from : trainer.touchedInto(touched, from, to);
      seen += count;
      if (count === 0) continue;
      trainer.weightsInto(weights, from, to);
      for (let t = 0, [w, list] = [weights.view, touched.view]; t < count; t++) {
        const column = columns.isAll ? from + t : list[t]!;
        const id = numbered ? numbered[column]! : column;
        if (keepSeen) met.push(id);
        if (space) seenByFeature[places.get(space.featureOf(id).name)!]!++;
        const weight = Math.fround(w[column - from]!);
        if (weight === 0) continue;
        ids.push(id);
        kept.push(weight);
      }
    }
  } finally {
    memory.release(mark);
  }
  return {
    ...{ ids: Float64Array.from(ids), weights: Float64Array.from(kept), intercept: trainer.intercept() },
    ...{ seen, seenByFeature, seenIds: keepSeen ? Float64Array.from(met) : null },
  };
}
