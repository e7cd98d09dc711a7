import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Random } from "../../src/random.js";
import { decodeState } from "../../src/train/checkpoint.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const ROWS = 15_000;
const TRAIN = ["train", "rows.svm", "--stream", "--lambda1", "0.5", "--epochs", "3", "-o", "m.nought"];

/** Rows of ten of 40,000 columns: a file of several chunks, a state of half a megabyte. */
function text(seed: number): string {
  const random = new Random(seed);
  let rows = "";
  for (let i = 0; i < ROWS; i++) {
    let entries = "";
    for (let k = 0; k < 10; k++) entries += ` ${1 + 4000 * k + random.below(4000)}:1`;
    rows += `${random.unit() < 0.3 ? 1 : -1}${entries}\n`;
  }
  return rows;
}

let folder: string;
let whole: Uint8Array;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nought-checkpoint-"));
  await writeFile(join(folder, "rows.svm"), text(1));
  expect(await ended(start(TRAIN))).toEqual({ code: 0, err: "" });
  whole = await read("m.nought");
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  for (const name of await readdir(folder)) if (name !== "rows.svm") await rm(join(folder, name));
});

const read = (name: string) => readFile(join(folder, name));

function start(args: string[], shell?: string): ChildProcess {
  const command =
    shell === undefined
      ? [process.execPath, CLI, ...args]
      : ["bash", "-c", shell, "bash", process.execPath, CLI, ...args];
  return spawn(command[0]!, command.slice(1), { cwd: folder, stdio: ["pipe", "ignore", "pipe"] });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; err: string }> {
  let err = "";
  child.stderr!.on("data", (chunk) => {
    err += chunk;
  });
  child.stdin!.on("error", () => {}); // it may end before it has read all
  const [code] = await once(child, "close");
  // Without the log, whose columns are indented.
  return { code, err: err.replace(/^ .*\n/gm, "") };
}

