import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(ROOT + path, "utf8");
const { scripts, dependencies, devDependencies } = JSON.parse(read("package.json"));
const lock = JSON.parse(read("package-lock.json"));

interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: boolean;
}
const locked = Object.entries(lock.packages as Record<string, Locked>).filter(([path]) => path !== "");

describe("dependencies", () => {
  test("are pinned to a version, and the lock holds their digests but no host", () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const loose = locked.filter(([, it]) => !it.integrity?.startsWith("sha512-") || it.resolved !== undefined);
    expect(loose).toEqual([]);
    expect(lock.lockfileVersion).toBe(3);
  });

  test("run nothing when nought is installed, and only these do for who builds it", () => {
    const own = Object.keys(scripts).filter((name) => /^(pre|post)?install$|^(pre|post)?prepare$/.test(name));
    expect(own).toEqual([]);
    expect(locked.filter(([, it]) => it.hasInstallScript).map(([path]) => path)).toEqual([
      ...["esbuild", "protobufjs"].map((name) => `node_modules/${name}`), // of tsx and onnxruntime-web
    ]);
  });

  test("have licences that let nought be given away, MPL-2.0 only where its files stay out of the package", () => {
    const free = ["MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "MIT OR Apache-2.0", "0BSD"];
    const others = locked.filter(([, { license }]) => !free.includes(license as string));
    for (const [path, { license }] of others) {
      expect([path, license]).toEqual([expect.stringMatching(/^node_modules\/lightningcss/), "MPL-2.0"]);
    }
  });

  test("that are bundled have their licences in the package", () => {
    const bundled = [...read("dist/LICENSES.txt").matchAll(/^## (\S+) \S+ \((.+)\)$/gm)].map(([, name]) => name);
    expect(bundled).toEqual(
      expect.arrayContaining(["@assemblyscript/loader", "commander", "d3-array", "d3-scale", "tinyglobby"]),
    );
    expect(bundled).not.toContain("lightningcss");
  });
});

describe("code that makes code", () => {
  const files = (folder: string) =>
    readdirSync(ROOT + folder, { recursive: true }).flatMap((it) =>
      /\.c?[jt]s$/.test(String(it)) ? [`${folder}/${it}`] : [],
    );

  test.each(["src", "dist"])("is not in %s", (folder) => {
    const makers = files(folder).filter((it) => /\beval\s*\(|\bnew Function\b|\bFunction\s*\(["'`]/.test(read(it)));
    expect(makers).toEqual([]);
    expect(files(folder).length).toBeGreaterThan(20);
  });
});

test("the page may load and run nothing but its own files", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(read("dist/playground/index.html"))?.[1];
  const rules = Object.fromEntries(
    policy!.split("; ").map((it) => [it.split(" ")[0], it.split(" ").slice(1).join(" ")]),
  );
  expect(rules).toEqual({
    ...{ "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'" },
    ...{ "script-src": "'self' 'wasm-unsafe-eval'", "worker-src": "'self'", "style-src": "'self'" },
    ...{ "connect-src": "'self'", "img-src": "'self' data:" },
  });
  expect(read("dist/playground/index.html")).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=/);
});
