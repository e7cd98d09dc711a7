import { NOWHERE } from "../layout";
import { scoreRows } from "../score";
import { Values } from "../sparse";
import { Parse, Progress } from "../texts";
import { dropLeftOut, mergeRow, numberEntries } from "./columns";
import { BLANK, COLON, CR, countDigits, digitsOf, isBlank, isEnd, LF, numberOf, parseNumber, parseValue, ZERO } from "./text";

/**
 * Parses whole lines `label index:value …` of bytes from ≤ at < to, each ended by LF or CR LF, in their plain form:
 * ascending indices from 1 to 2³² − 1, numbers of at most 15 digits that one multiplication or division by a power of
 * ten gives exactly rounded. Rows go behind those that are there, each id in its column (see columnOf). Zeros are left
 * out. Stops before the first line that is anything else, such as a comment or an error; whose id the tables have no room
 * for; with Ones, that has another value than 1 and 0; or when o.most rows or o.enough entries are there. Says in
 * o.progress how far it came and returns where it stopped. The last byte is LF, and 8 more can be read; indices and
 * values have room for an entry, and ids for a column, every 4 bytes.
 */
export function parseSvmlight<V extends Values>(from: usize, to: usize, o: Parse): usize {
  const pointers = o.pointers;
  const labels = o.labels;
  const indices = o.indices;
  const values = o.values;
  const number = o.number;
  const table = o.table;
  const isMerged = o.seats > 0;
  const isChosen = o.limit > 0;
  const most = o.most;
  const enough = o.enough;
  const progress = changetype<Progress>(o.progress);
  let rows = progress.rows;
  let entries = progress.entries;
  let largest = progress.largest;
  let committed = progress.columns;
  let line = from;
  progress.reached = committed;
  progress.refused = 0;
  progress.valued = 0;
  while (rows < most && entries < enough && line < to) {
    let at = parseNumber(line, number);
    if (!at) break;
    const label = load<f64>(number);
    let last: u32 = 0;
    let end = entries;
    let isPlain = false;
    for (;;) {
      // What ended the number before is a blank or the line's end.
      const bytes = load<u64>(at);
      const byte = <u32>bytes & 0xff;
      if (byte - ZERO > 9) {
        if (isBlank(byte)) {
          ++at;
          continue;
        }
        at += usize(byte == CR);
        isPlain = load<u8>(at) == LF;
        break;
      }
      let index: u64 = 0;
      const chunk = digitsOf(bytes);
      const length = countDigits(chunk);
      if (length < 8) {
        index = numberOf(chunk, length);
        at += length;
      } else {
        for (let digit = byte - ZERO; digit < 10; digit = <u32>load<u8>(at) - ZERO) {
          index = index * 10 + digit;
          if (index > u32.MAX_VALUE) break;
          ++at;
        }
        if (index > u32.MAX_VALUE) break;
      }
      if (<u32>index <= last || load<u8>(at) != COLON) break;
      last = <u32>index;
      ++at;

      let value: f32 = 1.0;
      const two: u32 = load<u16>(at);
      if (two == (ZERO + 1 | (BLANK << 8))) at += 2; // most often: the next index begins there
      else if ((two & 0xff) == ZERO + 1 && isEnd(two >> 8)) ++at;
      else {
        at = parseValue(two, at, number);
        if (!at) break;
        value = <f32>load<f64>(number);
        if (value == 0.0) continue;
        if (!changetype<V>(0).areStored() && value != 1.0) {
          progress.valued = 1;
          break;
        }
      }

      store<u32>(indices + (<usize>end << 2), last - 1);
      if (changetype<V>(0).areStored()) store<f32>(values + (<usize>end << 2), value);
      ++end;
    }
    if (!isPlain) break;
    progress.rows = rows;
    // In a table, ids are columns up to its end.
    if (!table || last > table) {
      if (numberEntries(entries, end, o) < end) break;
      if (isChosen) end = dropLeftOut<V>(entries, end, o);
    }
    if (isMerged) {
      end = mergeRow<V>(entries, end, o);
      if (end == NOWHERE) break;
    }
    largest = max(largest, last);
    entries = end;
    committed = progress.reached;
    store<f64>(labels + (<usize>rows << 3), label);
    ++rows;
    store<u32>(pointers + (<usize>rows << 2), entries);
    line = at + 1;
  }
  progress.rows = rows;
  progress.entries = entries;
  progress.columns = committed;
  progress.largest = largest;
  if (o.score) scoreRows(o);
  return line;
}
