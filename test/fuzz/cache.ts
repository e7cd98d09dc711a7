import { BlockStore } from "../../src/data/blocks.js";
import type { Table } from "../../src/data/blocktypes.js";
import { Cache } from "../../src/data/cache.js";
import { CacheProblem } from "../../src/data/cachefile.js";
import { DIRECT } from "../../src/data/dictionary.js";
import { svmlightReader } from "../../src/data/svmlight.js";
import { crc32 } from "../../src/model/crc32.js";
import { createEngine, NoughtError } from "../../src/node.js";
import { type OpenFile, type Platform, platform, providePlatform } from "../../src/platform.js";
import type { Random } from "../../src/random.js";
import { FILES } from "../corpus/files.js";
import { joined } from "../fixtures/forge.js";
import { bytesOf } from "../helpers.js";
import type { Fuzzer } from "./fuzzers.js";
import { mutatedJson } from "./mutate.js";

const ROWS = bytesOf("1 1:1 3:2\n-1 2:1\n1 9007199254740991:1\n-1 1:1\n1 2:0.5 7:1\n-1 3:1\n");
const [NAME, PATH] = ["rows", "rows.nought-cache"];
const SIZE = { rows: 2, entries: 64 };
const TABLES: readonly Table[] = [
  { slots: 0, beyond: "numbered" },
  { slots: DIRECT, beyond: "numbered" },
  { slots: 8, beyond: "folded" },
];
/** Where a block begins in the file, and where it ends. */
type Span = [from: number, to: number];

/** Files in memory; those that are written begin where nothing else has that name. */
async function filesOf(files: Map<string, Uint8Array>, node: Platform): Promise<Platform> {
  const checksum = await node.checksum();
  return {
    ...node,
    checksum: async () => checksum,
    async inspect(path): Promise<OpenFile | null> {
      const bytes = files.get(path);
      if (!bytes) return null;
      const read = async (into: Uint8Array, at: number) => {
        const part = bytes.subarray(at, at + into.length);
        into.set(part);
        return part.length;
      };
      return { size: bytes.length, modified: 1, read, close: async () => {} };
    },
    async draft(path) {
      if (files.has(path)) throw new Error("not made anew here");
      const parts: Uint8Array[] = [];
      return {
        write: async (bytes) => void parts.push(bytes.slice()),
        publish: async () => void files.set(path, joined(...parts)),
        discard: async () => {},
      };
    },
  };
}

/** Caches whose checksums are right are refused, or give rows within their bounds; nothing else is thrown. */
export async function cacheFuzzer(): Promise<Fuzzer> {
  const engine = await createEngine({ kernels: "baseline" });
  const { header, seal } = FILES.cache!;
  const files = new Map([[NAME, ROWS]]);

  /** Reads as a training does: from the cache, else from the text, which writes it. Returns whether it was from the cache. */
  async function read(table: Table, parse: boolean): Promise<boolean> {
    const mark = engine.memory.mark();
    const reader = svmlightReader(ROWS, { loss: "logistic", keep: true });
    const store = new BlockStore(engine, table, SIZE, ({ rows, count, entries }) => {
      const { pointers, indices } = rows;
      const { columns } = store;
      const isSound = count <= SIZE.rows && pointers.view[count] === entries && entries <= indices.length;
      if (!isSound || indices.view.subarray(0, entries).some((it) => it >= columns)) {
        throw new Error("rows out of bounds");
      }
    });
    const cache = await Cache.open(PATH, NAME, table);
    try {
      const none = async function* () {};
      for await (const _ of cache!.read(reader, store, () => (parse ? reader.parse!(store) : none())));
      store.dictionary?.find(1);
      return cache!.report.isRead;
    } finally {
      await cache!.close();
      engine.memory.release(mark);
    }
  }

  const node = platform();
  const own = await filesOf(files, node);
  providePlatform(own);
  const bases: { file: Uint8Array; content: unknown; blocks: Span[]; table: Table }[] = [];
  try {
    for (const table of TABLES) {
      files.delete(PATH);
      await read(table, true);
      const file = files.get(PATH)!;
      if (!(await read(table, false))) throw new Error("a good cache is refused");
      const content = JSON.parse(new TextDecoder().decode(file.subarray(...header(file))));
      bases.push({ file, content, blocks: blocksOf(file, header(file)[0]), table });
    }
  } finally {
    providePlatform(node);
  }

  return async (random: Random, cases: number) => {
    providePlatform(own);
    try {
      for (let i = 0; i < cases; i++) {
        const { file, content, blocks, table } = bases[random.below(bases.length)]!;
        const [from, to] = header(file);
        const isHeader = random.below(2) > 0;
        const json = isHeader ? bytesOf(JSON.stringify(mutatedJson(content, random))) : file.subarray(from, to);
        const bytes = joined(file.subarray(0, from), json, file.subarray(to));
        if (!isHeader) harm(bytes, blocks[random.below(blocks.length)]!, from, random);
        const forged = seal(bytes, json.length);
        files.set(PATH, forged);
        await read(table, false).catch((error) => {
          if (error instanceof NoughtError || error instanceof CacheProblem) return;
          throw new Error(`cache: ${Buffer.from(forged).toString("base64")}\n${error.stack ?? error}`);
        });
      }
    } finally {
      providePlatform(node);
    }
  };
}

function blocksOf(file: Uint8Array, end: number): Span[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const spans: Span[] = [];
  const ids = 8 * view.getUint32(file.length - 12, true);
  for (let at = 8; at < end - ids; ) {
    const [rows, entries, flags] = [4, 8, 12].map((it) => view.getUint32(at + it, true)) as [number, number, number];
    const length = 24 + rows * (flags & 2 ? 20 : 12) + entries * (flags & 1 ? 8 : 4);
    spans.push([at, at + length]);
    at += length;
  }
  return spans;
}

/** Changes bytes of a block, whose checksum is right all the same, or of the ids, which end where the header begins. */
function harm(bytes: Uint8Array, [from, to]: Span, end: number, random: Random): void {
  const isOfIds = random.below(6) === 0;
  for (let left = random.below(3); left >= 0; left--) {
    const at = isOfIds ? end - 1 - random.below(8) : from + 4 + random.below(to - from - 4);
    bytes[at] = random.below(3) ? random.below(256) : [0, 1, 255][random.below(3)]!;
  }
  if (!isOfIds) new DataView(bytes.buffer).setUint32(from, crc32(bytes.subarray(from + 4, to)), true);
}
