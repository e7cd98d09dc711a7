import type { Slice } from "../engine/memory.js";
import { type Draft, type OpenFile, platform } from "../platform.js";
import type { Block, PackedBlock } from "./blocktypes.js";

// A cache of a stream's rows, version 2, little-endian:
//
//     offset      bytes
//     0           8      magic: "nt-rows", version
//     8           …      blocks
//     T           8·C    ids that have numbers, f64
//     T + 8·C     J      what the rows are of, and what was met on the way: JSON in UTF-8
//     end − 16    4      CRC-32 (ISO 3309) of all from T to here
//     end − 12    4      C
//     end − 8     4      J
//     end − 4     4      magic: "end" and a line end
//
// A block of R rows and E entries, its arrays as kernels have them:
//
//     0           4      CRC-32 of the rest of the block
//     4           4      R
//     8           4      E
//     12          4      1 if it has values, + 2 if it has weights
//     16          4      N, numbers given by its end, at most C
//     20          8·R    labels, f64
//     …           8·R    weights, f64, if it has them
//     …           4·R+4  pointers, u32
//     …           4·E    indices, u32: slots of the table, numbers behind them; below slots + N
//     …           4·E    values, f32, if it has them
//
// Nothing is believed before its checksum is right, and no length that the file's own does not bear out.

const MAGIC = [...new TextEncoder().encode("nt-rows")];
const END = [...new TextEncoder().encode("end\n")];
const VERSION = 2;
const START = 8;
const FOOTER = 16;
const BLOCK_HEADER = 20;
const [VALUED, WEIGHTED] = [1, 2];
/** Read and written at once. */
const WINDOW = 1 << 22;

/** What blocks must keep to. */
export interface Bounds {
  rows: number;
  /** Of the table. */
  slots: number;
}

/** A cache that cannot be used as it is; the message says why. */
export class CacheProblem extends Error {}

/** A file that never was a cache: somebody else's, it seems. */
export class NoCache extends CacheProblem {}

/** A cache's file, of which all but the blocks has been read. */
export class CacheFile {
  /** Ids that have numbers. */
  readonly ids: Float64Array;
  /** What its writer was given. */
  readonly content: unknown;
  readonly #file: OpenFile;
  /** Where the blocks end. */
  readonly #end: number;
  readonly #checksum: Checksum;

  private constructor(file: OpenFile, end: number, ids: Float64Array, content: unknown, checksum: Checksum) {
    this.#file = file;
    this.#end = end;
    this.ids = ids;
    this.content = content;
    this.#checksum = checksum;
  }

