import { MemoryError } from "../errors.js";

export type NumberArray = Float64Array | Float32Array | Uint32Array | Uint8Array;

/** A typed array in an engine's memory. Ask for `view` when you need it and drop it before the next allocation. */
export interface Slice<A extends NumberArray = NumberArray> {
  /** Address in linear memory; 0 when the array is an ordinary one. */
  readonly pointer: number;
  readonly length: number;
  /** The numbers as they are now: memory that grows detaches earlier views. */
  readonly view: A;
}
export type F64 = Slice<Float64Array>;
export type F32 = Slice<Float32Array>;
export type U32 = Slice<Uint32Array>;
export type U8 = Slice<Uint8Array>;

/** Where arrays live that kernels work on. All arrays begin as zeros, but those asked for `raw` as anything. */
export interface Memory {
  f64(length: number, raw?: "raw"): F64;
  f32(length: number, raw?: "raw"): F32;
  u32(length: number, raw?: "raw"): U32;
  u8(length: number, raw?: "raw"): U8;
  /** Returns a longer slice with the same beginning and zeros after it. The old slice is dead. */
  grow<A extends NumberArray>(slice: Slice<A>, length: number): Slice<A>;
  /**
   * Gives the slices that were taken last, in their order, other lengths and returns them anew: each keeps its first
   * `used` numbers, what follows is anything. The old slices are dead.
   */
  resize(slices: readonly Slice[], lengths: readonly number[], used: readonly number[]): Slice[];
  /** Makes the slices that were taken last shorter where they lie, and gives back what is above them. */
  trim(slices: readonly Slice[], lengths: readonly number[]): Slice[];
  /** Returns the present height of the arena, for release. */
  mark(): number;
  /** Frees everything allocated since `mark`. Call it in `finally`. */
  release(mark: number): void;
}

export type Constructor<A extends NumberArray> = {
  new (length: number): A;
  new (buffer: ArrayBufferLike, offset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
};

export class LinearSlice<A extends NumberArray> implements Slice<A> {
  #view: A | null = null;

  constructor(
    readonly memory: LinearMemory,
    readonly type: Constructor<A>,
    readonly pointer: number,
    readonly length: number,
  ) {}

  get view(): A {
    if (this.#view?.buffer !== this.memory.buffer) {
      this.#view = new this.type(this.memory.buffer, this.pointer, this.length);
    }
    return this.#view;
  }
}

const PAGE = 65536;
/** v128 loads and cache lines like 16-byte alignment. */
const ALIGNMENT = 16;
/** All that 32-bit pointers reach, but for the last page: an end of 2³² would be 0. */
const LIMIT = 2 ** 32 - PAGE;

/**
 * An arena over WebAssembly linear memory that nobody else grows: allocation moves one pointer up, release moves it
 * down. Memory costs nothing before it is first written to, so that zeros which are there already are not written.
 */
export class LinearMemory implements Memory {
  readonly memory: WebAssembly.Memory;
  /** As memory.buffer, which is slow to ask for. */
  buffer: ArrayBufferLike;
  #top: number;
  /** From here on every byte is still 0. */
  #clean: number;
  readonly #limit: number;

  /**
   * `base`: first free byte, the module's `__heap_base`; zeros from there on. With a `limit` it is an arena on a part of
   * the memory, which is there already and of which others have the rest.
   */
  constructor(memory: WebAssembly.Memory, base: number, limit = LIMIT) {
    this.memory = memory;
    this.#limit = limit;
    this.buffer = memory.buffer;
    this.#top = align(base);
    this.#clean = this.#top;
  }

  f64(length: number, raw?: "raw"): F64 {
    return this.#new(Float64Array, length, raw);
  }

  f32(length: number, raw?: "raw"): F32 {
    return this.#new(Float32Array, length, raw);
  }

  u32(length: number, raw?: "raw"): U32 {
    return this.#new(Uint32Array, length, raw);
  }

  u8(length: number, raw?: "raw"): U8 {
    return this.#new(Uint8Array, length, raw);
  }

  /** Returns what lies at an address, of whatever arena of this memory. */
  slice<A extends NumberArray>(type: Constructor<A>, pointer: number, length: number): Slice<A> {
    return new LinearSlice(this, type, pointer, length);
  }

  /** Takes `bytes`, zeros unless raw, and returns their address. Throws MemoryError when they are not to be had. */
  allocate(bytes: number, raw?: "raw"): number {
    const pointer = this.#top;
    const clean = this.#take(pointer + bytes);
    if (!raw) this.#clear(pointer, Math.min(pointer + bytes, clean));
    return pointer;
  }

  grow<A extends NumberArray>(slice: Slice<A>, length: number): Slice<A> {
    const old = slice as LinearSlice<A>;
    const size = old.type.BYTES_PER_ELEMENT;
    const isTopmost = align(old.pointer + old.length * size) === this.#top;
    if (isTopmost) {
      const end = old.pointer + length * size;
      const clean = this.#take(end);
      this.#clear(old.pointer + old.length * size, Math.min(end, clean));
      return new LinearSlice(this, old.type, old.pointer, length);
    }
    const grown = this.#new(old.type, length);
    grown.view.set(slice.view);
    return grown;
  }

  resize(slices: readonly Slice[], lengths: readonly number[], used: readonly number[]): Slice[] {
    const olds = slices as LinearSlice<NumberArray>[];
    let end = olds[0]!.pointer;
    const news = olds.map(({ type }, i) => {
      const slice = new LinearSlice(this, type, end, lengths[i]!);
      end = align(end + slice.length * type.BYTES_PER_ELEMENT);
      return slice;
    });
    this.#take(end);
    const bytes = new Uint8Array(this.buffer);
    const move = (i: number) => {
      const { pointer, type } = olds[i]!;
      bytes.copyWithin(news[i]!.pointer, pointer, pointer + used[i]! * type.BYTES_PER_ELEMENT);
    };
    // The last first where they move up, then the first first where they move down: none is written over unmoved.
    for (let i = olds.length - 1; i >= 0; i--) if (news[i]!.pointer > olds[i]!.pointer) move(i);
    for (let i = 0; i < olds.length; i++) if (news[i]!.pointer < olds[i]!.pointer) move(i);
    return news;
  }

  trim(slices: readonly Slice[], lengths: readonly number[]): Slice[] {
    const trimmed = (slices as LinearSlice<NumberArray>[]).map(
      ({ type, pointer }, i) => new LinearSlice(this, type, pointer, lengths[i]!),
    );
    const ends = trimmed.map(({ type, pointer, length }) =>
      length > 0 ? pointer + length * type.BYTES_PER_ELEMENT : 0,
    );
    this.#top = align(Math.max(slices[0]!.pointer, ...ends));
    return trimmed;
  }

  mark(): number {
    return this.#top;
  }

  release(mark: number): void {
    this.#top = mark;
  }

  #new<A extends NumberArray>(type: Constructor<A>, length: number, raw?: "raw"): Slice<A> {
    return new LinearSlice(this, type, this.allocate(length * type.BYTES_PER_ELEMENT, raw), length);
  }

  /** Makes `end` the top and returns where the clean bytes began before. */
  #take(end: number): number {
    const clean = this.#clean;
    this.#reserve(end);
    this.#top = align(end);
    this.#clean = Math.max(clean, this.#top);
    return clean;
  }

  #clear(from: number, to: number): void {
    if (from < to) new Uint8Array(this.buffer, from, to - from).fill(0);
  }

  #reserve(end: number): void {
    const had = this.buffer.byteLength;
    if (end <= Math.min(had, this.#limit)) return;
    // By half as much again where there is room: growing an unshared memory may copy it.
    const wanted = Math.min(Math.max(end, had * 1.5), LIMIT);
    for (const bytes of end <= this.#limit ? [wanted, end] : []) {
      try {
        this.memory.grow(Math.ceil((bytes - had) / PAGE));
        this.buffer = this.memory.buffer;
        return;
      } catch {
        // try the exact size, then give up
      }
    }
    throw new MemoryError(
      `${megabytes(end)} of WebAssembly memory needed, ${megabytes(had)} had; growing it was refused. ` +
        `WebAssembly allows at most ${megabytes(LIMIT)} (4 GiB), a browser or a phone often less; streaming (--stream, streamSvmlight, streamCsv) needs no more than the columns.`,
    );
  }
}

