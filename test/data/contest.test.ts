import { afterEach, expect, test, vi } from "vitest";
import { Contest } from "../../src/data/contest.js";

afterEach(() => vi.restoreAllMocks());

/** Which of so many texts were shared, where a byte costs what is said, in milliseconds. */
function sharedOf(contest: Contest, texts: number, costs: { alone: number; shared: number }): boolean[] {
  return Array.from({ length: texts }, () => {
    const bytes = 1000;
    const isShared = contest.isShared(bytes);
    now += bytes * (isShared ? costs.shared : costs.alone);
    return isShared;
  });
}
let now = 0;
const share = (all: boolean[]) => all.filter(Boolean).length / all.length;

test("texts go the quicker way, but for a few that try the other", () => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const contest = new Contest();
  expect(share(sharedOf(contest, 64, { alone: 3, shared: 2 }))).toBeGreaterThan(0.9);
  // Another program has taken the second core: it is noticed, and so is its end.
  sharedOf(contest, 64, { alone: 3, shared: 5 });
  expect(share(sharedOf(contest, 128, { alone: 3, shared: 5 }))).toBeLessThan(0.1);
  sharedOf(contest, 64, { alone: 3, shared: 2 });
  expect(share(sharedOf(contest, 128, { alone: 3, shared: 2 }))).toBeGreaterThan(0.9);
});

test("both ways are tried", () => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
  for (const shared of [0.1, 10]) {
    const texts = sharedOf(new Contest(), 640, { alone: 1, shared });
    expect(share(texts)).toBeGreaterThan(0.05);
    expect(share(texts)).toBeLessThan(0.95);
  }
});
