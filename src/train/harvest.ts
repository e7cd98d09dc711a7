import type { BlockStore } from "../data/blocks.js";
import type { Engine } from "../engine/engine.js";
import type { FeatureSpace } from "../features/space.js";
import { CHUNK } from "./monitor.js";
import type { Trainer } from "./trainer.js";

/** What a training found out: the weights that are not 0, and how much was seen. */
export interface Harvest {
  ids: Float64Array;
  weights: Float32Array;
  intercept: number;
  seen: number;
  seenByFeature: number[];
  /** Where these were asked for. */
  seenIds: Float64Array | null;
}

/** Returns a trainer's weights, over the columns of a store, in single precision as they ship. */
export function harvest(
  { memory }: Engine,
  trainer: Trainer,
  store: BlockStore,
  space: FeatureSpace | null,
  keepSeen: boolean,
): Harvest {
  const places = new Map(space?.features.map(({ name }, i) => [name, i]));
  const seenByFeature = Array<number>(places.size).fill(0);
  const { columns } = store;
  const { slots } = store.table;
  const chunk = Math.min(CHUNK, columns);
  const mark = memory.mark();
  try {
    const weights = memory.f64(chunk);
    const touched = memory.u32(chunk);
    const numbered = store.dictionary?.ids; // a view, good until memory grows
    /** Visits the columns of a chunk that were met, in order, with their weights as they ship. Returns how many. */
    const each = (from: number, visit: (column: number, weight: number) => void): number => {
      const to = Math.min(from + CHUNK, columns);
      const count = trainer.touchedInto(touched, from, to);
      if (count > 0) trainer.weightsInto(weights, from, to);
      for (let t = 0, [w, list] = [weights.view, touched.view]; t < count; t++) {
        visit(list[t]!, Math.fround(w[list[t]! - from]!));
      }
      return count;
    };
    // Counted first: arrays that grew would take several times the room. A large table may be next to empty.
    let [seen, found] = [0, 0];
    const chunks: number[] = [];
    for (let from = 0; from < columns; from += CHUNK) {
      const count = each(from, (_, weight) => {
        if (weight !== 0) found++;
      });
      if (count > 0) chunks.push(from);
      seen += count;
    }
    const [ids, kept] = [new Float64Array(found), new Float32Array(found)];
    const seenIds = keepSeen ? new Float64Array(seen) : null;
    seen = found = 0;
    const gather = (column: number, weight: number) => {
      const id = column < slots ? column : numbered![column - slots]!;
      if (seenIds) seenIds[seen] = id;
      seen++;
      if (space) seenByFeature[places.get(space.featureOf(id).name)!]!++;
      if (weight === 0) return;
      ids[found] = id;
      kept[found++] = weight;
    };
    for (const from of chunks) each(from, gather);
    return { ids, weights: kept, intercept: trainer.intercept(), seen, seenByFeature, seenIds };
  } finally {
    memory.release(mark);
  }
}