class HostSlice<A extends NumberArray> implements Slice<A> {
  readonly pointer = 0;
  readonly length: number;

  constructor(readonly view: A) {
    this.length = view.length;
  }
}

/** Ordinary typed arrays, for the pure-TypeScript kernels. The garbage collector releases them. */
export class HostMemory implements Memory {
  f64(length: number): F64 {
    return host(Float64Array, length);
  }

  f32(length: number): F32 {
    return host(Float32Array, length);
  }

  u32(length: number): U32 {
    return host(Uint32Array, length);
  }

  u8(length: number): U8 {
    return host(Uint8Array, length);
  }

  grow<A extends NumberArray>(slice: Slice<A>, length: number): Slice<A> {
    const grown = host(slice.view.constructor as Constructor<A>, length);
    grown.view.set(slice.view);
    return grown;
  }

  resize(slices: readonly Slice[], lengths: readonly number[], used: readonly number[]): Slice[] {
    return slices.map((slice, i) => {
      if (lengths[i] === slice.length) return slice;
      const other = host(slice.view.constructor as Constructor<NumberArray>, lengths[i]!);
      other.view.set(slice.view.subarray(0, used[i]!));
      return other;
    });
  }

  trim(slices: readonly Slice[], lengths: readonly number[]): Slice[] {
    return slices.map(({ view }, i) => new HostSlice(view.subarray(0, lengths[i]!)));
  }

  mark(): number {
    return 0;
  }

  release(): void {}
}

function host<A extends NumberArray>(type: Constructor<A>, length: number): Slice<A> {
  return new HostSlice(hostArray(type, length));
}

/** Returns an ordinary typed array of zeros. Throws MemoryError where it is refused. */
export function hostArray<A extends NumberArray>(type: Constructor<A>, length: number): A {
  try {
    return new type(length);
  } catch (cause) {
    throw new MemoryError(`${megabytes(length * type.BYTES_PER_ELEMENT)} needed for one array; it was refused`, {
      cause,
    });
  }
}

/**
 * Copies bytes into a slice and returns where they begin, below 8: JavaScript copies to shared memory eight bytes at a
 * time only where both lie alike between multiples of eight, else one by one, which takes eight times as long.
 */
export function copyInto(slice: U8, bytes: Uint8Array): number {
  const at = bytes.byteOffset % 8;
  slice.view.set(bytes, at);
  return at;
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en-US")} MB`;
}
