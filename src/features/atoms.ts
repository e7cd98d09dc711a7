import type { SpaceDefinition } from "./define.js";
import type { SimpleDefinition } from "./kinds.js";

/** The simple features of a space by their definitions as JSON: named ones first, then those inside crosses; equal ones once. */
export function atomsOf({ features }: SpaceDefinition): Map<string, { name: string; definition: SimpleDefinition }> {
  const atoms = new Map<string, { name: string; definition: SimpleDefinition }>();
  const add = (name: string, definition: SimpleDefinition) => {
    const key = JSON.stringify(definition);
    if (!atoms.has(key)) atoms.set(key, { name, definition });
  };
  for (const [name, it] of Object.entries(features)) if (it.kind !== "cross") add(name, it);
  for (const it of Object.values(features)) {
    if (it.kind !== "cross") continue;
    for (const part of it.of) if (typeof part !== "string") add(part.column, part);
  }
  return atoms;
}

/** All columns that a space's features read, derived ones too. */
export function columnsOf(definition: SpaceDefinition): Set<string> {
  return new Set([...atomsOf(definition).values()].map((atom) => atom.definition.column));
}
