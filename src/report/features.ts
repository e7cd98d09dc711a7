import type { Model } from "../model/model.js";

/** The three states of a feature's ids: never seen, seen and set to zero, kept. */
export interface FeatureStates {
  name: string;
  declared: number;
  seen: number;
  zero: number;
  kept: number;
}

/** Returns the states of each feature; none where features have no names, or where ids of several share a slot. */
export function featureStates({ space, slots, ids, training }: Model): FeatureStates[] {
  if (!space || slots !== null) return [];
  const kept = new Map<string, number>();
  for (const id of ids) {
    const { name } = space.featureOf(id);
    kept.set(name, (kept.get(name) ?? 0) + 1);
  }
  return space.features.map(({ name, dimension }, i) => {
    const seen = training.seenByFeature[i] ?? 0;
    const own = kept.get(name) ?? 0;
    return { name, declared: dimension, seen, zero: seen - own, kept: own };
  });
}
