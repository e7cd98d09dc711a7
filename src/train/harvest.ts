import type { BlockStore } from "../data/blocks.js";
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
  const [ids, kept, met]: [Float64Array[], Float64Array[], Float64Array[]] = [[], [], []];
  const { columns } = store;
  const chunk = Math.min(CHUNK, columns);
  const room = () => new Float64Array(chunk);
  const [someIds, someKept, someMet] = [room(), room(), room()];
  let seen = 0;
  const mark = memory.mark();
  try {
    const weights = memory.f64(chunk);
    const touched = memory.u32(chunk);
    const numbered = store.dictionary?.ids; // a view, good until memory grows
    const { slots } = store.table;
    for (let from = 0; from < columns; from += CHUNK) {
      const to = Math.min(from + CHUNK, columns);
      const count = trainer.touchedInto(touched, from, to);
      seen += count;
      if (count === 0) continue;
      trainer.weightsInto(weights, from, to);
      let found = 0;
      for (let t = 0, [w, list] = [weights.view, touched.view]; t < count; t++) {
        const column = list[t]!;
        const id = column < slots ? column : numbered![column - slots]!;
        someMet[t] = id;
        if (space) seenByFeature[places.get(space.featureOf(id).name)!]!++;
        const weight = Math.fround(w[column - from]!);
        if (weight === 0) continue;
        someIds[found] = id;
        someKept[found++] = weight;
      }
      ids.push(someIds.slice(0, found));
      kept.push(someKept.slice(0, found));
      if (keepSeen) met.push(someMet.slice(0, count));
    }
  } finally {
    memory.release(mark);
  }
  return {
    ...{ ids: joined(ids), weights: joined(kept), intercept: trainer.intercept() },
    ...{ seen, seenByFeature, seenIds: keepSeen ? joined(met) : null },
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
