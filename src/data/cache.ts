import { OptionError } from "../errors.js";
import type { FeatureSpace } from "../features/space.js";
import { isCount, parseSpaceState } from "../model/packing.js";
import { platform } from "../platform.js";
import type { BlockStore } from "./blocks.js";
import { CacheFile, CacheProblem, CacheWriter, NoCache } from "./cachefile.js";
import type { RowReader, Tally } from "./reader.js";
import type { Input } from "./source.js";

export const CACHE_SUFFIX = ".nought-cache";
/** Of the beginning, the middle and the end of an input so many bytes tell it from others. */
const PIECE = 1 << 16;

/** What became of a cache that was asked for. */
export interface CacheReport {
  path: string;
  /** Whether rows were read from it instead of the text, and whether it was written. */
  isRead: boolean;
  isWritten: boolean;
  /** Why one that was there was not used, or why none was written; null where there is nothing to tell. */
  reason: string | null;
}

/** What a cache says of its rows. */
interface Content {
  /** Of what they are. */
  inputs: Identity[];
  settings: string;
  /** What was met when they were parsed. */
  rows: number;
  tally: Tally;
  declared: number;
  /** Of the table whose columns they have. */
  slots: number;
  space: { definition: unknown; learned: unknown } | null;
}

interface Identity {
  name: string;
  size: number;
  modified: number;
  sum: number;
}

/**
 * The rows of a stream as they were once parsed, in a file beside the input: read from there in every later pass and by
 * later runs, with the same result. One that is not of the same input and options, or is damaged, is written anew; a file that
 * is no cache is left alone.
 */
export class Cache {
  readonly report: CacheReport;
  /** What the feature space learned when the rows were parsed; null before, and where there is none. */
  space: FeatureSpace | null = null;
  #declared = 0;
  #passed = 0;
  readonly #paths: readonly string[];
  readonly #inputs: Identity[];
  readonly #settings: string;
  #file: CacheFile | null = null;

  private constructor(path: string, paths: readonly string[], inputs: Identity[], settings: object) {
    this.report = { path, isRead: false, isWritten: false, reason: null };
    this.#paths = paths;
    this.#inputs = inputs;
    this.#settings = JSON.stringify(settings);
  }

  /**
   * Makes ready; null where no cache is asked for, or an input is not there. `asked`: true for a file beside the first
   * input, or a path. `settings`: all that shapes rows. Throws OptionError where inputs are not plain files, or another kind of
   * file is where the cache would be.
   */
  static async open(asked: true | string | undefined, input: Input, settings: object): Promise<Cache | null> {
    if (asked === undefined) return null;
    const paths = pathsOf(input);
    if (asked !== true && typeof asked !== "string") throw new OptionError("cache: expected true or a file's path");
    const path = asked === true ? paths[0] + CACHE_SUFFIX : asked;
    if (paths.includes(path)) throw new OptionError(`cache ${path} is an input`);
    const inputs = await identify(paths);
    if (!inputs) return null; // reading says what is the matter
    const cache = new Cache(path, paths, inputs, settings);
    await cache.#look();
    return cache;
  }

  /** Declared dimension of the rows that were read from here, 0 before. */
  get declared(): number {
    return this.#declared;
  }

  /** Bytes of the inputs that were not read, since their rows were here. */
  get passed(): number {
    return this.#passed;
  }

