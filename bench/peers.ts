// nought's batch solver beside its peers on the same data in the same run: LIBLINEAR, scikit-learn and glmnet; and its
// path of strengths on imdb_uni beside the hardest of them.
//
//     npm run bench:peers -- [--rounds 3] [set …]
//
// Sets are those of SETS, "towns" and "housing"; all by default. A set or a peer that is not there is skipped by name.
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { readHousing, TRAIN } from "./housing.js";
import { compareLiblinear } from "./peers/liblinear.js";
import { compareLasso, compareLogistic } from "./peers/packages.js";
import { measurePath } from "./peers/path.js";
import { readProblem, writeProblem } from "./peers/problem.js";
import { CLI, type Task } from "./peers/process.js";
import { readTowns } from "./world.js";

const DATA = fileURLToPath(new URL("../../shared/data/", import.meta.url));
const SETS = ["a9a", "imdb_uni", "news20b_uni", "criteo_x"];

/** Returns a set as a task, unzipped into the folder or encoded there; null when its data is absent. */
async function taskOf(name: string, folder: string): Promise<Task | null> {
  const made = join(folder, `${name}.svm`);
  const task = (file: string): Task => ({ name, file, folder, problem: readProblem(file) });
  if (name === "towns" || (name === "housing" && existsSync(TRAIN))) {
    using data = await (name === "towns" ? readTowns() : readHousing());
    writeProblem(made, data);
    return task(made);
  }
  const plain = [join(DATA, name), join(DATA, `${name}.svm`)].find((it) => existsSync(it));
  if (plain) return task(plain);
  const zipped = join(DATA, `${name}.svm.gz`);
  if (!existsSync(zipped)) return null;
  await pipeline(createReadStream(zipped), createGunzip(), createWriteStream(made));
  return task(made);
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "3" } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const names = positionals.length > 0 ? positionals : [...SETS, "towns", "housing"];

if (!existsSync(CLI)) {
  console.log("dist/cli.cjs is absent: npm run build first");
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), "nought-peers-"));
  try {
    console.log(`${cpus()[0]?.model}, Node ${process.version}`);
    const tasks = new Map<string, Task>();
    for (const name of names) {
      const task = await taskOf(name, folder);
      if (task) tasks.set(name, task);
      else console.log(`${name}: skipped, its data is absent`);
    }
    const { housing, a9a, ...others } = Object.fromEntries(tasks);
    await compareLiblinear([...(a9a ? [a9a] : []), ...Object.values(others)], rounds);
    if (a9a) await compareLogistic(a9a, rounds);
    if (housing) await compareLasso(housing, rounds);
    if (others.imdb_uni) await measurePath(others.imdb_uni, rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
