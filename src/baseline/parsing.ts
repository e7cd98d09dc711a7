import { type Kernels, NOWHERE } from "../engine/kernels.js";
import { LEFT_OUT, type Parse, PROGRESS } from "../engine/texts.js";
import { HASH_KEY, slotOf } from "../keyed.js";
import { CLOSED, foldId, isAdmitted } from "../slots.js";

/** As columnOf of assembly/parse/columns.ts; o.progress counts the columns reached. */
export function columnOf(id: number, o: Parse): number {
  const { ids, direct, hashed, least, table, mask } = o;
  if (id < table) return id;
  if (mask > 0 && id > mask) return columnOf(foldId(id, mask + 1), o);
  const progress = o.progress.view;
  const isLarge = id >= direct.length;
  if (isLarge && id < least) return o.limit === CLOSED ? LEFT_OUT : refuse(id, o);
  const isLeftOut = () => !isAdmitted(id, o.before + progress[PROGRESS.rows]!, o);
  if (isLarge && hashed.length === 0) return isLeftOut() ? LEFT_OUT : refuse(id, o);
  const numbered = isLarge ? hashed.view : direct.view;
  const slot = isLarge ? slotOf(id, numbered, ids.view) : id;
  const known = numbered[slot]!;
  if (known > 0) return table + known - 1;
  if (isLeftOut()) return LEFT_OUT;
  if (isLarge) {
    if (2 * progress[PROGRESS.hashed]! >= hashed.length) return refuse(id, o);
    progress[PROGRESS.hashed]!++;
  }
  const number = progress[PROGRESS.reached]!++;
  numbered[slot] = number + 1;
  ids.view[number] = id;
  return table + number;
}

/** As numberEntries of assembly/parse/columns.ts. */
export const numberEntries: Kernels["numberEntries"] = (from, to, o) => {
  const indices = o.indices.view;
  let k = from;
  for (; k < to; k++) {
    const column = columnOf(indices[k]!, o);
    if (column === NOWHERE) break;
    indices[k] = column;
  }
  return k;
};

function refuse(id: number, o: Parse): number {
  o.progress.view[PROGRESS.refused] = 1;
  o.number.view[0] = id;
  return NOWHERE;
}

/** As mergeRow of assembly/parse/columns.ts. */
export function mergeRow(start: number, end: number, o: Parse): number {
  const [indices, values, seen] = [o.indices.view, o.values?.view, o.seen.view];
  const progress = o.progress.view;
  const shift = Math.clz32((end - start) * 2 - 1);
  const mask = 0xffffffff >>> shift;
  let stamp = (progress[PROGRESS.stamp]! + 1) >>> 0;
  if (stamp === 0) {
    seen.fill(0);
    stamp = 1;
  }
  progress[PROGRESS.stamp] = stamp;
  let kept = start;
  for (let k = start; k < end; k++) {
    const column = indices[k]!;
    let seat = Math.imul(column, HASH_KEY | 1) >>> shift;
    while (seen[seat * 4] === stamp && seen[seat * 4 + 1] !== column) seat = (seat + 1) & mask;
    if (seen[seat * 4] === stamp) {
      if (!values) {
        progress[PROGRESS.valued] = 1;
        return NOWHERE;
      }
      const first = seen[seat * 4 + 2]!;
      const sum = Math.fround(values[first]! + values[k]!);
      if (!Number.isFinite(sum)) return NOWHERE;
      values[first] = sum;
      continue;
    }
    seen[seat * 4] = stamp;
    seen[seat * 4 + 1] = column;
    seen[seat * 4 + 2] = kept;
    indices[kept] = column;
    if (values) values[kept] = values[k]!;
    kept++;
  }
  return kept;
}

export const copy: Kernels["copy"] = (x, from, to, out, at) => {
  out.view.set(x.view.subarray(from, to), at);
};