  /**
   * Fills a store with all rows: from the cache where it holds them, else as `parse` does, and writes it meanwhile. The
   * store hands over the same blocks.
   */
  async *read(reader: RowReader, store: BlockStore, parse: () => AsyncIterable<void>): AsyncGenerator<void> {
    if (this.report.isWritten && !this.#file) await this.#look();
    let done = 0;
    if (this.#file) {
      try {
        yield* this.#replay(this.#file, reader, store);
        return;
      } catch (error) {
        if (!(error instanceof CacheProblem)) throw error;
        // What came before was good: it is passed over in the text.
        done = store.rows;
        store.rewind();
        store.dictionary?.index();
        await this.#refuse(error.message);
      }
    }
    yield* this.#record(reader, store, parse, done);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  /** Opens the file if it is of the same rows. */
  async #look(): Promise<void> {
    try {
      this.#file = await CacheFile.open(this.report.path);
      if (this.#file) this.#check(this.#file);
    } catch (error) {
      if (!(error instanceof CacheProblem)) throw error;
      if (error instanceof NoCache) {
        throw new OptionError(
          `cache ${this.report.path}: there is a file that is no cache: remove it, or name another`,
        );
      }
      await this.#refuse(error.message);
    }
  }

  #check({ content, ids }: CacheFile): void {
    if (!isContent(content)) throw new CacheProblem("it is damaged");
    const { inputs, settings, space, declared } = content;
    if (settings !== this.#settings) throw new CacheProblem("it was made with other options");
    if (inputs.length !== this.#inputs.length) throw new CacheProblem("it is of other inputs");
    const changed = inputs.findIndex((it, i) => JSON.stringify(it) !== JSON.stringify(this.#inputs[i]));
    if (changed >= 0) throw new CacheProblem(`${this.#paths[changed]} has changed`);
    try {
      this.space = space && parseSpaceState(space);
    } catch (cause) {
      throw new CacheProblem("its feature space is damaged", { cause });
    }
    const areIds = ids
      .slice()
      .sort()
      .every((id, i, sorted) => Number.isInteger(id) && id >= 0 && id < declared && id !== sorted[i - 1]);
    if (!areIds || (this.space && this.space.declared !== declared)) throw new CacheProblem("it is damaged");
  }

  async #refuse(problem: string): Promise<void> {
    this.report.reason ??= `the cache ${this.report.path} is made anew: ${problem}`;
    this.space = null;
    await this.close();
  }

  async *#replay(file: CacheFile, reader: RowReader, store: BlockStore): AsyncGenerator<void> {
    const { rows, tally, declared, slots } = file.content as Content;
    if (slots !== store.table.slots) throw new CacheProblem("it was made with other options");
    number(store, file.ids);
    this.report.isRead = true;
    store.reach(declared);
    const before = this.#passed;
    const length = this.#inputs.reduce((sum, { size }) => sum + size, 0);
    // Where ids past the slots would be numbered, those of the slots are below the dimension.
    const bounds = { rows: store.size.rows, slots: store.dictionary ? Math.min(slots, declared) : slots };
    for await (const { block, share } of file.blocks(bounds)) {
      store.take(block);
      store.share = share;
      this.#passed = before + share * length;
      yield;
    }
    if (store.rows !== rows) throw new CacheProblem("it lacks rows");
    Object.assign(reader.tally, tally);
    this.#declared = declared;
  }

  /** `done`: rows that the store has handed over before. */
  async *#record(
    reader: RowReader,
    store: BlockStore,
    parse: () => AsyncIterable<void>,
    done: number,
  ): AsyncGenerator<void> {
    let writer: CacheWriter | null = null;
    /** Does a part of the writing. What fails there costs only the cache. */
    const attempt = async (work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        await writer?.discard().catch(() => {});
        writer = null;
        this.report.reason = `the cache ${this.report.path} was not written: ${(error as Error).message}`;
      }
    };
    await attempt(async () => {
      writer = await CacheWriter.begin(this.report.path);
    });
    store.tap = (block) => {
      writer?.add(block, store.table.slots);
      return block.first >= done;
    };
    try {
      for await (const _ of parse()) {
        await attempt(async () => writer?.drain());
        yield;
      }
      store.flush();
      await attempt(async () => {
        if (!writer) return;
        const now = await identify(this.#paths);
        if (JSON.stringify(now) !== JSON.stringify(this.#inputs)) throw new Error("the input changed meanwhile");
        const { tally, space } = reader;
        const ids = store.dictionary?.ids ?? new Float64Array();
        // What is updated may have larger ids than these rows.
        const declared = ids.reduce((most, id) => Math.max(most, id + 1), reader.declared);
        const content: Content = {
          ...{
            inputs: this.#inputs,
            settings: this.#settings,
            rows: store.rows,
            tally,
            declared,
            slots: store.table.slots,
          },
          space: space?.state ?? null,
        };
        await (writer as CacheWriter).publish(ids, content);
        writer = null;
        this.report.isWritten = true;
      });
    } finally {
      store.tap = null;
      await (writer as CacheWriter | null)?.discard();
    }
  }
}

/** Gives a store the ids that have numbers, of which it may have the first. */
function number(store: BlockStore, ids: Float64Array): void {
  const { dictionary, table } = store;
  const own = dictionary?.ids ?? [];
  if (ids.some((id) => id < table.slots) || (!dictionary && ids.length > 0)) throw new CacheProblem("it is damaged");
  if (own.length > ids.length || own.some((id, j) => id !== ids[j])) {
    throw new CacheProblem("its columns have other numbers");
  }
  if (store.ids.length < ids.length) store.lengthen("ids", ids.length);
  store.ids.view.set(ids);
}

/** Returns a reader that knows what a cache's rows declare, and how far they go. */
export function readerOver(cache: Cache, reader: RowReader): RowReader {
  const { reading } = reader;
  return {
    ...reader,
    ...(reading && {
      reading: {
        length: () => reading.length(),
        get read() {
          return reading.read + cache.passed;
        },
      },
    }),
    get declared() {
      return Math.max(reader.declared, cache.declared);
    },
  };
}

function isContent(value: unknown): value is Content {
  const { inputs, settings, rows, tally, declared, slots, space } = Object(value) as Partial<Content>;
  const counts = [rows, declared, slots, tally?.rows, tally?.skipped, tally?.unseen];
  return Array.isArray(inputs) && typeof settings === "string" && counts.every(isCount) && typeof space === "object";
}

function pathsOf(input: Input): readonly string[] {
  const inputs = (Array.isArray(input) ? input : [input]) as unknown[];
  return inputs.map((it) => {
    if (it === "-") throw new OptionError("cache: standard input comes only once; a cache is of files");
    if (typeof it !== "string") throw new OptionError("cache: expected the paths of files as input");
    return it;
  });
}

/** Returns what tells the files from others; null where one is not there. Throws OptionError where one is not plain. */
async function identify(paths: readonly string[]): Promise<Identity[] | null> {
  const checksum = await platform().checksum();
  const identities: Identity[] = [];
  for (const path of paths) {
    const file = await platform().inspect(path);
    if (!file) return null;
    try {
      const { size, modified } = file;
      let sum = 0;
      for (const at of [0, Math.floor((size - PIECE) / 2), size - PIECE]) {
        const piece = new Uint8Array(PIECE + 4);
        new DataView(piece.buffer).setUint32(PIECE, sum);
        await file.read(piece.subarray(0, PIECE), Math.max(at, 0));
        sum = checksum(piece);
      }
      identities.push({ name: path.split(/[\\/]/).at(-1)!, size, modified, sum });
    } finally {
      await file.close();
    }
  }
  return identities;
}
