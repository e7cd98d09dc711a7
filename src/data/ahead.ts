import type { Engine } from "../engine/engine.js";
import { type Kernels, NOWHERE } from "../engine/kernels.js";
import type { F32, F64, U32 } from "../engine/memory.js";
import type { TextKernel } from "../engine/texts.js";
import type { Table } from "./blocktypes.js";
import { Lane, type Ways } from "./lane.js";
import { lanesOf, Pieces } from "./pieces.js";
import type { Coding, Store } from "./text.js";

/** Rows of a text: their columns are ids below 2³² − 1 yet, or the slots of a table that others have no numbers behind. */
export interface Parsed {
  rows: number;
  /** The largest index, 0 without any, or where the format's kernel does not tell. */
  largest: number;
  pointers: U32;
  labels: F64;
  /** null where all are 1. */
  weights: F64 | null;
  indices: U32;
  /** null where all are 1. */
  values: F32 | null;
}

/** Bytes of a text that is parsed at once, so that what waits may do so. */
const SHORT = 1 << 15;

/** What texts had so far that rows may do without. */
interface Wants {
  values: boolean;
  weights: boolean;
}

class BlockLane extends Lane {
  readonly #wants: Wants;
  #ways: Required<Ways>;

  constructor(engine: Engine, kernels: Kernels, number: number, { slots, beyond }: Table, wants: Wants) {
    super(engine, kernels, number);
    const { memory } = engine;
    this.#wants = wants;
    this.#ways = {
      values: null,
      weights: null,
      ...{ ids: memory.f64(0), direct: memory.u32(0), hashed: memory.u32(0), limit: 0, score: null },
      ...{ table: beyond === "numbered" ? NOWHERE : slots, mask: beyond === "folded" ? slots - 1 : 0 },
    };
  }

  protected ways(): Ways {
    const values = this.#wants.values ? this.room.values : null;
    const weights = this.#wants.weights ? this.room.weights : null;
    if (values !== this.#ways.values || weights !== this.#ways.weights) this.#ways = { ...this.#ways, values, weights };
    return this.#ways;
  }

  /** Notes what the last run stopped for. */
  note(): void {
    this.#wants.values ||= this.reached("valued") === 1;
    this.#wants.weights ||= this.reached("weighted") === 1;
  }

  get parsed(): Parsed {
    const { pointers, labels, indices } = this.room;
    const { values, weights } = this.#ways;
    return { rows: this.rows, largest: this.largest, pointers, labels, weights, indices, values };
  }
}

type Dense = Pick<Store, "density" | "mayRepeat">;

/** Where rows go. */
interface Blocks {
  append(rows: Parsed): void;
  /** Hears of rows as they are parsed, before they are appended. */
  meet(lane: { largest: number; unseen: number }): void;
}

/** How a text is parsed: by lanes, or bytes from ≤ i < to of it into blocks at once. */
interface Way {
  code: Coding;
  kernel: TextKernel;
  alone(from: number, to: number): number;
}

/** Parses texts on all threads: two sets of lanes take turns, one is read into while the rows of the other go into blocks. */
export class Ahead {
  /** Rows that wait for their blocks. */
  rows = 0;
  readonly portion: number;
  readonly rooms: Store["rooms"];
  /** Lanes in all. */
  readonly lanes: number;
  readonly #pieces: Pieces<BlockLane>;
  readonly #blocks: Blocks;
  /** For a line that came in two chunks, which is a text of its own. */
  readonly #aside: BlockLane;
  #own: readonly BlockLane[];
  #other: readonly BlockLane[];
  #waiting: BlockLane[] = [];

  constructor(engine: Engine, table: Table, blocks: Blocks) {
    const each = lanesOf(engine);
    const wants = { values: false, weights: false };
    const kernels = engine.background!.lanes(2 * each);
    const lanes = kernels.map((it, i) => new BlockLane(engine, it, i + 1, table, wants));
    this.#own = lanes.slice(0, each);
    this.#other = lanes.slice(each);
    this.lanes = lanes.length;
    this.#aside = new BlockLane(engine, engine.kernels, 0, table, wants);
    this.#pieces = new Pieces(engine);
    this.portion = this.#pieces.portion;
    this.rooms = this.#pieces.rooms;
    this.#blocks = blocks;
  }

  /** As Store.parse. */
  parse(text: Uint8Array, from: number, { density, mayRepeat }: Dense, { code, kernel, alone }: Way): number {
    const take = (lane: BlockLane) => {
      const { rows, labels } = lane;
      if (code(labels, 0, rows) < rows) return false;
      lane.note();
      this.#waiting.push(lane);
      this.rows += rows;
      this.#blocks.meet(lane);
      return true;
    };
    return this.#pieces.parse(text, from, {
      ...{ kernel, density, mayRepeat, take },
      lanes: () => this.#begin(),
      meanwhile: () => this.drain(),
      alone: (from, to) => {
        const aside = this.#aside;
        if (to - from <= SHORT && this.#waiting.length > 0 && !this.#waiting.includes(aside)) {
          aside.reserve(SHORT, density, mayRepeat);
          const stopped = this.#pieces.run(aside, kernel, from, to);
          if (take(aside)) return stopped;
        }
        this.drain();
        return alone(from, to);
      },
    });
  }

  #begin(): readonly BlockLane[] {
    [this.#own, this.#other] = [this.#other, this.#own];
    return this.#own;
  }

  /** Puts what waits into blocks. */
  drain(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.rows = 0;
    for (const lane of waiting) this.#blocks.append(lane.parsed);
  }
}
