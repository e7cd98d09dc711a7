import { instantiate } from "@assemblyscript/loader";
import type { Exports } from "./wasm.js";

/** Instantiates the kernels on a memory of the host's. The only user of AssemblyScript's loader. */
export async function instantiateOn(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Exports> {
  const { exports } = await instantiate<Record<string, unknown>>(module, { env: { memory } });
  return exports as unknown as Exports;
}
