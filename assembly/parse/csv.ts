import { NOWHERE } from "../layout";
import { scoreRows } from "../score";
import { Values } from "../sparse";
import { Parse, Plan, Progress } from "../texts";
import { columnOf, LEFT_OUT, mergeRow } from "./columns";
import { encodeRow } from "./encode";
import { run } from "./expression";
import { isWhite, numberIn, UNSURE } from "./number";
import { splitRow } from "./objects";

// How labels are coded, as CODINGS of src/engine/texts.ts.
const AS_THEY_ARE: u32 = 0;
const ONE_AGAINST_ALL: u32 = 1;
// and 2, one against one

/**
 * Parses whole lines of a table's cells from ≤ at < to, each ended by LF or CR LF, as `p` says. Rows go behind those
 * that are there, each id in its column (see columnOf). Stops before the first line that is not plain: of other than
 * p.columns cells, with a line end inside quotes, with a cell that is no number where one is needed or whose
 * number one rounding may not give, a label that cannot be coded or a weight of 0; whose id the tables have no room for;
 * with Ones, that has another value than 1; without o.weights, another weight; whose entries pass o.room; or when o.most
 * rows or o.enough entries are there. Says in o.progress how far it came and returns where it stopped. The last byte is
 * LF, and 16 more can be read.
 */
export function parseCsv<V extends Values>(from: usize, to: usize, o: Parse, p: Plan): usize {
  const pointers = o.pointers;
  const labels = o.labels;
  const weights = o.weights;
  const isMerged = o.seats > 0;
  const most = o.most;
  const enough = o.enough;
  const progress = changetype<Progress>(o.progress);
  let rows = progress.rows;
  let entries = progress.entries;
  let committed = progress.columns;
  let unseen: u32 = 0;
  let line = from;
  progress.reached = committed;
  progress.refused = 0;
  progress.valued = 0;
  progress.weighted = 0;
  while (rows < most && entries < enough && line < to) {
    const lf = splitRow(line, p);
    if (!lf) break;
    const label = labelOf(p);
    const weight = weightOf(p);
    if (label == UNSURE || weight == UNSURE) break;
    let end = encodeRow(p);
    if (end == NOWHERE) break;
    if (!weights && weight != 1) {
      progress.weighted = 1;
      break;
    }
    progress.rows = rows;
    end = placeRow<V>(entries, end, o, p);
    if (end != NOWHERE && isMerged) end = mergeRow<V>(entries, end, o);
    if (end == NOWHERE) break;
    entries = end;
    committed = progress.reached;
    unseen += load<u32>(p.counts);
    store<f64>(labels + (<usize>rows << 3), label);
    if (weights) store<f64>(weights + (<usize>rows << 3), weight);
    ++rows;
    store<u32>(pointers + (<usize>rows << 2), entries);
    line = lf + 1;
  }
  progress.unseen += unseen;
  progress.rows = rows;
  progress.entries = entries;
  progress.columns = committed;
  if (o.score) scoreRows(o);
  return line;
}

/** Returns the label of the line at hand as it is coded; UNSURE where only the host can tell. */
export function labelOf(p: Plan): f64 {
  if (p.target == NOWHERE) return 0;
  let label: f64;
  if (p.program) {
    label = run(p.program, p);
    if (isNaN(label)) return UNSURE;
  } else {
    const cell = p.cells + (<usize>p.target << 3);
    label = numberIn(load<u32>(cell), load<u32>(cell, 4));
    if (label == UNSURE) label = truthOf(load<u32>(cell), load<u32>(cell, 4));
  }
  const coding = p.coding;
  if (label == UNSURE || coding == AS_THEY_ARE) return label;
  if (label == load<f64>(p.numbers)) return 1;
  return coding == ONE_AGAINST_ALL || label == load<f64>(p.numbers, 8) ? -1 : UNSURE;
}

/** 1 for "true" and 0 for "false", in capitals or not and with blanks around; UNSURE otherwise. */
function truthOf(from: usize, to: usize): f64 {
  while (from < to && isWhite(load<u8>(from))) ++from;
  while (to > from && isWhite(load<u8>(to - 1))) --to;
  const four: u32 = load<u32>(from) | 0x20202020;
  if (to - from == 4 && four == 0x65757274) return 1; // true
  return to - from == 5 && four == 0x736c6166 && (load<u8>(from, 4) | 0x20) == 0x65 ? 0 : UNSURE; // fals, e
}

export function weightOf(p: Plan): f64 {
  if (p.weight == NOWHERE) return 1;
  const cell = p.cells + (<usize>p.weight << 3);
  const weight = numberIn(load<u32>(cell), load<u32>(cell, 4));
  return weight > 0 ? weight : UNSURE;
}

/** Puts the entries of p up to `to` in their columns, behind `entries`, and returns where they end; NOWHERE without room. */
function placeRow<V extends Values>(entries: u32, to: u32, o: Parse, p: Plan): u32 {
  const indices = o.indices;
  const values = o.values;
  const ids = p.ids;
  const rowValues = p.values;
  const table = o.table;
  const progress = changetype<Progress>(o.progress);
  const begin = p.isSimple ? 0 : p.room;
  const count = to - begin;
  const from = <usize>begin << 3;
  const last = <usize>to << 3;
  if (entries + count > o.room || (o.seats && count << 1 > o.seats)) return NOWHERE;
  let columns = progress.reached;
  let end = entries;
  for (let k = from; k < last; k += 8) {
    const value = <f32>load<f64>(rowValues + k);
    if (!changetype<V>(0).areStored() && value != 1.0) {
      progress.valued = 1;
      return NOWHERE;
    }
    const id = load<u64>(ids + k);
    const column = id < <u64>table ? <u32>id : columnOf(id, columns, o);
    if (column == NOWHERE) return NOWHERE;
    if (column == LEFT_OUT) continue;
    if (column - table == columns) progress.reached = ++columns;
    store<u32>(indices + (<usize>end << 2), column);
    if (changetype<V>(0).areStored()) store<f32>(values + (<usize>end << 2), value);
    ++end;
  }
  return end;
}
