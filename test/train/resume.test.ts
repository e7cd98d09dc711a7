import { describe, expect, test } from "vitest";
import { encodeModel, streamSvmlight } from "../../src/node.js";
import { bytesOf, problem, svmlightOf } from "../helpers.js";

const bytes = bytesOf(svmlightOf(problem({ rows: 20_000 })));

describe.each([
  ["ftrl", { lambda1: 3 }],
  ["sgd", { solver: "sgd", l1: 0.001, l2: 0.01 }],
] as const)("%s", (_, solver) => {
  test("resumed from any of its checkpoints gives the bytes of the whole run", async () => {
    const options = { ...solver, epochs: 2 };
    const whole = await streamSvmlight(bytes, options);
    const states: Uint8Array[] = [];
    const save = (state: Uint8Array) => void states.push(state);
    const kept = await streamSvmlight(bytes, { ...options, checkpoint: { save, everyRows: 1000 } });
    expect(encodeModel(kept.model)).toEqual(encodeModel(whole.model));
    expect(states.length).toBeGreaterThan(5);
    for (const resume of states) {
      const resumed = await streamSvmlight(bytes, { ...options, resume });
      expect(encodeModel(resumed.model)).toEqual(encodeModel(whole.model));
    }
  });
});
