import { DataError, NoughtError, OptionError } from "../errors.js";
import { pause } from "../pause.js";
import { type Compression, platform, type Rooms } from "../platform.js";
import { beginsFrame } from "./zstd.js";

/**
 * Where bytes come from: a file's path (a URL in the browser), "-" for standard input, a File or Blob, a fetch
 * Response, a web stream, any async iterable of bytes or text, or bytes in memory. Gzip and Zstandard are recognised
 * and undone.
 */
export type SingleInput =
  | string
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Uint8Array;

/** One input, or several that are read one after the other. */
export type Input = SingleInput | readonly SingleInput[];

/** Bytes that can be read from the beginning as often as needed. */
export interface Source {
  /** For messages. */
  readonly name: string;
  /** Each chunk lasts until the next is asked for. A file's may lie in `rooms`. */
  chunks(rooms?: Rooms): AsyncIterable<Uint8Array>;
}

/** How far the reading of inputs is, in their bytes before they are decompressed. */
export interface Reading {
  /** Bytes taken in so far, over all passes. */
  readonly read: number;
  /** Bytes of a pass; null where that is not known. */
  length(): Promise<number | null>;
}

/** What one input after the other gives. No line goes from one to the next. */
export interface Sources extends Reading {
  /** For messages about all of it. */
  readonly name: string;
  readonly parts: readonly Source[];
}

/**
 * `keep`: remember what passes, so that a stream can be read a second time. Throws OptionError where there is no input,
 * or a stream twice.
 */
export function openSources(input: Input, { name, keep }: { name?: string | undefined; keep: boolean }): Sources {
  const inputs = isList(input) ? input : [input];
  if (inputs.length === 0) throw new OptionError("there is no input: the list is empty");
  let read = 0;
  const onBytes = (count: number) => {
    read += count;
  };
  const parts = inputs.map((it, i) => {
    const label = nameOf(it) ?? name ?? "input";
    if (!isRepeatable(it) && inputs.indexOf(it) < i) throw new OptionError(`${label} can be read only once`);
    if (inputs.length === 1) return openSource(it, { name, keep }, onBytes);
    return openSource(it, { name: nameOf(it) ?? `${label} ${i + 1}`, keep }, onBytes);
  });
  const first = (parts[0] as Source).name;
  return {
    name: name ?? (parts.length === 1 ? first : `${first} and ${parts.length - 1} more`),
    parts,
    get read() {
      return read;
    },
    async length() {
      const lengths = await Promise.all(inputs.map(lengthOf));
      return lengths.reduce((sum, it) => (sum === null || it === null ? null : sum + it), 0);
    },
  };
}

/** As openSources, for one. `onBytes` is told what passes. */
export function openSource(
  input: SingleInput,
  { name, keep }: { name?: string | undefined; keep: boolean },
  onBytes: (count: number) => void = () => {},
): Source {
  const label = name ?? nameOf(input) ?? "input";
  const raw: typeof chunksOf = isRepeatable(input) || !keep ? chunksOf : remember(chunksOf(input));
  return { name: label, chunks: (rooms) => decompressed(counted(raw(input, rooms), onBytes), label) };
}

