import { defineConfig } from "vitest/config";

/** Tests of what reads input and files, by which every branch of it must be taken. */
const FORMATS = [
  "test/corpus/**/*.test.ts",
  "test/data/**/*.test.ts",
  "test/model/{codec,quantize,rice,score}.test.ts",
  "test/train/{checkpoint,slots}.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    setupFiles: "test/setup.ts",
    maxWorkers: 2, // many tests wait for processes
    projects: [
      { extends: true, test: { name: "formats", include: FORMATS } },
      { extends: true, test: { name: "others", include: ["test/**/*.test.ts"], exclude: FORMATS } },
    ],
    coverage: {
      include: [
        "src/data/{bytes,cachefile,csv,json,label,linereader,lines,ndjson,plain,svmlight,text,utf8,vw}.ts",
        "src/baseline/{cells,csv,number,parsing,svmlight,text,vw}.ts",
        "src/model/{codec,container,packing,rice}.ts",
        "src/train/checkpoint.ts",
      ],
      reporter: ["text"],
      reportOnFailure: true,
      thresholds: { branches: 100 },
    },
  },
});
