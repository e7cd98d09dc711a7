import type { WorkerStart } from "./engine/work.js";
import type { LegStart } from "./train/legs.js";

/** The builds of assembly/ that a package ships. */
export type Build = "scalar" | "simd" | "threads";

export type Compression = "gzip" | "zstd";

export interface FileFacts {
  /** In bytes. */
  size: number;
  /** When it was last written to, in milliseconds since 1970. */
  modified: number;
}

/** A plain file, open for reading. */
export interface OpenFile extends Readonly<FileFacts> {
  /** Reads from byte `at` on until `into` is full or the file ends. Returns how many bytes that were. */
  read(into: Uint8Array, at: number): Promise<number>;
  close(): Promise<void>;
}

/** A file that nobody sees before it is complete. */
export interface Draft {
  /** Appends. What is given must stay as it is until that is done. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives it its name; synced: not before the disk has all of it. */
  publish(isSynced?: "synced"): Promise<void>;
  discard(): Promise<void>;
}

/** A thread that was started. */
export interface Thread {
  /** Ends it, whatever it does. May return a promise, kept when it has ended. */
  end(): unknown;
}

/** Returns two arrays of so many bytes to read into by turns. Those of one reading after another may be the same. */
export type Rooms = (bytes: number) => [Uint8Array, Uint8Array];

/** What nought needs of the machine it runs on. node.ts and browser.ts provide it; nothing else knows them. */
export interface Platform {
  /** Compiles one build of the kernels. Throws WebAssembly.CompileError where a policy or an old engine refuses it. */
  compile(build: Build): Promise<WebAssembly.Module>;
  /** Returns nought/predict as a script that sets `nought`, for modules that hold it. */
  predictor(): Promise<string>;
  /**
   * Starts a thread that does `work`, or `workLegs`. It does not keep the process alive. `onLost` is called when it cannot
   * start, or ends by itself; `onTold` with what it tells. May throw what the platform throws.
   */
  startThread(start: WorkerStart | LegStart, onLost: (cause: Error) => void, onTold?: (told: unknown) => void): Thread;
  /** Opens a file by path, or standard input for "-", as chunks of bytes. Each lasts until the next is asked for. */
  open(path: string, rooms?: Rooms): AsyncIterable<Uint8Array>;
  /** What is known of a file before it is read; null where that is nothing. Never throws. */
  facts(path: string): Promise<FileFacts | null>;
  /**
   * Gets ready to decompress; what it gives throws on a truncated or damaged stream. Rejects with what is needed where
   * the platform cannot.
   */
  decompressor(compression: Compression): Promise<(chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>>;
  /**
   * Writes a whole file or nothing: to a temporary file beside it, synced, then renamed. Chunks are written as they come;
   * what their source throws is thrown on.
   */
  save(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Opens a file to read here and there; null where there is none, or no plain one. OptionError where there are no files. */
  inspect(path: string): Promise<OpenFile | null>;
  /** Begins a file. What processes that are no more have left of it is removed. */
  draft(path: string): Promise<Draft>;
  /** Makes ready to compute CRC-32 (ISO 3309) quickly. */
  checksum(): Promise<(bytes: Uint8Array) => number>;
}

let current: Platform | null = null;

export function providePlatform(platform: Platform): void {
  current = platform;
}

export function platform(): Platform {
  if (!current)
    throw new Error("import nought by its package name, or its node.js or browser.js: they set the platform");
  return current;
}