async function* counted(chunks: AsyncGenerator<Uint8Array>, onBytes: (count: number) => void) {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

/** A file's name without what tells its compression. */
export function uncompressedName(name: string): string {
  return name.replace(/\.(gz|zst)$/i, "");
}

function isList(input: Input): input is readonly SingleInput[] {
  return Array.isArray(input);
}

function isRepeatable(input: SingleInput): boolean {
  return (typeof input === "string" && input !== "-") || input instanceof Blob || input instanceof Uint8Array;
}

async function lengthOf(input: SingleInput): Promise<number | null> {
  return (await identityOf(input)).size;
}

/** What an input is known by. */
export interface Identity {
  name: string;
  /** In bytes; null where that is not known. */
  size: number | null;
  /** When it was last written to, in milliseconds since 1970; null where that is not known. */
  modified: number | null;
}

/** Returns what is known of inputs without reading them. */
export function identify(input: Input): Promise<Identity[]> {
  return Promise.all((isList(input) ? input : [input]).map(identityOf));
}

async function identityOf(input: SingleInput): Promise<Identity> {
  const known = { name: nameOf(input) ?? "input", size: null, modified: null };
  if (typeof input === "string") return { ...known, ...(await platform().facts(input)) };
  if (input instanceof Uint8Array) return { ...known, size: input.length };
  if (!(input instanceof Blob)) return known;
  return { ...known, size: input.size, modified: input instanceof File ? input.lastModified : null };
}

/** What an input tells of itself; null where that is nothing. */
function nameOf(input: SingleInput): string | null {
  if (typeof input === "string") return input === "-" ? "standard input" : input;
  if (typeof File !== "undefined" && input instanceof File) return input.name;
  if (typeof Response !== "undefined" && input instanceof Response && input.url) return input.url;
  return null;
}

/** Bytes in memory come in pieces of this size, and every so many milliseconds other work has its turn. */
const PIECE = 1 << 18;
const PAUSE_EVERY = 50;

async function* chunksOf(input: SingleInput, rooms?: Rooms): AsyncGenerator<Uint8Array> {
  if (input instanceof Uint8Array) {
    let paused = performance.now();
    for (let from = 0; from < input.length; from += PIECE) {
      yield input.subarray(from, from + PIECE);
      if (performance.now() - paused < PAUSE_EVERY) continue;
      await pause();
      paused = performance.now();
    }
    return;
  }
  const chunks = typeof input === "string" ? platform().open(input, rooms) : streamOf(input);
  try {
    for await (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  } catch (cause) {
    if (cause instanceof NoughtError || typeof input !== "string") throw cause;
    throw new NoughtError(`cannot read ${nameOf(input)}: ${(cause as Error).message}`, { cause });
  }
}

function streamOf(input: Exclude<SingleInput, string | Uint8Array>): AsyncIterable<Uint8Array | string> {
  if (input instanceof Blob) return iterate(input.stream());
  if (typeof Response !== "undefined" && input instanceof Response) {
    if (!input.ok) throw new NoughtError(`cannot read ${nameOf(input) ?? "input"}: HTTP status ${input.status}`);
    return input.body ? iterate(input.body) : iterate(new Blob([]).stream());
  }
  return input instanceof ReadableStream ? iterate(input) : (input as AsyncIterable<Uint8Array | string>);
}

/** Web streams are not async iterables in every browser. */
async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/** Returns a function that replays a stream, of which every chunk is kept. */
function remember(stream: AsyncGenerator<Uint8Array>): () => AsyncGenerator<Uint8Array> {
  const kept: Uint8Array[] = [];
  return async function* () {
    yield* kept;
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      kept.push(next.value.slice());
      yield next.value;
    }
  };
}

/** Undoes compression where the first bytes or the name tell of one. */
async function* decompressed(chunks: AsyncGenerator<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const start: Uint8Array[] = [];
  const first: number[] = [];
  const all = async function* () {
    yield* start;
    yield* chunks;
  };
  try {
    while (first.length < 4) {
      const next = await chunks.next();
      if (next.done) break;
      start.push(next.value.length < 4 ? next.value.slice() : next.value);
      first.push(...next.value.subarray(0, 4 - first.length));
    }
    const compression = compressionOf(first, name);
    yield* compression ? undone(compression, all(), name) : all();
  } finally {
    await chunks.return(undefined); // closes the file also when only its start was looked at
  }
}

function compressionOf(first: readonly number[], name: string): Compression | null {
  if (first[0] === 0x1f && first[1] === 0x8b) return "gzip";
  if (beginsFrame(first)) return "zstd";
  const suffix = /\.(gz|zst)$/i.exec(name)?.[1];
  return suffix ? (suffix.toLowerCase() === "gz" ? "gzip" : "zstd") : null;
}

async function* undone(compression: Compression, chunks: AsyncIterable<Uint8Array>, name: string) {
  const decompress = await platform()
    .decompressor(compression)
    .catch((cause) => {
      throw new NoughtError(`${name}: ${cause.message}`, { cause });
    });
  try {
    yield* decompress(chunks);
  } catch (cause) {
    if (cause instanceof NoughtError) throw cause;
    throw new DataError(`${name}: ${compression} data is truncated or damaged (${(cause as Error).message})`);
  }
}