  /** Opens a cache; null where there is no file. Throws CacheProblem. */
  static async open(path: string): Promise<CacheFile | null> {
    const file = await platform().inspect(path);
    if (!file) return null;
    try {
      return await CacheFile.#read(file, await platform().checksum());
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  static async #read(file: OpenFile, checksum: Checksum): Promise<CacheFile> {
    const start = await readAt(file, 0, Math.min(START, file.size));
    if (start.some((byte, i) => i < MAGIC.length && byte !== MAGIC[i])) throw new NoCache("it is no cache");
    expect(file.size >= START + FOOTER, "it is cut short");
    if (start[7] !== VERSION) throw new CacheProblem(`it is of version ${start[7]}, this is version ${VERSION}`);
    const footer = new DataView((await readAt(file, file.size - FOOTER, FOOTER)).buffer);
    expect(
      END.every((byte, i) => footer.getUint8(12 + i) === byte),
      "it is cut short",
    );
    const [numbers, length] = [footer.getUint32(4, true), footer.getUint32(8, true)];
    const end = file.size - FOOTER - length - 8 * numbers;
    expect(end >= START, "its lengths do not add up");
    const tail = await readAt(file, end, 8 * numbers + length);
    expect(checksum(tail) === footer.getUint32(0, true), "its checksum does not match");
    const ids = new Float64Array(tail.buffer, 0, numbers);
    return new CacheFile(file, end, ids, parse(tail.subarray(8 * numbers)), checksum);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** How much of the file lies before byte `at`, from 0 to 1. */
  #shareOf(at: number): number {
    return at / this.#end;
  }

  /**
   * Reads the blocks in order, the next of them while those at hand are looked at. Each is valid until the next is asked
   * for. Throws CacheProblem at the first that is damaged or out of bounds.
   */
  async *blocks(bounds: Bounds): AsyncGenerator<{ block: PackedBlock; share: number }> {
    const most = Math.min(WINDOW, this.#end - START);
    let [window, spare] = [new Uint8Array(most), new Uint8Array(most)];
    let reading: Promise<Uint8Array> | null = null;
    let numbers = 0;
    try {
      for (let at = START; at < this.#end; ) {
        let bytes = await (reading ?? this.#window(window, at));
        const first = this.#lengthOf(bytes, 0, at);
        if (first > bytes.length) {
          window = new Uint8Array(first + (first >> 1));
          bytes = await this.#window(window, at);
          expect(first <= bytes.length, "it is cut short");
        }
        let whole = 0;
        for (let next = first; whole + next <= bytes.length; next = this.#lengthOf(bytes, whole, at + whole)) {
          whole += next;
          if (bytes.length - whole < BLOCK_HEADER) break;
        }
        const from = at;
        at += whole;
        reading = at < this.#end ? this.#window(spare, at) : null;
        for (let offset = 0; offset < whole; ) {
          const length = this.#lengthOf(bytes, offset, from + offset);
          const block = this.#unpack(bytes.subarray(offset, offset + length), bounds, numbers);
          numbers = block.numbers;
          offset += length;
          yield { block, share: this.#shareOf(from + offset) };
        }
        [window, spare] = [spare, window];
      }
    } finally {
      await reading?.catch(() => {});
    }
  }

  /** Fills a buffer with what follows byte `at`. */
  async #window(buffer: Uint8Array, at: number): Promise<Uint8Array> {
    const wanted = buffer.subarray(0, Math.min(buffer.length, this.#end - at));
    expect((await this.#file.read(wanted, at)) === wanted.length, "it is cut short");
    return wanted;
  }

  /** Returns the length of the block at an offset of a window, which is byte `at` of the file. */
  #lengthOf(bytes: Uint8Array, offset: number, at: number): number {
    expect(bytes.length - offset >= BLOCK_HEADER, "it is cut short");
    const [, rows, entries, flags] = new Uint32Array(bytes.buffer, bytes.byteOffset + offset, 5) as unknown as Header;
    const length = blockLength(rows, entries, flags);
    expect(rows > 0 && flags <= (VALUED | WEIGHTED) && length <= this.#end - at, "its lengths do not add up");
    return length;
  }

  /** `before`: numbers given before the block. */
  #unpack(bytes: Uint8Array, bounds: Bounds, before: number): PackedBlock {
    const [sum, rows, entries, flags, numbers] = new Uint32Array(
      bytes.buffer,
      bytes.byteOffset,
      5,
    ) as unknown as Header;
    expect(this.#checksum(bytes.subarray(4)) === sum, "a checksum does not match");
    let at = BLOCK_HEADER;
    const part = (length: number) => {
      at += length;
      return bytes.subarray(at - length, at);
    };
    const labels = part(8 * rows);
    const weights = flags & WEIGHTED ? part(8 * rows) : null;
    const pointers = part(4 * rows + 4);
    const indices = part(4 * entries);
    const values = flags & VALUED ? part(4 * entries) : null;
    expect(rows <= bounds.rows && numbers >= before && numbers <= this.ids.length, "a block is out of bounds");
    const starts = new Uint32Array(pointers.buffer, pointers.byteOffset, rows + 1);
    const own = new Uint32Array(indices.buffer, indices.byteOffset, entries);
    expect(ascends(starts, entries) && largestOf(own) < bounds.slots + numbers, "a block is out of bounds");
    return { rows, entries, numbers, labels, weights, pointers, indices, values };
  }
}

type Checksum = (bytes: Uint8Array) => number;
type Header = [sum: number, rows: number, entries: number, flags: number, numbers: number];

/** Writes a cache. Blocks are copied when they are added, and written as they gather. */
export class CacheWriter {
  readonly #draft: Draft;
  readonly #checksum: Checksum;
  #gathered = new Uint8Array(WINDOW);
  #spare = new Uint8Array(WINDOW);
  #length = START;
  #numbers = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(draft: Draft, checksum: Checksum) {
    this.#draft = draft;
    this.#checksum = checksum;
    this.#gathered.set([...MAGIC, VERSION]);
  }

  /** Begins a file. Throws what the platform throws, as do the other methods. */
  static async begin(path: string): Promise<CacheWriter> {
    const checksum = await platform().checksum();
    return new CacheWriter(await platform().draft(path), checksum);
  }

  /** `slots`: columns before those that are numbered in the order in which they are met. */
  add({ rows, count, entries }: Block, slots: number): void {
    const columns = largestOf(rows.indices.view.subarray(0, entries)) + 1;
    this.#numbers = Math.max(this.#numbers, columns - slots);
    const flags = (rows.values ? VALUED : 0) | (rows.weights ? WEIGHTED : 0);
    const length = blockLength(count, entries, flags);
    const bytes = this.#room(length);
    let at = BLOCK_HEADER;
    const part = (slice: Slice | null, bytesOf: number) => {
      if (!slice) return;
      const { buffer, byteOffset } = slice.view;
      bytes.set(new Uint8Array(buffer, byteOffset, bytesOf), at);
      at += bytesOf;
    };
    part(rows.labels, 8 * count);
    part(rows.weights, 8 * count);
    part(rows.pointers, 4 * count + 4);
    part(rows.indices, 4 * entries);
    part(rows.values, 4 * entries);
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    writeInto(header, 4, [count, entries, flags, this.#numbers]);
    writeInto(header, 0, [this.#checksum(bytes.subarray(4))]);
  }

  /** Writes what has gathered, if that is much. */
  async drain(): Promise<void> {
    if (this.#length >= WINDOW / 2) await this.#flush();
  }

  /** Ends the file: `content` is anything that JSON can hold. */
  async publish(ids: Float64Array, content: unknown): Promise<void> {
    const json = new TextEncoder().encode(JSON.stringify(content));
    const bytes = this.#room(8 * ids.length + json.length + FOOTER);
    const tail = bytes.subarray(0, -FOOTER);
    tail.set(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
    tail.set(json, 8 * ids.length);
    const footer = new DataView(bytes.buffer, bytes.byteOffset + tail.length);
    writeInto(footer, 0, [this.#checksum(tail), ids.length, json.length]);
    bytes.set(END, tail.length + 12);
    await this.#flush();
    await this.#writing;
    await this.#draft.publish();
  }

  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#draft.discard();
  }

  /** Takes so many bytes behind those gathered. */
  #room(length: number): Uint8Array {
    const need = this.#length + length;
    if (need > this.#gathered.length) {
      const grown = new Uint8Array(Math.max(need, 2 * this.#gathered.length));
      grown.set(this.#gathered.subarray(0, this.#length));
      this.#gathered = grown;
    }
    const bytes = this.#gathered.subarray(this.#length, need);
    this.#length = need;
    return bytes;
  }

  /** Begins to write what has gathered, when what was before it is written. */
  async #flush(): Promise<void> {
    await this.#writing;
    const bytes = this.#gathered.subarray(0, this.#length);
    this.#writing = this.#draft.write(bytes);
    this.#writing.catch(() => {}); // awaited before the next
    [this.#gathered, this.#spare] = [this.#spare, this.#gathered];
    this.#length = 0;
  }
}

function blockLength(rows: number, entries: number, flags: number): number {
  const [values, weights] = [flags & VALUED ? 1 : 0, flags & WEIGHTED ? 1 : 0];
  return BLOCK_HEADER + 8 * rows * (1 + weights) + 4 * (rows + 1) + 4 * entries * (1 + values);
}

/** Whether pointers begin with 0, never fall, and end with `last`. */
function ascends(pointers: Uint32Array, last: number): boolean {
  let isRising = pointers[0] === 0 && pointers.at(-1) === last;
  for (let i = 1; i < pointers.length; i++) if (pointers[i]! < pointers[i - 1]!) isRising = false;
  return isRising;
}

/** Returns the largest of indices, −1 where there is none. */
function largestOf(indices: Uint32Array): number {
  let largest = -1;
  for (let k = 0; k < indices.length; k++) if (indices[k]! > largest) largest = indices[k]!;
  return largest;
}

function writeInto(view: DataView, at: number, numbers: number[]): void {
  for (const [i, it] of numbers.entries()) view.setUint32(at + 4 * i, it, true);
}

async function readAt(file: OpenFile, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  expect((await file.read(bytes, at)) === length, "it is cut short");
  return bytes;
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw new CacheProblem("it is damaged", { cause });
  }
}

function expect(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new CacheProblem(problem);
}
