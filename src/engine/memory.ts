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
  f64(length: number): F64;
  f32(length: number, raw?: "raw"): F32;
  u32(length: number, raw?: "raw"): U32;
  u8(length: number, raw?: "raw"): U8;
  /** Returns a longer slice with the same beginning and zeros after it. The old slice is dead. */
  grow<A extends NumberArray>(slice: Slice<A>, length: number): Slice<A>;
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

class LinearSlice<A extends NumberArray> implements Slice<A> {
  #view: A | null = null;

  constructor(
    readonly memory: WebAssembly.Memory,
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
/** All that 32-bit pointers reach. */
const LIMIT = 2 ** 32;

/** An arena over WebAssembly linear memory: allocation moves one pointer up, release moves it down. */
export class LinearMemory implements Memory {
  readonly memory: WebAssembly.Memory;
  #top: number;

  /** `base`: first free byte, the module's `__heap_base`. */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.memory = memory;
    this.#top = align(base);
  }

  f64(length: number): F64 {
    return this.#slice(Float64Array, length);
  }

  f32(length: number, raw?: "raw"): F32 {
    return this.#slice(Float32Array, length, raw);
  }

  u32(length: number, raw?: "raw"): U32 {
    return this.#slice(Uint32Array, length, raw);
  }

  u8(length: number, raw?: "raw"): U8 {
    return this.#slice(Uint8Array, length, raw);
  }

  /** Takes `bytes`, zeros unless raw, and returns their address. Throws MemoryError when they are not to be had. */
  allocate(bytes: number, raw?: "raw"): number {
    const pointer = this.#top;
    this.#reserve(pointer + bytes);
    this.#top = align(pointer + bytes);
    if (!raw) new Uint8Array(this.memory.buffer, pointer, bytes).fill(0);
    return pointer;
  }

  grow<A extends NumberArray>(slice: Slice<A>, length: number): Slice<A> {
    const old = slice as LinearSlice<A>;
    const size = old.type.BYTES_PER_ELEMENT;
    const isTopmost = align(old.pointer + old.length * size) === this.#top;
    if (isTopmost) {
      const end = old.pointer + length * size;
      this.#reserve(end);
      const grown = new LinearSlice(this.memory, old.type, old.pointer, length);
      grown.view.fill(0, old.length);
      this.#top = align(end);
      return grown;
    }
    const grown = this.#slice(old.type, length);
    grown.view.set(slice.view);
    return grown;
  }

  mark(): number {
    return this.#top;
  }

  release(mark: number): void {
    this.#top = mark;
  }

  #slice<A extends NumberArray>(type: Constructor<A>, length: number, raw?: "raw"): Slice<A> {
    return new LinearSlice(this.memory, type, this.allocate(length * type.BYTES_PER_ELEMENT, raw), length);
  }

  #reserve(end: number): void {
    const had = this.memory.buffer.byteLength;
    if (end <= had) return;
    // By half as much again where there is room: growing an unshared memory may copy it.
    const wanted = Math.min(Math.max(end, had * 1.5), LIMIT);
    for (const bytes of end <= LIMIT ? [wanted, end] : []) {
      try {
        this.memory.grow(Math.ceil((bytes - had) / PAGE));
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

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en-US")} MB`;
}
