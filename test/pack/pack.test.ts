import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const CSV = ["x,color,yes", ...Array.from({ length: 40 }, (_, i) => `${i % 7},${["red", "blue"][i % 2]},${i % 2}`)];

const PACKED = [
  ...["LICENSE", "README.md", "package.json", "dist/LICENSES.txt"],
  ...named("dist/", "nought.scalar.wasm nought.simd.wasm nought.threads.wasm"),
  ...named("dist/", "node.js node.baseline.js node.datafit.js worker.node.js legs.node.js index.d.ts"),
  ...named("dist/", "browser.js worker.browser.js legs.browser.js"),
  ...named("dist/", "predict.js predict.iife.js predict.d.ts load.d.ts"),
  ...named(
    "dist/cli.",
    "cjs baseline.cjs course.cjs csv.cjs delta.cjs dist.cjs javascript.cjs json.cjs liblinear.cjs onnx.cjs",
  ),
  ...named("dist/cli.", "report.cjs rolldown-runtime.cjs shared.cjs stream.cjs"),
  ...named(
    "dist/cli.",
    "calibrate.cjs convert.cjs diff.cjs evaluate.cjs explain.cjs inspect.cjs path.cjs playground.cjs",
  ),
  ...named("dist/cli.", "bench.cjs doctor.cjs predict.cjs verify.cjs"),
  ...named("dist/playground/", "index.html style.css controls.css data.css models.css main.js worker.js"),
  ...named("dist/playground/", "nought.scalar.wasm nought.simd.wasm tables.json towns.csv.gz"),
];

function named(start: string, names: string): string[] {
  return names.split(" ").map((name) => start + name);
}

const TRAIN = `
  import { writeFile } from "node:fs/promises";
  import { category, encodeModel, featureSpace, fit, number, readCsv } from "nought";
  const space = featureSpace({ x: number("x"), color: category("color") });
  const data = await readCsv("toy.csv", { space, target: "yes" });
  const { model, runtime } = await fit(data, { lambda1: 0.1, epochs: 5 });
  await writeFile("toy.model", encodeModel(model));
  console.log(JSON.stringify({ kernels: runtime.kernels, blue: model.predict({ x: 3, color: "blue" }) }));
`;

const PREDICT = `
  import { readFile } from "node:fs/promises";
  import { load } from "nought/predict";
  console.log(load(await readFile("toy.model")).predict({ x: 3, color: "blue" }));
`;

// Reaches into every declaration file; a type that resolves to "any" makes a directive below an error.
const TYPED = `
  import { bucket, cross, type Dataset, evaluate, featureSpace, fit, type Model, readCsv } from "nought";
  import type { Engine, Fit, FitOptions, Input, Metrics, Progress, Runtime, SpaceDefinition } from "nought";
  import { createEngine } from "nought/browser";
  import { load, type Predictor } from "nought/predict";

  export async function train(input: Input): Promise<Metrics> {
    const space: SpaceDefinition = featureSpace({ lat: bucket("lat", 1 / 60), all: cross("lat", "lat") });
    using data: Dataset = await readCsv(input, { space, target: "yes", threads: 2 });
    const options: FitOptions = { lambda1: 1, onProgress: ({ kept }: Progress) => kept.toFixed() };
    const { model, runtime, columns }: Fit = await fit(data, options);
    const { reason }: Runtime = runtime;
    const same: Model = model;
    // @ts-expect-error: columns are counts
    columns.kept = "many";
    // @ts-expect-error: a reason may be null
    reason.length;
    // @ts-expect-error: a record's field is no function
    same.predict({ lat: () => 1 });
    return evaluate(model, data);
  }
  export const engine: Promise<Engine> = createEngine({ kernels: "baseline" });
  export const predictor: Predictor = load(new Uint8Array());
  export const prediction: number = predictor.predict({ lat: 52.4 });
  // @ts-expect-error: no such solver
  export const wrong: FitOptions = { solver: "newton" };
`;

/** Runs a program to its end and returns what it printed; a failure's message holds all it printed. */
async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd, timeout: 120_000 });
    return stdout.trim();
  } catch (cause) {
    const { message, stdout, stderr } = cause as Error & { stdout: string; stderr: string };
    throw new Error([message, stdout, stderr].join("\n"), { cause });
  }
}

describe("the package as npm packs it", () => {
  let folder: string;
  let tarball: string;
  const here = (file: string, ...args: string[]) => run(folder, file, ...args);
  const script = (code: string) => here(process.execPath, "--input-type=module", "-e", code);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nought-pack-"));
    await run(ROOT, "npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder);
    tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) as string;
    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    await writeFile(join(folder, "toy.csv"), CSV.join("\n"));
    await here("npm", "install", "--no-audit", "--no-fund", tarball);
  }, 150_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("holds what is listed here and nothing else", async () => {
    const listed = (await here("tar", "-tzf", tarball)).split("\n").map((it) => it.replace("package/", ""));
    expect(listed.sort()).toEqual(PACKED.sort());
  });

  it("brings along the loader and nothing else", async () => {
    const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8"));
    const installed = Object.keys(lock.packages).filter((path) => path !== "");
    expect(installed.sort()).toEqual(["@assemblyscript/loader", "nought"].map((it) => `node_modules/${it}`));
  });

  it("has a predictor of less than 3 kB, with nothing to import", async () => {
    const code = await readFile(join(ROOT, "dist/predict.js"));
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(3000);
    expect(String(code)).not.toMatch(/\bimport\b|\brequire\b|\beval\b|WebAssembly/);
  });

  it("has workers that await nothing at their top: ended while such a module begins, Node 20 ends the process", async () => {
    for (const name of ["worker", "legs"]) {
      const code = await readFile(join(ROOT, `dist/${name}.node.js`), "utf8");
      expect(code).toMatch(/^work(?:Legs)?\(/m);
      expect(code).not.toMatch(/^(?:\w.* )?await /m);
    }
  });

  it("trains by its name, and nought/predict loads the model", async () => {
    const { kernels, blue } = JSON.parse(await script(TRAIN));
    expect(kernels).toBe("wasm");
    expect(blue).toBeGreaterThan(0.5);
    expect(Number(await script(PREDICT))).toBe(blue);
  });

  it("has a command", async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    expect(await here("npx", "--no-install", "nought", "--version")).toBe(version);
    const flags = ["--target", "yes", "--number", "x", "--category", "color", "--lambda1", "0.1", "--json"];
    const result = JSON.parse(await here("npx", "--no-install", "nought", "train", "toy.csv", ...flags));
    expect(result).toMatchObject({ model: "toy.nought", rows: 40, runtime: { kernels: "wasm" } });
    const predicted = await here("npx", "--no-install", "nought", "predict", "toy.nought", "toy.csv");
    expect(predicted.split("\n")).toHaveLength(40);
  }, 60_000);

  it("has declarations that compile under --strict", async () => {
    await writeFile(join(folder, "typed.ts"), TYPED);
    await here(process.execPath, TSC, "--noEmit", "--strict", "--module", "nodenext", "typed.ts");
  }, 60_000);
});
