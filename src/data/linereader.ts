import type { Loss } from "../engine/kernels.js";
import type { TextKernel } from "../engine/texts.js";
import { DataError } from "../errors.js";
import type { Entries } from "../features/entries.js";
import { textOf } from "./bytes.js";
import { LabelCoder } from "./label.js";
import { Lines } from "./lines.js";
import { placed, type RowReader, type RowSink, type Tally, Tolerance } from "./reader.js";
import { type Input, openSources } from "./source.js";
import type { Coding, Store } from "./text.js";

export interface LineOptions {
  loss: Loss;
  /** The label that means "yes", all others "no"; without it 1 against 0 or −1. */
  positive?: number;
  /** How many bad lines to leave out before giving up. Default 0. */
  skipBad?: number;
  /** For messages; by default what the input tells of itself. */
  name?: string;
  /** Whether the input will be read more than once. */
  keep: boolean;
}

/** Parses one line in whatever form it has. */
export interface LineParser {
  readonly entries: Entries;
  readonly label: number;
  readonly weight: number;
  /** Largest index met in the line, 0 when it has no entries. */
  readonly largest: number;
  /** Offset of what an error is about: of the line's first byte when it is good. */
  readonly at: number;
  /** Returns false when the line holds no row. Throws DataError, without a place. */
  parse(bytes: Uint8Array, from: number, to: number): boolean;
}

/** Text whose every line is a row or nothing. */
export interface LineFormat {
  parser(): LineParser;
  /** Parses lines in their plain form, as the parser would. */
  kernel: TextKernel;
  /** What its lines are like, for messages. */
  expected: string;
  /** Whether a row may hold a column twice; the parser adds them up. */
  mayRepeat: boolean;
  /** As in RowReader. */
  vwBits: number | null;
}

/** Lines that are read singly, at most, before the kernel is asked again. */
const LONGEST_PAUSE = 63;
/** Taking fewer rows at once costs more than to read them singly. */
const FEW = 4;

/** Reads rows from lines of text: plain ones by a kernel where rows go to a store, all others one by one. */
export function lineReader(input: Input, options: LineOptions, format: LineFormat): RowReader {
  const sources = openSources(input, options);
  const tally: Tally = { rows: 0, skipped: 0, unseen: 0 };
  let largest = 0;

  async function* read(sink: RowSink, store?: Store): AsyncGenerator<void> {
    const labels = new LabelCoder(options.loss, options.positive);
    const tolerance = new Tolerance(options.skipBad ?? 0);
    let lines = new Lines(sources.name);
    const row = format.parser();
    if (store && format.mayRepeat) store.mayRepeat = true;
    tally.rows = 0;
    /** Reads the next line in whatever form it has. Returns false when there is none. */
    const readLine = (): boolean => {
      if (!lines.next()) return false;
      try {
        if (!row.parse(lines.bytes, lines.from, lines.to)) return true;
        const label = labels.code(row.label);
        largest = Math.max(largest, row.largest);
        sink(row.entries, label, row.weight, tally.rows++);
      } catch (error) {
        const { bytes, from, to, number } = lines;
        const text = () => textOf(bytes, from, Math.min(to, row.at + 200));
        const column = () => textOf(bytes, from, row.at).length + 1;
        tolerance.refuse(placed(error, () => ({ source: lines.name, line: number, column: column(), text: text() })));
      }
      return true;
    };
    // Where the kernel finds next to nothing to take, it is asked less and less often.
    let [pause, due] = [0, 0];
    const drain = () => {
      do {
        if (!store || due-- > 0) continue;
        pause = readPlain(store, lines, labels) >= FEW ? 0 : Math.min(2 * pause + 1, LONGEST_PAUSE);
        due = pause;
      } while (readLine());
      tally.skipped = tolerance.skipped;
    };
    const length = store ? await sources.length() : null;
    let begun = 0;
    for (const source of sources.parts) {
      lines = new Lines(source.name);
      for await (const chunk of source.chunks(store?.rooms)) {
        if (store && length) store.share = Math.min(begun / length, 1);
        begun += chunk.length;
        lines.push(chunk);
        drain();
        yield;
      }
      lines.finish();
      drain();
    }
    if (tally.rows === 0) throw new DataError(`${sources.name}: no rows; expected lines of "${format.expected}"`);
    yield;
  }

  /** Reads lines in their plain form by a kernel, until one is not. Returns how many rows. */
  function readPlain(store: Store, lines: Lines, coder: LabelCoder): number {
    const code: Coding = (labels, from, to) => coder.codeInto(labels, from, to);
    const first = tally.rows;
    for (;;) {
      const { text, from } = lines.whole(store.portion);
      if (text.length === 0) break;
      const stopped = store.parse(text, from, code, format.kernel);
      lines.skip(stopped - from, store.rows - tally.rows);
      tally.rows = store.rows;
      largest = Math.max(largest, store.largest);
      if (stopped < text.length) break;
    }
    return tally.rows - first;
  }

  return {
    name: sources.name,
    reading: sources,
    read: (sink) => read(sink),
    parse: (store) => read((entries, label, weight) => store.addRow(entries, label, weight), store),
    space: null,
    vwBits: format.vwBits,
    tally,
    get declared() {
      return format.vwBits === null ? largest : 2 ** format.vwBits;
    },
  };
}
