// nought's path of strengths beside its single hardest one.
import { fit, fitPath, readSvmlight } from "../../src/node.js";
import { median, type Task } from "./process.js";

/** Prints what a path of 100 strengths takes, and the last of them alone from nothing, on one thread and on two. */
export async function measurePath({ name, file }: Task, rounds: number): Promise<void> {
  console.log(
    `\n${name}: a path of 100 strengths down to λmax/1000, each to a relative gap of 1e-6, and the last one alone`,
  );
  for (const threads of [1, 2]) {
    using data = await readSvmlight(file, { threads });
    const [paths, alones] = [[] as number[], [] as number[]];
    let certified = 0;
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      const { points } = await fitPath(data);
      paths.push((performance.now() - began) / 1000);
      const { certificate } = await fit(data, { solver: "batch", l1: points.at(-1)!.l1 });
      alones.push((performance.now() - began) / 1000 - paths.at(-1)!);
      certified += points.filter((it) => it.converged).length + Number(certificate!.converged);
    }
    const [path, alone] = [median(paths), median(alones)];
    const seconds = `${path.toFixed(2)} s, alone ${alone.toFixed(2)} s: ${(path / alone).toFixed(1)}×`;
    console.log(`${threads} thread${threads > 1 ? "s" : ""}: ${seconds}; ${certified} of ${101 * rounds} certified`);
  }
}
