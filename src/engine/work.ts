import { BELL, Control, type Kernel, STARTED } from "./control.js";
import { instantiateOn } from "./instantiate.js";

/** What a worker is given. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Address of the control block. */
  control: number;
  /** Names of the kernels that calls say by number. */
  kernels: readonly string[];
}

/** Runs the calls of a pool until the thread is ended. */
export async function work({ module, memory, control: pointer, kernels }: WorkerStart): Promise<never> {
  const exports = await instantiateOn(module, memory);
  const own = kernels.map((name) => exports[name] as Kernel);
  const control = new Control(memory.buffer, pointer);
  const { words } = control;
  Atomics.add(words, STARTED, 1);
  for (;;) {
    const heard = Atomics.load(words, BELL);
    while (control.runNext(own));
    control.awaitBell(heard);
  }
}
