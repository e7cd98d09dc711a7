import { type Constructor, LinearMemory, LinearSlice, type NumberArray } from "./memory.js";

// What can be sent to another thread that has the same memory.

const TYPES: Record<string, Constructor<NumberArray>> = { Float64Array, Float32Array, Uint32Array, Uint8Array };

/** A slice on its way. */
interface Packed {
  slice: string;
  pointer: number;
  length: number;
}

/** Returns plain data, arrays and slices of linear memory in a form that can be posted: slices by their addresses. */
export function packed(value: unknown): unknown {
  if (value instanceof LinearSlice) {
    const { type, pointer, length } = value;
    return { slice: type.name, pointer, length } satisfies Packed;
  }
  return mapped(value, packed);
}

/** Returns what was packed, on another thread. */
export function unpacked(value: unknown, memory: WebAssembly.Memory): unknown {
  const arena = new LinearMemory(memory, 0, 0); // nothing is allocated there
  const open = (it: unknown): unknown => {
    if (!isPlain(it) || !("slice" in it)) return mapped(it, open);
    const { slice, pointer, length } = it as unknown as Packed;
    return arena.slice(TYPES[slice]!, pointer, length);
  };
  return open(value);
}

function mapped(value: unknown, by: (it: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(by);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, by(it)]));
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
