import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "../../src/model/crc32.js";
import {
  category,
  decodeModel,
  encodeModel,
  featureSpace,
  number,
  type StreamFit,
  streamCsv,
  streamSvmlight,
} from "../../src/node.js";
import { decodeState } from "../../src/train/checkpoint.js";
import { joined, sealed } from "../fixtures/forge.js";
import { goldenPath } from "../fixtures/models.js";
import { bytesOf } from "../helpers.js";

// Files with a checksum, for the corpus: good ones, and how to forge others whose checksum is right all the same. A line is
//
//     name     what the case is about
//     base     which good file
//     each     as in corpus.ts; %0 may stand in all that follows
//     set      JSON by the path of a field of the file's header, dots between: "training.rows": "-1"; "" removes it
//     put      bytes in hex, by their offset; from the end where that is negative. Put after the header is set
//     error    what must come of it

interface FileLine {
  name: string;
  base: string;
  each?: (string | string[])[];
  set?: Record<string, string>;
  put?: Record<string, string>;
  error: string;
}

export interface FileCase extends Omit<FileLine, "each"> {
  set: Record<string, string>;
  put: Record<string, string>;
}

/** A kind of file with a header of JSON. */
interface FileKind {
  bases(): Promise<Record<string, Uint8Array>>;
  /** Where the header is: from … to. */
  header(file: Uint8Array): [from: number, to: number];
  /** Makes the header's length and the checksum right. */
  seal(file: Uint8Array, headerLength: number): Uint8Array;
  /** Reads a file. Throws what is wrong with it; may return why it was not used. */
  read(file: Uint8Array, base: string): unknown;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const ROWS = "1 1:1 3:2\n-1 2:1\n1 9007199254740991:1\n";
const TABLE = "c,n,y\na,1,1\nb,,0\n";
const SPACE = featureSpace({ c: category("c"), n: number("n") });

const model: FileKind = {
  bases: async () =>
    Object.fromEntries(
      ["whole-f32", "numbered-int16", "stripped-int8"].map((it) => [it, new Uint8Array(readFileSync(goldenPath(it)))]),
    ),
  header: (file) => [12, 12 + view(file).getUint32(8, true)],
  seal(file, length) {
    view(file).setUint32(8, length, true);
    return sealed(file);
  },
  read: decodeModel,
};

const checkpoint: FileKind = {
  async bases() {
    const of = async (options: object) =>
      (await streamSvmlight(bytesOf(ROWS), { lambda1: 0.1, ...options, keepState: true })).state!;
    const table = await streamCsv(bytesOf(TABLE), { space: SPACE, target: "y", lambda1: 0, keepState: true });
    return {
      numbered: await of({}),
      touched: await of({ bits: 6 }),
      dense: await of({ bits: 1 }),
      space: table.state!,
    };
  },
  header: (file) => [16, 16 + view(file).getUint32(12, true)],
  seal(file, length) {
    view(file).setUint32(12, length, true);
    view(file).setUint32(8, crc32(file.subarray(12)), true);
    return file;
  },
  read: decodeState,
};

const folder = mkdtempSync(join(tmpdir(), "nought-corpus-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

/** Caches are of files, and a training says why it did not use one. Its model is as without. */
const cache: FileKind & { plain: Record<string, string> } = {
  plain: {},
  async bases() {
    const found: Record<string, Uint8Array> = {};
    for (const base of Object.keys(TRAININGS)) {
      const path = join(folder, base);
      writeFileSync(path, base === "table" ? TABLE : ROWS);
      utimesSync(path, 1, 1);
      cache.plain[base] = hexOf(await TRAININGS[base]!(path));
      await TRAININGS[base]!(path, `${path}.cache`);
      found[base] = new Uint8Array(readFileSync(`${path}.cache`));
    }
    return found;
  },
  header(file) {
    const length = view(file).getUint32(file.length - 8, true);
    return [file.length - 16 - length, file.length - 16];
  },
  seal(file, length) {
    const end = file.length - 16;
    view(file).setUint32(end + 8, length, true);
    const ids = 8 * view(file).getUint32(end + 4, true);
    view(file).setUint32(end, crc32(file.subarray(Math.max(end - length - ids, 0), end)), true);
    return file;
  },
  async read(file, base) {
    const path = join(folder, `${base}.cache`);
    writeFileSync(path, file);
    const result = await TRAININGS[base]!(join(folder, base), path).catch((error: Error) => error);
    if (result instanceof Error) return result.message.replace(`${folder}/`, "");
    if (hexOf(result) !== cache.plain[base]) throw new Error("another model came of it");
    return result.cache!.reason?.replace(`the cache ${path} is made anew: `, "").replace(`${folder}/`, "");
  },
};

const TRAININGS: Record<string, (path: string, cache?: string) => Promise<StreamFit>> = {
  rows: (path, cache) => streamSvmlight(path, { lambda1: 0.1, threads: 1, ...(cache && { cache }) }),
  table: (path, cache) =>
    streamCsv(path, { space: SPACE, target: "y", lambda1: 0, threads: 1, ...(cache && { cache }) }),
};

function hexOf({ model }: StreamFit): string {
  return Buffer.from(encodeModel(model)).toString("hex");
}

export const FILES: Record<string, FileKind> = { model, checkpoint, cache };

export function fileCasesOf(kind: string): FileCase[] {
  const path = fileURLToPath(new URL(`${kind}.jsonl`, import.meta.url));
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.flatMap((line) => {
    const { each = [[]] } = JSON.parse(line) as FileLine;
    return each.map((it) => {
      const values = [it].flat();
      const text = line.replace(/%(\d)/g, (_, i) => JSON.stringify(values[i]).slice(1, -1));
      const { name, set = {}, put = {}, ...rest } = JSON.parse(text) as FileLine;
      return { name: values.length ? `${name} ${values[0]}` : name, set, put, ...rest };
    });
  });
}

/** Returns a good file with changes, whose checksum is right. */
export function forgedFile({ header, seal }: FileKind, file: Uint8Array, { set, put }: FileCase): Uint8Array {
  const [from, to] = header(file);
  let json = new TextDecoder().decode(file.subarray(from, to));
  if (Object.keys(set).length > 0) {
    const content = JSON.parse(json);
    for (const [path, value] of Object.entries(set)) change(content, path.split("."), value);
    json = JSON.stringify(content);
  }
  const bytes = bytesOf(json);
  const result = joined(file.subarray(0, from), bytes, file.subarray(to));
  seal(result, bytes.length);
  for (const [offset, hex] of Object.entries(put)) {
    const at = Number(offset) < 0 ? result.length + Number(offset) : Number(offset);
    result.set(Buffer.from(hex, "hex"), at);
  }
  return Object.keys(put).length > 0 ? resealed(result) : seal(result, bytes.length);

  function resealed(bytes: Uint8Array): Uint8Array {
    const [start, end] = header(bytes);
    return seal(bytes, end - start);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: headers are taken apart
function change(content: any, [name, ...rest]: string[], value: string): void {
  if (rest.length > 0) change(content[name!], rest, value);
  else if (value === "") delete content[name!];
  else content[name!] = JSON.parse(value);
}
