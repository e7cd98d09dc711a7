import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    maxWorkers: 2, // many tests wait for processes
    coverage: {
      include: [
        "src/data/{bytes,cachefile,csv,json,label,linereader,lines,ndjson,plain,svmlight,text,utf8,vw}.ts",
        "src/baseline/{cells,csv,number,parsing,svmlight,text,vw}.ts",
        "src/model/{codec,container,packing,rice}.ts",
        "src/train/checkpoint.ts",
      ],
      reporter: ["text"],
      reportOnFailure: true,
      thresholds: {
        "src/data/{bytes,json,linereader,ndjson,svmlight,text}.ts": { branches: 100 },
        "src/train/checkpoint.ts": { branches: 100 },
      },
    },
  },
});
