/** Letters that are compared; the rest of a long name is left out. */
const LONGEST = 60;

/** Returns the names that are the fewest edits away from one, the nearest first. */
export function nearest(name: string, names: readonly string[], most: number): string[] {
  return ranked(name, names)
    .slice(0, most)
    .map(({ it }) => it);
}

/** Returns the name that another was meant to be, as far as one can tell: no more than a third of its letters differ. */
export function meant(name: string, names: readonly string[]): string | null {
  const [first] = ranked(name, names);
  return first && first.edits <= name.length / 3 ? first.it : null;
}

/** Names by how many edits they are away from one; small and capital letters are the same. */
function ranked(name: string, names: readonly string[]): { it: string; edits: number }[] {
  const wanted = name.slice(0, LONGEST).toLowerCase();
  return [...new Set(names)]
    .map((it) => ({ it, edits: edits(it.slice(0, LONGEST).toLowerCase(), wanted) }))
    .sort((a, b) => a.edits - b.edits);
}

/** Letters put in, left out or changed between two texts (Levenshtein, 1966). */
function edits(a: string, b: string): number {
  let line = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(line[j]! + 1, next[j - 1]! + 1, line[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    }
    line = next;
  }
  return line[b.length]!;
}
