// nought's path of strengths beside its single hardest one.
import { fit, fitPath, readSvmlight } from "../../src/node.js";
import type { Task } from "./process.js";

/** Prints what a path of 100 strengths takes, and the last of them alone from nothing, on one thread and on two. */
export async function measurePath({ name, file }: Task): Promise<void> {
  console.log(
    `\n${name}: a path of 100 strengths down to λmax/1000, each to a relative gap of 1e-6, and the last one alone`,
  );
  for (const threads of [1, 2]) {
    using data = await readSvmlight(file, { threads });
    const began = performance.now();
    const { points } = await fitPath(data);
    const path = performance.now() - began;
    const { certificate } = await fit(data, { solver: "batch", l1: points.at(-1)!.l1 });
    const alone = performance.now() - began - path;
    const converged = points.filter((it) => it.converged).length;
    const seconds = `${(path / 1000).toFixed(2)} s, alone ${(alone / 1000).toFixed(2)} s: ${(path / alone).toFixed(1)}×`;
    console.log(
      `${threads} thread${threads > 1 ? "s" : ""}: ${seconds}; ${converged + Number(certificate!.converged)} of 101 certified`,
    );
  }
}
