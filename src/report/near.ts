/** Letters that are compared; the rest of a long name is left out. */
const LONGEST = 60;

/** Returns the names that are the fewest edits away from one, the nearest first. */
export function nearest(name: string, names: readonly string[], most: number): string[] {
  const wanted = name.slice(0, LONGEST);
  return [...new Set(names)]
    .map((it) => ({ it, edits: edits(it.slice(0, LONGEST), wanted) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, most)
    .map(({ it }) => it);
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
