import { parseDecimal } from "./cell.js";
import { hashText, hashValue } from "./hash.js";
import type { Encoder, Learned, SimpleDefinition } from "./kinds.js";

// From readable names back to ids: what `label` of a kind does, the other way round.

/** An id; null where a name is that of a value that training never met; undefined where no id has such a name. */
export type Place = number | null | undefined;

/** What tells the ids of one simple feature. */
interface Named {
  definition: SimpleDefinition;
  learned: Learned;
  encoder: Encoder;
}

/** Returns the id, within a simple feature, that a label stands for. `name` is the feature's. */
export function placeOf({ definition, learned, encoder }: Named, label: string, name: string): Place {
  const after = (prefix: string) => (label.startsWith(prefix) ? label.slice(prefix.length) : null);
  const isAt = (id: number) => id >= 0 && id < encoder.dimension && encoder.label(id, name) === label;
  switch (definition.kind) {
    case "number":
      return label === name ? 0 : undefined;
    case "bucket": {
      const edge = parseDecimal(after(`${name} [`)?.split(",")[0] ?? "");
      // The edges of labels are rounded.
      const near = Math.round((edge - (learned.min ?? 0)) / definition.width);
      return [near - 1, near, near + 1].find(isAt);
    }
    case "quantiles":
      return label.startsWith(name) ? Array.from({ length: encoder.dimension }, (_, id) => id).find(isAt) : undefined;
    case "hash": {
      const value = after(`${name} = `);
      return value === null ? numberAfter(`${name} #`, label, definition.slots) : hashText(value) % definition.slots;
    }
    default: {
      const value = after(definition.kind === "category" ? `${name} = ` : `${name}: `);
      if (value === null) return learned.hashed && numberAfter(`${name} #`, label, learned.hashed.count);
      const { values = [], hashed } = learned;
      const at = hashed ? hashed.hashes.indexOf(hashValue(value, hashed.bits)) : values.indexOf(value);
      return at < 0 ? null : (hashed?.ids[at] ?? at);
    }
  }
}

/** Returns the whole number below `count` that a name ends with, after `start`; undefined where it does not. */
export function numberAfter(start: string, name: string, count: number): number | undefined {
  const number = Number(name.slice(start.length) || Number.NaN);
  return number < count && name === `${start}${number}` ? number : undefined;
}

/**
 * Returns, of a cross's name, the ids of its parts put together. `places` tells of each part what a label means,
 * `dimensions` how many ids it has. A value may hold the sign between parts: every way to cut is tried.
 */
export function placeOfCross(
  name: string,
  places: readonly ((label: string) => Place)[],
  dimensions: readonly number[],
): Place {
  const pieces = name.split(BETWEEN);
  const from = (part: number, first: number, id: number): Place => {
    if (part === places.length) return first === pieces.length ? id : undefined;
    let found: Place;
    for (let end = first + 1; end <= pieces.length; end++) {
      const own = places[part]!(pieces.slice(first, end).join(BETWEEN));
      if (own === undefined) continue;
      const rest = from(part + 1, end, id * dimensions[part]! + (own ?? 0));
      if (own !== null && typeof rest === "number") return rest;
      if (rest !== undefined) found = null;
    }
    return found;
  };
  return from(0, 0, 0);
}

/** Between the names of a cross's parts. */
export const BETWEEN = " × ";
