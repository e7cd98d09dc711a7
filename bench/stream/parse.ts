// What reading and parsing cost in a stream: all of its work but the training.
import { BlockStore } from "../../src/data/blocks.js";
import { csvSource } from "../../src/data/csv.js";
import type { RowReader } from "../../src/data/reader.js";
import { svmlightReader } from "../../src/data/svmlight.js";
import { learnSpace, tableReader } from "../../src/data/table.js";
import { vwReader } from "../../src/data/vw.js";
import { createEngine } from "../../src/engine/engine.js";
import type { SpaceDefinition } from "../../src/features/define.js";
import { tableFor } from "../../src/train/slots.js";

const LINES = { loss: "logistic", keep: false } as const;
const TABLE = { loss: "logistic", target: "y" } as const;
const BITS = 22;

async function open(file: string, space: SpaceDefinition | null): Promise<RowReader> {
  if (file.endsWith(".vw")) return vwReader(file, { ...LINES, bits: BITS });
  if (!space) return svmlightReader(file, LINES);
  const source = csvSource(file, { keep: true });
  return tableReader(source, await learnSpace(source, space, TABLE), TABLE);
}

/** Returns the bytes a second of CPU time, of the kernel's side too, that a file is read and parsed with into blocks on one thread. */
export async function parsing(file: string, bytes: number, space: SpaceDefinition | null): Promise<number> {
  using engine = await createEngine();
  const reader = await open(file, space);
  const table = tableFor(reader.declared, file.endsWith(".vw") ? { bits: BITS } : {});
  const store = new BlockStore(engine, table, { rows: 4096, entries: 1 << 16 }, () => {});
  const began = process.cpuUsage();
  for await (const _ of reader.parse!(store));
  store.flush();
  const { user, system } = process.cpuUsage(began);
  return (bytes * 1e6) / (user + system);
}
