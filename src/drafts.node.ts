import { type FileHandle, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { NoughtError } from "./errors.js";
import { crc32 } from "./model/crc32.js";
import type { Draft } from "./platform.js";

/** Written at once: Node refuses 2 GiB. */
const WRITE_BYTES = 1 << 24;
/** What a draft's name has after that of its file: the machine, the process, chance. */
const ENDING = /\.([a-z0-9]+)\.(\d+)\.[a-z0-9]+\.draft$/;
/** Milliseconds without a write after which the draft of another machine, as on a shared disk, counts as left. */
const DAY = 86_400_000;
const HOST = crc32(new TextEncoder().encode(hostname())).toString(36);

/**
 * Writes a whole file or nothing, through links to the file itself. Throws NoughtError with the path and the cause, or what
 * the chunks throw.
 */
export async function save(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const isPlain = await stat(target).then(
    (it) => it.isFile(),
    () => true,
  );
  const named = <T>(act: Promise<T>) =>
    act.catch((cause: Error) => {
      const reason = cause.message.replace(/\.[a-z0-9]+\.\d+\.[a-z0-9]+\.draft'/g, "'");
      throw new NoughtError(`cannot write ${path}: ${reason}`, { cause });
    });
  const draft = await named(isPlain ? begin(target) : device(target));
  try {
    for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) await named(draft.write(chunk));
    await named(draft.publish("synced"));
  } catch (cause) {
    await draft.discard();
    throw cause;
  }
}

/** Begins a file that has its name when it is whole, after those that were begun and left. Throws what Node throws. */
export async function begin(path: string): Promise<Draft> {
  await removeOrphans(path);
  // By chance, so that two writers do not meet; no byte of what is written depends on it.
  const draft = `${path}.${HOST}.${process.pid}.${Math.random().toString(36).slice(2)}.draft`;
  const file = await open(draft, "wx");
  return {
    write: (bytes) => writeTo(file, bytes),
    async publish(isSynced) {
      if (isSynced) await file.sync();
      await file.close();
      await rename(draft, path);
    },
    async discard() {
      await file.close().catch(() => {});
      await rm(draft, { force: true });
    },
  };
}

/** Opens a device or a pipe, which cannot be renamed over, to be written to as it is. */
async function device(path: string): Promise<Draft> {
  const file = await open(path, "w");
  return {
    write: (bytes) => writeTo(file, bytes),
    publish: () => file.close(),
    discard: () => file.close().catch(() => {}),
  };
}

async function writeTo(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, Math.min(WRITE_BYTES, bytes.length - at))).bytesWritten;
  }
}

/** Takes away what processes that are no more were writing of a file. */
async function removeOrphans(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  for (const other of await readdir(folder).catch(() => [])) {
    const [ending, host, pid] = ENDING.exec(other) ?? [];
    if (!ending || other !== name + ending) continue;
    const draft = join(folder, other);
    if (await isLeft(draft, host!, Number(pid))) await rm(draft, { force: true }).catch(() => {});
  }
}

/** Whether the process that was writing a draft is no more. */
async function isLeft(draft: string, host: string, pid: number): Promise<boolean> {
  const isOlder = (time: number) =>
    stat(draft).then(
      (it) => it.mtimeMs < time,
      () => false,
    );
  if (host !== HOST) return isOlder(Date.now() - DAY);
  // In a container every process has the same number.
  if (pid === process.pid) return isOlder(Date.now() - 1000 * process.uptime());
  try {
    process.kill(pid, 0); // asks only
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
