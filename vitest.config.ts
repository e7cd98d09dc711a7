import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests of what reads input and files, by which every branch of it must be taken. */
const FORMATS = [
  "test/corpus/**/*.test.ts",
  "test/data/**/*.test.ts",
  "test/model/{codec,quantize,rice,score}.test.ts",
  "test/train/{checkpoint,slots}.test.ts",
];

/** What takes two minutes begins first, beside the others, and not last, beside none. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => moduleId.endsWith("test/soak.test.ts");
    return [...sorted.filter(isLong), ...sorted.filter((it) => !isLong(it))];
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    sequence: { sequencer: LongestFirst },
    setupFiles: "test/setup.ts",
    maxWorkers: 2, // many tests wait for processes
    projects: [
      { extends: true, test: { name: "formats", include: FORMATS } },
      { extends: true, test: { name: "others", include: ["test/**/*.test.ts"], exclude: FORMATS } },
    ],
    coverage: {
      include: [
        "src/data/{bytes,cachefile,csv,json,label,linereader,lines,ndjson,plain,svmlight,text,utf8,vw}.ts",
        "src/baseline/{cells,csv,number,objects,parsing,svmlight,text,vw}.ts",
        "src/model/{codec,container,packing,rice}.ts",
        "src/train/checkpoint.ts",
      ],
      reporter: ["text"],
      reportOnFailure: true,
      thresholds: { branches: 100 },
    },
  },
});
