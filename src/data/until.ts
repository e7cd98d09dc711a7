import type { TableSource } from "./records.js";

/**
 * Passes on what comes until a signal is aborted, then throws its reason: also while nothing comes, as from a pipe that
 * stalls.
 */
export async function* until<T>(signal: AbortSignal | undefined, items: AsyncIterable<T>): AsyncGenerator<T> {
  if (!signal) return yield* items;
  const iterator = items[Symbol.asyncIterator]();
  let isWaiting = false;
  let stop: (reason: unknown) => void = () => {};
  const onAbort = () => stop(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      isWaiting = true;
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, reject);
      });
      isWaiting = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    const ended = iterator.return?.();
    // What is still to come would have to come first.
    if (isWaiting) ended?.catch(() => {});
    else await ended;
  }
}

/** A source whose reading a signal stops. */
export function stoppable(source: TableSource, signal: AbortSignal | undefined): TableSource {
  return { ...source, read: (tolerance, taker) => until(signal, source.read(tolerance, taker)) };
}
