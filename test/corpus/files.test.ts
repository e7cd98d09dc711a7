import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CacheFile, CacheProblem } from "../../src/data/cachefile.js";
import { DIRECT } from "../../src/data/dictionary.js";
import { decodeState } from "../../src/train/checkpoint.js";
import { errorOf } from "../helpers.js";
import { FILES, fileCasesOf, forgedFile } from "./files.js";

describe.each(Object.entries(FILES))("%s", (kind, file) => {
  const cases = fileCasesOf(kind);

  test(`${cases.length} files whose checksum is right and whose content is not are refused`, async () => {
    const bases = await file.bases();
    const found: [string, unknown][] = [];
    for (const it of cases) {
      const read = async () => file.read(forgedFile(file, bases[it.base]!, it), it.base);
      found.push([it.name, await read().catch((error: Error) => error.message)]);
    }
    expect(found).toEqual(cases.map(({ name, error }) => [name, error]));
  }, 120_000); // caches are trained from, each through four million slots
});

/** All files that a good one is with its end cut off, with one of so many bits of a byte another, and with a byte more. */
function* damaged(file: Uint8Array, bits: number): Generator<Uint8Array> {
  for (let length = 0; length < file.length; length++) yield file.slice(0, length);
  yield Uint8Array.of(...file, 0);
  for (let at = 0; at < file.length; at++) {
    for (let bit = 0; bit < bits; bit++) {
      const flipped = file.slice();
      flipped[at]! ^= 1 << ((at + bit) & 7);
      yield flipped;
    }
  }
}

test.each(["numbered", "touched", "dense", "space"])(
  "a checkpoint, %s, cut at any byte or with any bit flipped",
  async (base) => {
    const file = (await FILES.checkpoint!.bases())[base]!;
    for (const bytes of damaged(file, 8)) {
      expect((await errorOf(() => decodeState(bytes))).message).toMatch(
        /^(not a nought training state|training state of version \d+; .*|training state is damaged: its checksum does not match)$/,
      );
    }
  },
);

describe("a cache", () => {
  const folder = mkdtempSync(join(tmpdir(), "nought-cache-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function readAll(bytes: Uint8Array): Promise<number> {
    const path = join(folder, "cache");
    writeFileSync(path, bytes);
    const file = (await CacheFile.open(path))!;
    let rows = 0;
    try {
      for await (const { block } of file.blocks({ rows: 1000, slots: DIRECT })) rows += block.rows;
    } finally {
      await file.close();
    }
    return rows;
  }

  test("cut at any byte, or with a bit of any byte flipped", async () => {
    const file = (await FILES.cache!.bases()).rows!;
    expect(await readAll(file)).toBe(3);
    for (const bytes of damaged(file, 1)) expect(await errorOf(readAll(bytes))).toBeInstanceOf(CacheProblem);
  });
});