test("killed at 50 random moments, resumed, it ends with the same bytes", { timeout: 300_000 }, async () => {
  const random = new Random(11);
  /** Runs to the end, or until it is killed some milliseconds after it began to train. */
  const attempt = async (delay: number) => {
    const threads = String(1 + random.below(2));
    const child = start([...TRAIN, "--checkpoint", "c.state", "--every", "1", "--resume", "--threads", threads]);
    const end = ended(child);
    await Promise.race([once(child.stderr!, "data"), end]);
    const began = performance.now();
    const timer = setTimeout(() => child.kill("SIGKILL"), delay);
    const { code, err } = await end;
    clearTimeout(timer);
    if (existsSync(join(folder, "c.state"))) decodeState(await read("c.state")); // never half of one
    if (existsSync(join(folder, "m.nought"))) expect(await read("m.nought")).toEqual(whole);
    if (code !== null) {
      expect({ code, err: err.replace(/^(resuming|no checkpoint).*\n/, "") }).toEqual({ code: 0, err: "" });
      expect(existsSync(join(folder, "m.nought"))).toBe(true);
      // What a killed process was writing is taken away by the next one.
      expect((await readdir(folder)).sort()).toEqual(["c.state", "m.nought", "rows.svm"]);
    }
    return { isKilled: code === null, took: performance.now() - began };
  };
  const afresh = () => Promise.all(["c.state", "m.nought"].map((name) => rm(join(folder, name), { force: true })));
  const { took } = await attempt(1e6);
  await afresh();
  for (let kills = 0; kills < 50; ) {
    // Sooner rather than later, so that few get to their end.
    if ((await attempt(took * random.unit() ** 2)).isKilled) kills++;
    else await afresh();
  }
  expect((await attempt(1e6)).isKilled).toBe(false);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s saves a checkpoint, also while nothing comes, and exits with 130",
  async (signal) => {
    const rows = await read("rows.svm");
    const args = ["train", "-", ...TRAIN.slice(2), "--checkpoint", "c.state"];
    const child = start([...args, "--every", "1"]);
    const end = ended(child);
    // Two thirds of the rows, then silence.
    child.stdin!.write(rows.subarray(0, (2 / 3) * rows.length));
    for (let wait = true; wait; wait = !existsSync(join(folder, "c.state"))) await sleep(200);
    child.kill(signal);
    const { code, err } = await end;
    expect(err).toMatch(
      /^checkpoint c\.state has the training up to row [\d,]+ of epoch 1; --resume goes on from there\ninterrupted; no model was written\n$/,
    );
    expect(code).toBe(130);
    expect(await readdir(folder)).not.toContain("m.nought");
    expect(decodeState(await read("c.state")).counts.reached).toBeGreaterThanOrEqual(4096);
    const again = start([...args, "--resume"]);
    again.stdin!.end(rows);
    expect(await ended(again)).toEqual({ code: 0, err: "resuming from c.state\n" });
    expect(await read("m.nought")).toEqual(whole);
  },
);

test("a checkpoint that cannot be written ends the run with its cause and leaves the one before", async () => {
  const args = [...TRAIN, "--checkpoint", "c.state", "--every", "1"];
  expect((await ended(start(args))).code).toBe(0);
  await rm(join(folder, "m.nought"));
  const before = await read("c.state");
  // As a full disk: no file may grow past 64 kB.
  const { code, err } = await ended(start([...args, "--lambda1", "1"], 'ulimit -f 64; exec "$@"'));
  expect(code).toBe(1);
  expect(err).toMatch(/^checkpoint c\.state will be replaced.*\nerror: cannot write c\.state: EFBIG/);
  expect(await read("c.state")).toEqual(before);
  expect((await readdir(folder)).sort()).toEqual(["c.state", "rows.svm"]);
});

test("a state is saved, and updated with new data", async () => {
  const [first, second] = [text(2), text(3)];
  await writeFile(join(folder, "1.svm"), first);
  await writeFile(join(folder, "2.svm"), second);
  const options = ["--stream", "--lambda1", "0.5", "--quiet", "-o", "u.nought"];
  const good = async (args: string[]) => expect(await ended(start(args))).toEqual({ code: 0, err: "" });
  await good(["train", "1.svm", ...options, "--save-state", "1.state"]);
  await good(["train", "2.svm", ...options, "--update", "1.state", "--save-state", "2.state"]);
  await good(["train", "1.svm", "2.svm", ...options, "--save-state", "both.state"]);
  const [updated, both] = [decodeState(await read("2.state")), decodeState(await read("both.state"))];
  expect(updated.columns).toEqual(both.columns);
  expect(updated.globals).toEqual(both.globals);
});

test("flags that do not go together, and states that do not fit", async () => {
  await writeFile(join(folder, "bad.state"), "nothing");
  const cases: [string[], number, RegExp][] = [
    [["--checkpoint", "nowhere/c.state"], 1, /^error: cannot write nowhere\/c\.state: ENOENT/],
    [["--resume"], 2, /^error: --resume goes with --checkpoint/],
    [["--every", "5"], 2, /^error: --every goes with --checkpoint/],
    [["--every", "soon"], 2, /Expected rows, as "1000000", or seconds, as "30s"/],
    [["--update", "nowhere.state"], 1, /^error: cannot read nowhere\.state: ENOENT/],
    [["--update", "bad.state"], 3, /^error: bad\.state: not a nought training state/],
    [["--checkpoint", "bad.state", "--resume"], 3, /^resuming.*\nerror: bad\.state: not a nought training state/],
  ];
  for (const [args, code, message] of cases) {
    const outcome = await ended(start([...TRAIN, ...args]));
    expect(outcome).toEqual({ code, err: expect.stringMatching(message) });
  }
  const inMemory = await ended(start(["train", "rows.svm", "--save-state", "s.state"]));
  expect(inMemory).toEqual({ code: 2, err: expect.stringMatching(/^error: --save-state: of --stream/) });
  expect((await readdir(folder)).sort()).toEqual(["bad.state", "rows.svm"]);
});
