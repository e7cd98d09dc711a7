import type { Engine } from "../engine/engine.js";
import { copyInto, type U8 } from "../engine/memory.js";
import { BEYOND, type TextKernel } from "../engine/texts.js";
import type { Rooms } from "../platform.js";
import type { Lane } from "./lane.js";

/** Lanes for each thread: so many even out. */
const LANES = 4;
/** Bytes of a text for a lane, at least and about: shorter ones cost more to hand out than to parse. */
const LEAST_PIECE = 1 << 15;
const PIECE = 1 << 18;
/** Bytes that come before workers are started: less is done before they are there. */
const WORTH_THREADS = 1 << 22;

/** A part of a text: lines that one lane parses. */
interface Piece<L> {
  lane: L | null;
  from: number;
  to: number;
  /** Where the lane stopped; null while, or where, it has not parsed it. */
  stopped: number | null;
}

/** What becomes of a text. */
interface Work<L extends Lane> {
  kernel: TextKernel;
  /** Entries a byte, and whether a row may have a column twice. */
  density: number;
  mayRepeat: boolean;
  /** Makes ready for `alone`, with pieces of so many bytes. */
  ready?(longest: number): void;
  /** Chooses lanes for a text's pieces, as many as they may be. */
  lanes(): readonly L[];
  /** Done while workers parse. */
  meanwhile?(): void;
  /** Takes what a lane has parsed. Returns false where it does not suit. */
  take(lane: L): boolean;
  /** Parses here and takes bytes from ≤ i < to of the text, and returns where it stopped. */
  alone(from: number, to: number): number;
}

/** How many lanes a text is given at most; 0 where there are no workers. */
export function lanesOf({ background, runtime }: Engine): number {
  return background ? LANES * runtime.threads : 0;
}

/**
 * Cuts texts into pieces, which lanes parse on all threads ahead of when they are asked for. Rows are taken in their
 * order, and what is in them does not depend on who parsed them.
 */
export class Pieces<L extends Lane> {
  /** Bytes of a text that is worth its while. */
  readonly portion: number;
  /** A text that is read into these is not copied. Memory that threads do not share moves as it grows. */
  readonly rooms?: Rooms;
  /** Where the text at hand is, and where in it that begins. */
  #bytes: U8;
  #shift = 0;
  /** What texts are copied to, and what they may be read into instead. */
  #own: U8;
  #rooms: { bytes: U8; view: Uint8Array }[] = [];
  readonly #engine: Engine;
  readonly #most: number;
  #text: Uint8Array | null = null;
  #pieces: Piece<L>[] = [];
  #read = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#most = lanesOf(engine);
    this.portion = PIECE * Math.max(2, this.#most);
    if (engine.background) this.rooms = (bytes) => this.#roomsFor(bytes);
    this.#bytes = this.#own = engine.memory.u8(0);
  }

  #roomsFor(length: number): [Uint8Array, Uint8Array] {
    const { memory } = this.#engine;
    const room = (bytes: U8) => ({ bytes, view: bytes.view.subarray(0, length) });
    if (this.#rooms.length === 0) this.#rooms = [1, 2].map(() => room(memory.u8(length + BEYOND)));
    return this.#rooms.map(({ view }) => view) as [Uint8Array, Uint8Array];
  }

  /** Takes rows of a text from an offset on, and returns where it stopped. The text may be gone on with from further on. */
  parse(text: Uint8Array, from: number, work: Work<L>): number {
    if (text !== this.#text) this.#begin(text, work);
    let at = from;
    for (const { lane, from, to, stopped } of this.#pieces) {
      if (to <= at) continue;
      const isTaken = lane !== null && stopped !== null && from === at && work.take(lane);
      at = isTaken ? stopped : work.alone(at, to);
      if (at < to) break;
    }
    return at;
  }

  /** Takes a text into memory, and lets lanes parse its pieces if it is long. */
  #begin(text: Uint8Array, { kernel, density, mayRepeat, ...work }: Work<L>): void {
    const { background } = this.#engine;
    this.#text = text;
    this.#read += text.length;
    const shares = this.#read > WORTH_THREADS ? Math.min(this.#most, Math.floor(text.length / LEAST_PIECE)) : 0;
    if (background && this.#read > WORTH_THREADS / 2) background.start();
    this.#pieces = piecesOf(text, shares > 1 ? shares : Math.ceil(text.length / PIECE));
    const longest = Math.max(...this.#pieces.map(({ from, to }) => to - from));
    work.ready?.(longest);
    const lanes = shares > 1 ? work.lanes().slice(0, this.#pieces.length) : [];
    for (const lane of lanes) lane.reserve(longest, density, mayRepeat);
    this.#place(text);
    if (lanes.length === 0) return;
    for (const [i, lane] of lanes.entries()) {
      const piece = this.#pieces[i]!;
      piece.lane = lane;
      this.run(lane, kernel, piece.from, piece.to);
    }
    const calls = background!.launch();
    let addresses: number[];
    try {
      work.meanwhile?.();
    } finally {
      addresses = background!.finish(calls);
    }
    // A kernel returns the address where it stopped.
    addresses.forEach((address, i) => {
      this.#pieces[i]!.stopped = (address >>> 0) - this.#bytes.pointer - this.#shift;
    });
  }

  /** Says where a text is, and copies it there unless it was read into a room. */
  #place(text: Uint8Array): void {
    const room = this.#rooms.find(({ view }) => view.buffer === text.buffer && holds(view, text));
    if (room) {
      this.#bytes = room.bytes;
      this.#shift = text.byteOffset - room.view.byteOffset;
      return;
    }
    if (this.#own.length < text.length + BEYOND) this.#own = this.#engine.memory.u8(text.length + BEYOND);
    this.#bytes = this.#own;
    this.#shift = copyInto(this.#own, text);
  }

  /** Lets a lane parse bytes from ≤ i < to of the text at hand, `most` rows of them. Returns where it stopped, if it does so at once. */
  run(lane: L, kernel: TextKernel, from: number, to: number, most?: number): number {
    return lane.run(kernel, this.#bytes, from + this.#shift, to + this.#shift, most) - this.#shift;
  }
}

/** Cuts a text at line ends into so many pieces of about the same length, or fewer. */
function piecesOf<L>(text: Uint8Array, count: number): Piece<L>[] {
  const pieces: Piece<L>[] = [];
  for (let from = 0, i = 1; from < text.length; i++) {
    const wanted = Math.max(from, Math.floor((text.length * i) / count) - 1);
    const to = i < count ? text.indexOf(10, wanted) + 1 : text.length;
    pieces.push({ lane: null, from, to, stopped: null });
    from = to;
  }
  return pieces;
}

/** Whether one of two views of the same memory holds the other. */
function holds(view: Uint8Array, other: Uint8Array): boolean {
  const from = other.byteOffset - view.byteOffset;
  return from >= 0 && from + other.length <= view.length;
}
