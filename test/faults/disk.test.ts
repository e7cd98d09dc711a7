import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeModel } from "../../src/model/codec.js";
import { unseal } from "../../src/model/container.js";
import { decodeState } from "../../src/train/checkpoint.js";
import { problem, svmlightOf } from "../helpers.js";

const CLI = fileURLToPath(new URL("../../dist/cli.cjs", import.meta.url));
const FAULTS = new URL("disk.mjs", import.meta.url).href;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "nought-disk-"));
  await chmod(root, 0o755);
});
afterAll(() => rm(root, { recursive: true }));

interface Outcome {
  code: number | null;
  signal: string | null;
  err: string;
}

async function run(cwd: string, args: string[], env: object = {}, uid?: number): Promise<Outcome> {
  const options = { cwd, env: { ...process.env, ...env }, ...(uid !== undefined && { uid, gid: uid }) };
  const child = spawn(process.execPath, [CLI, ...args], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, err };
}

const SVM = svmlightOf(problem({ rows: 800 }));

/** Makes a folder of data and a model. */
async function folderOf(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  await writeFile(join(folder, "rows.svm"), SVM);
  expect(await run(folder, ["train", "rows.svm", "-o", "m.nought", "--l1", "0.02", "--quiet"])).toMatchObject({
    code: 0,
  });
  return folder;
}

/** Throws where a file is not whole. */
const WHOLE: Record<string, (bytes: Buffer) => unknown> = {
  nought: decodeModel,
  delta: unseal,
  state: decodeState,
  html: (bytes) => expect(String(bytes)).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/),
  txt: (bytes) => expect(String(bytes).trimEnd().split("\n")).toHaveLength(800),
  json: (bytes) => JSON.parse(String(bytes)),
  "nought-cache": (bytes) => expect(String(bytes.subarray(-4))).toBe("end\n"),
};

interface Case {
  args: string[];
  /** What it writes, but for a cache, which it can do without. */
  outputs: string[];
  cache?: string;
  /** Other inputs by the commands that make them. */
  inputs?: Record<string, string>;
}

const STREAM = "train rows.svm --stream -o s.nought --checkpoint c.state --save-state s.state --cache --quiet";
const OTHER = { "n.nought": "train rows.svm -o n.nought --l1 0.05 --quiet" };
const CASES: Record<string, Case> = {
  "train --report": {
    args: "train rows.svm -o new.nought --report r.html --lambdas 3 --quiet".split(" "),
    outputs: ["new.nought", "r.html"],
  },
  "train --stream": {
    args: STREAM.split(" "),
    outputs: ["s.nought", "c.state", "s.state"],
    cache: "rows.svm.nought-cache",
  },
  predict: { args: "predict m.nought rows.svm -o p.txt".split(" "), outputs: ["p.txt"] },
  convert: { args: "convert m.nought m.json".split(" "), outputs: ["m.json"] },
  calibrate: { args: "calibrate m.nought rows.svm -o k.nought".split(" "), outputs: ["k.nought"] },
  diff: { args: "diff m.nought n.nought -o n.delta".split(" "), outputs: ["n.delta"], inputs: OTHER },
  patch: {
    args: "patch m.nought n.delta -o p.nought".split(" "),
    outputs: ["p.nought"],
    inputs: { ...OTHER, "n.delta": "diff m.nought n.nought -o n.delta" },
  },
};

describe.concurrent.each(Object.entries(CASES))("%s, when one act on a file after another", (name, given) => {
  const { args, outputs, cache, inputs = {} } = given;
  const all = ["m.nought", "rows.svm", ...Object.keys(inputs), ...outputs, ...(cache ? [cache] : [])].sort();

  async function begin(how: string): Promise<string> {
    const folder = await folderOf(`${name} ${how}`);
    for (const it of Object.values(inputs)) expect(await run(folder, it.split(" "))).toMatchObject({ code: 0 });
    return folder;
  }

  /** Checks that what there is of a folder's files is whole, and returns the names. */
  async function wholeFiles(folder: string): Promise<string[]> {
    const names = (await readdir(folder)).filter((it) => it !== "acts");
    for (const it of names)
      WHOLE[it.slice(it.indexOf(".") + 1).replace("svm.", "")]?.(await readFile(join(folder, it)));
    return names.sort();
  }

  async function actsOf(folder: string): Promise<number> {
    expect(await run(folder, args, { NODE_OPTIONS: `--import=${FAULTS}`, FAULT_LOG: "acts" })).toMatchObject({
      code: 0,
    });
    return Number(await readFile(join(folder, "acts"), "utf8"));
  }

  test("fails, says so by name and leaves whole files and no others", { timeout: 300_000 }, async () => {
    const folder = await begin("fails");
    const count = await actsOf(folder);
    expect(count).toBeGreaterThanOrEqual(5 * outputs.length);
    for (let at = 1; at <= count; at++) {
      if (cache) await rm(join(folder, cache), { force: true });
      if (at === 1) await Promise.all(outputs.map((it) => rm(join(folder, it), { force: true })));
      const before = await Promise.all(outputs.map((it) => readFile(join(folder, it)).catch(() => null)));
      const { code, err } = await run(folder, args, {
        NODE_OPTIONS: `--import=${FAULTS}`,
        FAULT: "fail",
        FAULT_AT: at,
      });
      const failed = outputs.find((it) => err.includes(`error: cannot write ${it}: E`));
      const isOfCache = err.startsWith(`warning: the cache ${cache} was not written: E`);
      expect([at, code, err]).toEqual([
        at,
        failed ? 1 : 0,
        expect.stringMatching(/^(error|warning): .* (EIO|ENOSPC): .*\n$/),
      ]);
      expect([failed !== undefined, isOfCache]).toContain(true);
      const names = await wholeFiles(folder);
      expect(all).toEqual(expect.arrayContaining(names));
      // The file itself is as it was.
      const now = failed && (await readFile(join(folder, failed)).catch(() => null));
      if (failed && !failed.startsWith("c.")) expect(now).toEqual(before[outputs.indexOf(failed)]);
    }
    expect(await run(folder, args)).toMatchObject({ code: 0 });
    expect(await wholeFiles(folder)).toEqual(all);
  });

  test("kills it, leaves whole files, and the next run clears up", { timeout: 300_000 }, async () => {
    const folder = await begin("killed");
    const count = await actsOf(folder);
    let left = 0;
    for (let at = 1; at <= count; at++) {
      if (cache) await rm(join(folder, cache), { force: true });
      const outcome = await run(folder, args, { NODE_OPTIONS: `--import=${FAULTS}`, FAULT: "kill", FAULT_AT: at });
      expect([at, outcome.signal]).toEqual([at, "SIGKILL"]);
      const names = await wholeFiles(folder);
      left += names.filter((it) => it.endsWith(".draft")).length;
    }
    expect(left).toBeGreaterThan(count / 2);
    if (cache) await rm(join(folder, cache), { force: true });
    expect(await run(folder, args)).toMatchObject({ code: 0 });
    expect(await wholeFiles(folder)).toEqual(all);
  });
});

