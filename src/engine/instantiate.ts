import { instantiateSync } from "@assemblyscript/loader";
import type { Exports } from "./wasm.js";

/**
 * Instantiates the kernels on a memory of the host's. The only user of AssemblyScript's loader: not of its asynchronous
 * function, which asks for a Response first, and for that Node loads its whole HTTP client.
 */
export async function instantiateOn(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Exports> {
  const { exports } = instantiateSync<Record<string, unknown>>(module, { env: { memory } });
  return exports as unknown as Exports;
}
