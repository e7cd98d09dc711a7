import { describe, expect, test } from "vitest";
import { HostMemory, LinearMemory } from "../../src/engine/memory.js";
import { MemoryError } from "../../src/node.js";
import { errorOf } from "../helpers.js";

function linear(maximum = 64): LinearMemory {
  return new LinearMemory(new WebAssembly.Memory({ initial: 1, maximum }), 100);
}

describe.each([
  ["LinearMemory", () => linear()],
  ["HostMemory", () => new HostMemory()],
])("%s", (_, make) => {
  test("arrays begin as zeros and hold their type and length", () => {
    const memory = make();
    const arrays = [memory.f64(3), memory.f32(5), memory.u32(7)];
    expect(arrays.map((it) => it.view.constructor.name)).toEqual(["Float64Array", "Float32Array", "Uint32Array"]);
    expect(arrays.map((it) => [it.length, it.view.length])).toEqual([
      [3, 3],
      [5, 5],
      [7, 7],
    ]);
    for (const { view } of arrays) expect(Array.from(view)).toEqual(Array(view.length).fill(0));
  });

  test("grown arrays keep their beginning and end in zeros", () => {
    const memory = make();
    const first = memory.u32(3);
    first.view.set([1, 2, 3]);
    const topmost = memory.grow(first, 5);
    expect(Array.from(topmost.view)).toEqual([1, 2, 3, 0, 0]);
    memory.f64(1).view.set([Math.PI]);
    const moved = memory.grow(topmost, 7);
    expect(Array.from(moved.view)).toEqual([1, 2, 3, 0, 0, 0, 0]);
  });

  test("resized slices keep what is in use, whichever way each goes", () => {
    const memory = make();
    const lengths = [4, 1000, 7, 0, 500];
    const slices = lengths.map((length) => memory.u32(length));
    slices.forEach(({ view }, i) => {
      view.forEach((_, k) => {
        view[k] = 10_000 * i + k;
      });
    });
    const others = [9000, 20, 3000, 40, 500];
    const used = [4, 20, 7, 0, 300];
    const resized = memory.resize(slices, others, used);
    const again = memory.resize(resized, lengths, used);
    for (const [list, sizes] of [
      [resized, others],
      [again, lengths],
    ] as const) {
      expect(list.map(({ length, view }) => [length, view.length])).toEqual(sizes.map((size) => [size, size]));
    }
    again.forEach(({ view }, i) => {
      expect(Array.from(view.subarray(0, used[i]))).toEqual(Array.from({ length: used[i]! }, (_, k) => 10_000 * i + k));
    });
  });

  test("trimmed slices stay where they are", () => {
    const memory = make();
    const [a, b] = [memory.f64(50), memory.u32(100)];
    a.view.fill(1);
    b.view.fill(2);
    const [shorter, none] = memory.trim([a, b], [3, 0]);
    expect([Array.from(shorter!.view), none!.length]).toEqual([[1, 1, 1], 0]);
    expect(shorter!.pointer).toBe(a.pointer);
    memory.f64(20);
    expect(Array.from(shorter!.view)).toEqual([1, 1, 1]);
  });

  test("views survive growth of the memory", () => {
    const memory = make();
    const slice = memory.f64(4);
    slice.view.set([1, 2, 3, 4]);
    memory.f64(100_000);
    slice.view[0] = 9;
    expect(Array.from(slice.view)).toEqual([9, 2, 3, 4]);
  });
});

describe("LinearMemory", () => {
  test("growth detaches a held view, never a slice's", () => {
    const memory = linear();
    const slice = memory.f64(4);
    const held = slice.view;
    memory.f64(100_000);
    expect(held.length).toBe(0);
    expect(slice.view.length).toBe(4);
  });

  test("begins at or above its base, aligned to 16 bytes", () => {
    const memory = linear();
    expect(memory.f32(1).pointer).toBe(112);
    expect(memory.f32(1).pointer).toBe(128);
  });

  test("the topmost array grows in place, another elsewhere", () => {
    const memory = linear();
    const below = memory.u32(3);
    const top = memory.u32(3);
    expect(memory.grow(top, 50).pointer).toBe(top.pointer);
    expect(memory.grow(below, 4).pointer).toBeGreaterThan(top.pointer);
  });

  test("two empty arrays grown in turn do not overlap", () => {
    const memory = linear();
    const [a, b] = [memory.u32(0), memory.u32(0)];
    const grownA = memory.grow(a, 4);
    const grownB = memory.grow(b, 4);
    grownA.view.fill(1);
    grownB.view.fill(2);
    expect(Array.from(grownA.view)).toEqual([1, 1, 1, 1]);
  });

  test("release gives memory back, and what is taken again is zeros", () => {
    const memory = linear();
    const mark = memory.mark();
    const dirty = memory.u32(100);
    dirty.view.fill(7);
    memory.release(mark);
    expect(memory.mark()).toBe(mark);
    const clean = memory.u32(100);
    expect(clean.pointer).toBe(dirty.pointer);
    expect(clean.view.every((it) => it === 0)).toBe(true);
  });

  test("growing in place zeroes bytes that were in use before a release", () => {
    const memory = linear();
    const slice = memory.u32(2);
    const mark = memory.mark();
    memory.u32(50).view.fill(7);
    memory.release(mark);
    expect(Array.from(memory.grow(slice, 6).view)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("a refused growth names what was needed, had and allowed", async () => {
    const memory = linear(2);
    const error = await errorOf(() => memory.f64(1_000_000));
    expect(error).toBeInstanceOf(MemoryError);
    expect(error.message).toBe(
      "9 MB of WebAssembly memory needed, 1 MB had; growing it was refused. " +
        "WebAssembly allows at most 4,295 MB (4 GiB), a browser or a phone often less; " +
        "streaming (--stream, streamSvmlight, streamCsv) needs no more than the columns.",
    );
    expect(memory.f64(1).view[0]).toBe(0);
  });

  test("takes the exact size where half as much again is refused", () => {
    const memory = linear(2);
    expect(memory.f64(16_000).view.length).toBe(16_000);
  });

  test("more than 4 GiB is refused even where all 4 GiB can be had", async () => {
    const memory = new LinearMemory(new WebAssembly.Memory({ initial: 1 }), 0);
    const error = await errorOf(() => memory.allocate(2 ** 32 + 16));
    expect(error).toBeInstanceOf(MemoryError);
    expect(error.message).toMatch(/^4,295 MB of WebAssembly memory needed, 1 MB had/);
  });
});

test("HostMemory refuses what the machine refuses", async () => {
  const error = await errorOf(() => new HostMemory().f64(2 ** 50));
  expect(error).toBeInstanceOf(MemoryError);
  expect(error.message).toBe("9,007,199,255 MB needed for one array; it was refused");
});