describe("a file that cannot be written is told before a training, not after", () => {
  test.each([
    ["in a folder that is none", "rows.svm/x.nought", "ENOTDIR"],
    ["in a folder that is not there", "nowhere/x.nought", "ENOENT"],
    ["that is a folder", ".", "it is a directory"],
  ])("%s", async (name, path, reason) => {
    const folder = await folderOf(name);
    const before = await readdir(folder);
    const ends = ["-o", "--report", "--stream --save-state", "--stream --checkpoint"];
    const writers = [...ends.map((it) => `train - ${it} ${path}`), `convert - ${path} --to json`];
    writers.push(...["predict m.nought", "calibrate m.nought", "diff -", "patch -"].map((it) => `${it} - -o ${path}`));
    for (const args of writers) {
      const { code, err } = await run(folder, args.split(" "));
      expect([args, code, err]).toEqual([args, 1, expect.stringMatching(`^error: cannot write ${path}: .*${reason}`)]);
    }
    expect(await readdir(folder)).toEqual(before);
  });

  test.skipIf(process.getuid?.() === 0)("in a folder that may only be read", async () => {
    const folder = await folderOf("only to read");
    await chmod(folder, 0o555);
    expect(await run(folder, ["train", "-"])).toMatchObject({ code: 1, err: expect.stringContaining("EACCES") });
    await chmod(folder, 0o755);
  });
});

describe("a file system of its own", () => {
  let folder: string;
  let isMounted = false;
  const mount = (...args: string[]) => spawnSync("mount", args).status === 0;
  beforeAll(async () => {
    folder = await folderOf("mounted");
    await mkdir(join(folder, "disk"));
    isMounted = mount("-t", "tmpfs", "-o", "size=8k", "tmpfs", join(folder, "disk"));
  });
  afterAll(() => {
    if (isMounted) spawnSync("umount", [join(folder, "disk")]);
  });

  test("that is full keeps the file it has", async ({ skip }) => {
    if (!isMounted) skip("mounting is not allowed");
    const old = await readFile(join(folder, "m.nought"));
    await writeFile(join(folder, "disk/m.nought"), old);
    await writeFile(join(folder, "disk/other"), new Uint8Array(4096));
    for (const args of ["train rows.svm -o disk/m.nought", "predict m.nought rows.svm -o disk/m.nought"]) {
      const { code, err } = await run(folder, args.split(" "));
      expect([code, err]).toEqual([1, expect.stringMatching(/^error: cannot write disk\/m\.nought: ENOSPC: /)]);
      expect(await readFile(join(folder, "disk/m.nought"))).toEqual(old);
      expect((await readdir(join(folder, "disk"))).sort()).toEqual(["m.nought", "other"]);
    }
  });

  test("that may only be read is told of at once", async ({ skip }) => {
    if (!isMounted || !mount("-o", "remount,ro", join(folder, "disk"))) skip("mounting is not allowed");
    const { code, err } = await run(folder, ["train", "-", "-o", "disk/x.nought"]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: cannot write disk\/x\.nought: EROFS: /)]);
  });
});

describe("while nothing comes", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await folderOf("stalled");
  });
  afterAll(async () => expect((await readdir(folder)).sort()).toEqual(["m.nought", "rows.svm"]));

  test.concurrent.each([
    ["SIGTERM", "train - -o x.nought", "; no model was written"],
    ["SIGINT", "train - --format csv --number c --target y -o x.nought", "; no model was written"],
    ["SIGINT", "predict m.nought - -o x.txt", ""],
    ["SIGTERM", "evaluate m.nought - --report x.html", ""],
    ["SIGINT", "explain m.nought -", ""],
    ["SIGINT", "verify m.nought -", ""],
    ["SIGTERM", "path - --report x.html", ""],
  ] as const)("%s ends %s", async (signal, args, left) => {
    const child = spawn(process.execPath, [CLI, ...args.split(" ")], {
      cwd: folder,
      stdio: ["pipe", "ignore", "pipe"],
    });
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    // More than a pipe holds: it is at work when this is written.
    const input = args.includes("csv") ? `c,y\n${"1,0\n2,1\n".repeat(50_000)}` : SVM.repeat(10);
    await new Promise((resolve) => child.stdin.write(input, resolve));
    child.kill(signal);
    const [code] = await once(child, "close");
    expect([code, err.replace(/^ .*\n/gm, "")]).toEqual([130, `interrupted${left}\n`]);
  });
});
