import { afterEach, describe, expect, test } from "vitest";
import { crossValidate, encodeModel } from "../../src/node.js";
import { type Platform, platform, providePlatform } from "../../src/platform.js";
import type { CrossValidation } from "../../src/train/validate.js";
import { errorOf, problem } from "../helpers.js";

const node = platform();
afterEach(() => providePlatform(node));

const DATA = problem({ rows: 16_000 });
const OPTIONS = { lambdas: 12, ratio: 0.05, folds: 6 };

type Start = Platform["startThread"];
const isLegs = (start: Parameters<Start>[0]) => "tour" in start;

/** Starts threads on legs in another way than Node's own. */
function starting(startThread: Start): void {
  providePlatform({
    ...node,
    startThread: (...all) => (isLegs(all[0]) ? startThread : node.startThread)(...all),
  });
}

function said({ points }: CrossValidation): unknown {
  return points.map(({ model, cv, loss }) => [Buffer.from(encodeModel(model)).toString("hex"), cv, loss]);
}

describe("folds on threads", () => {
  let alone: unknown;

  test("give what one thread gives", async () => {
    alone = said(await crossValidate(DATA, OPTIONS));
    let started = 0;
    starting((...args) => {
      started++;
      return node.startThread(...args);
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 3 }))).toEqual(alone);
    expect(started).toBe(2);
  });

  test("give it without threads, where the machine gives none", async () => {
    starting(() => {
      throw new Error("not here");
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 3 }))).toEqual(alone);
  });

  test("give it though a thread dies at work", async () => {
    let died = 0;
    starting((start, onLost, onTold) => {
      const lost = (cause: Error) => {
        died++;
        onLost(cause);
      };
      const thread = node.startThread(start, lost, onTold);
      setTimeout(() => thread.end(), 250);
      return thread;
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 2 }))).toEqual(alone);
    expect(died).toBe(1);
  });

  test("give it though threads have not memory enough", async () => {
    starting((start, ...hooks) => {
      const { lease } = start as { lease: { from: number; to: number } };
      return node.startThread({ ...start, lease: { ...lease, to: lease.from + 50_000 } } as typeof start, ...hooks);
    });
    expect(said(await crossValidate(DATA, { ...OPTIONS, threads: 3 }))).toEqual(alone);
  });

  test("stop when told to, and leave the memory alone", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("enough")), 400);
    const began = performance.now();
    const error = await errorOf(
      crossValidate(DATA, { ...OPTIONS, lambdas: 100, ratio: 1e-4, threads: 3, signal: abort.signal }),
    );
    expect(error.message).toBe("enough");
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
