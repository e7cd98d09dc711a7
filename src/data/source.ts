import { DataError, NoughtError } from "../errors.js";
import { platform } from "../platform.js";

/**
 * Where data comes from: a file's path (a URL in the browser), "-" for standard input, a File or Blob, a fetch
 * Response, a web stream, any async iterable of bytes or text, or bytes in memory. Gzip is recognised and undone.
 */
export type Input =
  | string
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Uint8Array;

/** Bytes that can be read from the beginning as often as needed. */
export interface Source {
  /** For messages. */
  readonly name: string;
  /** Each chunk lasts until the next is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Bytes of the input, before gzip is undone; null where that is not known. */
  length(): Promise<number | null>;
}

/** `keep`: remember what passes, so that a stream can be read a second time. */
export function openSource(input: Input, { name, keep }: { name?: string | undefined; keep: boolean }): Source {
  const label = name ?? nameOf(input);
  const isRepeatable =
    (typeof input === "string" && input !== "-") || input instanceof Blob || input instanceof Uint8Array;
  const raw = isRepeatable || !keep ? () => chunksOf(input) : remember(chunksOf(input));
  return { name: label, chunks: () => inflated(raw(), label), length: () => lengthOf(input) };
}

async function lengthOf(input: Input): Promise<number | null> {
  if (typeof input === "string") return platform().size(input);
  if (input instanceof Uint8Array) return input.length;
  return input instanceof Blob ? input.size : null;
}

function nameOf(input: Input): string {
  if (typeof input === "string") return input === "-" ? "standard input" : input;
  if (typeof File !== "undefined" && input instanceof File) return input.name;
  if (typeof Response !== "undefined" && input instanceof Response && input.url) return input.url;
  return "input";
}

/** Bytes in memory come in pieces of this size, and every so many milliseconds other work has its turn. */
const PIECE = 1 << 18;
const PAUSE_EVERY = 50;

async function* chunksOf(input: Input): AsyncGenerator<Uint8Array> {
  if (input instanceof Uint8Array) {
    let paused = performance.now();
    for (let from = 0; from < input.length; from += PIECE) {
      yield input.subarray(from, from + PIECE);
      if (performance.now() - paused < PAUSE_EVERY) continue;
      await new Promise((resolve) => setTimeout(resolve));
      paused = performance.now();
    }
    return;
  }
  const chunks = typeof input === "string" ? platform().open(input) : streamOf(input);
  try {
    for await (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  } catch (cause) {
    if (cause instanceof NoughtError || typeof input !== "string") throw cause;
    throw new NoughtError(`cannot read ${nameOf(input)}: ${(cause as Error).message}`, { cause });
  }
}

function streamOf(input: Exclude<Input, string | Uint8Array>): AsyncIterable<Uint8Array | string> {
  if (input instanceof Blob) return iterate(input.stream());
  if (typeof Response !== "undefined" && input instanceof Response) {
    if (!input.ok) throw new NoughtError(`cannot read ${nameOf(input)}: HTTP status ${input.status}`);
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

/** Undoes gzip where the first two bytes or the name say so. */
async function* inflated(chunks: AsyncGenerator<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const start: Uint8Array[] = [];
  let magic: number[] = [];
  while (magic.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    start.push(next.value.length < 2 ? next.value.slice() : next.value);
    magic = [...magic, ...next.value.subarray(0, 2 - magic.length)];
  }
  const all = async function* () {
    yield* start;
    yield* chunks;
  };
  if (!(magic[0] === 0x1f && magic[1] === 0x8b) && !name.endsWith(".gz")) {
    yield* all();
    return;
  }
  try {
    yield* platform().gunzip(all());
  } catch (cause) {
    if (cause instanceof NoughtError) throw cause;
    throw new DataError(`${name}: gzip data is truncated or damaged (${(cause as Error).message})`);
  }
}
