import type { Engine } from "../engine/engine.js";
import { type Kernels, NOWHERE } from "../engine/kernels.js";
import type { F64, Memory, Slice, U8, U32 } from "../engine/memory.js";
import { type Parse, PROGRESS, type TextKernel } from "../engine/texts.js";
import type { Room } from "./blocktypes.js";
import { DIRECT } from "./dictionary.js";

/** What a run begins with. */
const BEGUN = [PROGRESS.rows, PROGRESS.entries, PROGRESS.columns, PROGRESS.largest, PROGRESS.unseen, PROGRESS.written];

/** How columns are given, and what is done with rows besides. */
export type Ways = Pick<Parse, "ids" | "direct" | "hashed" | "table" | "mask" | "limit" | "score"> &
  Partial<Pick<Parse, "values" | "weights">>;

/** A place where a kernel puts the rows of a text, on whatever thread. */
export abstract class Lane {
  protected readonly memory: Memory;
  protected readonly room: Room & { seen: U32 };
  /** Rows that there is room for. */
  protected most = 0;
  readonly #kernels: Kernels;
  readonly #number: number;
  readonly #progress: U32;
  readonly #scratch: F64;
  /** What kernels are told of all this, and the ways that are in it. */
  #options: Parse | null = null;
  #ways: Ways | null = null;

  /** `number`: which one it is, for kernels with scratch of their own. */
  constructor({ memory }: Engine, kernels: Kernels, number: number) {
    this.memory = memory;
    this.#kernels = kernels;
    this.#number = number;
    this.#progress = memory.u32(Object.keys(PROGRESS).length);
    this.#scratch = memory.f64(1);
    this.room = {
      ...{ pointers: memory.u32(0), labels: memory.f64(0), weights: memory.f64(0) },
      ...{ indices: memory.u32(0), values: memory.f32(0), seen: memory.u32(0) },
    };
  }

  /** The same object as long as they are the same. */
  protected abstract ways(): Ways;
  /** Makes room for what else there is of each row. */
  protected widen?(rows: number): void;

  /** Makes room for the rows of so many bytes, with so many entries a byte. */
  reserve(bytes: number, density: number, mayRepeat: boolean): void {
    const { room, memory } = this;
    const rows = (bytes >> 1) + 1;
    const entries = Math.ceil(bytes * density);
    // Anew instead of grown: nothing in it is needed any more, and memory that nobody has touched costs nothing.
    const roomy = (had: Slice) => Math.ceil(1.5 * had.length);
    if (room.pointers.length <= rows) {
      this.#ways = null;
      const most = Math.max(rows, roomy(room.labels));
      room.pointers = memory.u32(most + 1);
      room.labels = memory.f64(most);
      room.weights = memory.f64(most);
      this.widen?.(most);
    }
    if (room.indices.length < entries) {
      this.#ways = null;
      const most = Math.max(entries, roomy(room.indices));
      room.indices = memory.u32(most);
      room.values = memory.f32(most);
    }
    const seats = mayRepeat ? 4 * 2 ** Math.ceil(Math.log2(2 * entries)) : 0;
    if (room.seen.length < seats) {
      this.#ways = null;
      room.seen = memory.u32(seats);
    }
    this.most = room.labels.length;
    const ways = this.ways();
    if (ways === this.#ways) return;
    this.#ways = ways;
    this.#options = this.#optionsFor(this.most, ways);
  }

  #optionsFor(most: number, ways: Ways): Parse {
    return {
      ...this.room,
      ...{ least: DIRECT, most, enough: NOWHERE, salt: 0, before: 0, room: this.room.indices.length },
      ...{ progress: this.#progress, number: this.#scratch },
      ...ways,
    };
  }

  /** Parses lines of bytes from ≤ i < to, `most` rows of them, and returns where it stopped, if the kernels do so at once. */
  run(kernel: TextKernel, bytes: U8, from: number, to: number, most?: number): number {
    const progress = this.#progress.view;
    for (const field of BEGUN) progress[field] = 0;
    const o = most === undefined ? this.#options! : this.#optionsFor(most, this.#ways!);
    return kernel(this.#kernels, bytes, from, to, o, this.#number);
  }

  /** What PROGRESS says of the last run. */
  protected reached(what: keyof typeof PROGRESS): number {
    return this.#progress.view[PROGRESS[what]]!;
  }

  /** Rows of the last run, the values among them that were not seen in training, and the largest index. */
  get rows(): number {
    return this.reached("rows");
  }

  get unseen(): number {
    return this.reached("unseen");
  }

  get largest(): number {
    return this.reached("largest");
  }

  /** Labels of the last run, as they stand in memory. */
  get labels(): Float64Array {
    return this.room.labels.view;
  }
}
