import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Options } from "tsdown";

/** Folders of the packages that are bundled. */
const bundled = new Set<string>();

/** Gathers the licences of what is bundled, as they ask for. */
const licences: NonNullable<Options["plugins"]> = {
  name: "licences",
  generateBundle(_, bundle) {
    for (const id of Object.values(bundle).flatMap((it) => ("moduleIds" in it ? it.moduleIds : []))) {
      const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll("\\", "/"))?.[0];
      if (folder && existsSync(join(folder, "package.json"))) bundled.add(folder);
    }
    writeFileSync("dist/LICENSES.txt", [...bundled].sort().map(licenceOf).join("\n"));
  },
};

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((it) => /^licen[cs]e/i.test(it));
  return `## ${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8") : ""}`;
}

const shared = {
  outDir: "dist",
  format: "esm",
  target: "es2022",
  clean: false,
  hash: false,
  plugins: licences,
} as const;

export default defineConfig([
  {
    ...shared,
    entry: { node: "src/node.ts" },
    platform: "node",
    dts: false,
    outputOptions: { chunkFileNames: "node.[name].js" },
  },
  // One small file for wherever a model is served; and as a script, for modules that are made of a model.
  ...(["esm", "iife"] as const).map((format) => ({
    ...shared,
    entry: { predict: "src/predict.ts" },
    format,
    globalName: "nought",
    platform: "neutral" as const,
    dts: false,
    define: { "globalThis.NOUGHT_TINY": "true" },
    minify: true,
  })),
  // One file with all that every training needs, and what is imported later: it starts sooner, and as CommonJS sooner still.
  {
    ...shared,
    format: "cjs",
    entry: { cli: "src/cli/main.ts" },
    platform: "node",
    dts: false,
    noExternal: [/./],
    outputOptions: {
      chunkFileNames: "cli.[name].cjs",
      advancedChunks: { groups: [{ name: "shared", minShareCount: 2 }] },
    },
    // commander would start other programs by it; nought has none, and it takes its time to load.
    minify: { compress: false, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
    alias: { "node:child_process": "node:path" },
  },
  ...["worker.node", "legs.node"].map((name) => ({
    ...shared,
    entry: { [name]: `src/${name}.ts` },
    platform: "node" as const,
    dts: false,
    outputOptions: { inlineDynamicImports: true },
  })),
  // One file each without bare imports, for <script type="module"> and for a worker.
  ...["browser", "worker.browser", "legs.browser"].map((name) => ({
    ...shared,
    entry: { [name]: `src/${name}.ts` },
    platform: "browser" as const,
    dts: false,
    outputOptions: { inlineDynamicImports: true },
    noExternal: [/./],
  })),
  // The page, for any host: dist/playground/ has all that it needs.
  ...["main", "worker"].map((name) => ({
    ...shared,
    outDir: "dist/playground",
    entry: { [name]: `src/playground/${name}.ts` },
    platform: "browser" as const,
    dts: false,
    minify: true,
    outputOptions: { inlineDynamicImports: true },
    noExternal: [/./],
    copy:
      name === "main"
        ? [
            ...["index.html", "style.css", "controls.css", "models.css", "data.css", "tables.json"].map(
              (it) => `src/playground/${it}`,
            ),
            ...["scalar", "simd"].map((build) => `dist/nought.${build}.wasm`),
          ]
        : [],
  })),
  { ...shared, entry: { index: "src/index.ts", predict: "src/predict.ts" }, dts: { emitDtsOnly: true } },
]);
