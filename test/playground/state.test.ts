import { describe, expect, it, test } from "vitest";
import { DataError } from "../../src/errors.js";
import { inferPlan } from "../../src/playground/infer.js";
import { formatState, lambdaOf, parseState, stateOf, withLambda } from "../../src/playground/state.js";
import { makeProblem, SYNTHETIC, type SyntheticName } from "../../src/playground/synthetic.js";
import "../../src/node.js";
import { bytesOf, errorOf } from "../helpers.js";

describe("a state and its link", () => {
  it("says only what differs from the defaults", () => {
    expect(formatState(stateOf("needles"))).toBe("data=needles");
    expect(parseState("").state).toEqual(stateOf("needles"));
  });

  it("comes back from its link, with every move of λ", () => {
    let state = {
      ...stateOf("islands"),
      noise: 0.35,
      seed: 12,
      batch: 32,
      speed: 240,
      real: "my data.csv",
      strength: 2e-5,
    };
    state = withLambda({ ...state, steps: 40 }, 0.01);
    state = withLambda(state, 0.02); // takes the place of the one before
    state = withLambda({ ...state, steps: 90 }, 0.3);
    expect(state.lambdas).toEqual([
      [0, SYNTHETIC.islands.lambda],
      [40, 0.02],
      [90, 0.3],
    ]);
    expect(lambdaOf(state)).toBe(0.3);
    expect(parseState(formatState(state))).toEqual({ state, problems: [] });
  });

  test.each([
    ["data=nothing", "data"],
    ["seed=1.5", "seed"],
    ["noise=", "noise"],
    ["rate=1e9", "rate"],
    ["steps=1e9", "steps"],
    ["lambda=x", "lambda"],
    ["lambda=0.1,50:0.2", "lambda"], // of a step not taken
    ["steps=9&lambda=0.1,5:0.2,5:0.3", "lambda"],
    ["lambda=-1", "lambda"],
  ])("%s is told, and left at its default", (link, name) => {
    const { state, problems } = parseState(link);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}=`));
    expect({ ...state, steps: 0 }).toEqual(stateOf("needles"));
  });
});

test.each(Object.keys(SYNTHETIC) as SyntheticName[])("%s: equal seeds make equal rows, others others", (name) => {
  const one = makeProblem(name, 0.1, 1);
  expect(makeProblem(name, 0.1, 1)).toEqual(one);
  expect(makeProblem(name, 0.1, 2).arrays.labels).not.toEqual(one.arrays.labels);
  expect(one.features.length).toBe(one.arrays.dimension);
  expect(one.features.filter(({ isSignal }) => isSignal).length).toBeGreaterThan(0);
});

describe("what can be asked of a table", () => {
  const plan = (text: string, asked: string | null = null) => inferPlan(bytesOf(text), "t.csv", asked);
  const rows = (make: (i: number) => string, n = 40) => Array.from({ length: n }, (_, i) => make(i)).join("\n");

  it("numbers are asked against their median, texts for their most common value", async () => {
    const text = `a,b,c\n${rows((i) => `${i},${i % 3 ? "x" : "y"},${i % 2}`)}`;
    expect(await plan(text)).toMatchObject({ targets: ["a", "b", "c"], target: "c", expression: "`c` >= 1" });
    expect(await plan(text, "a")).toMatchObject({ expression: "`a` > 19", question: "Is a above its median, 19?" });
    expect(await plan(text, "b")).toMatchObject({ expression: '`b` == "x"', question: "Is b “x”?" });
    expect((await plan(`a,b\n${rows((i) => `${i % 5},${i - 40}`)}`)).expression).toBe("`b` > (0 - 21)");
  });

  it("latitude and longitude make a map; what says nothing is left out, and told", async () => {
    const text = `id,lat,lon,note,same,y\n${rows((i) => `k${i}z,${50 + i / 40},${4 + i / 40},two words ${i},1,${i % 2}`)}`;
    const { space, notes } = await plan(text);
    expect(Object.keys(space.features)).toEqual(["lat", "lon", "place", "note"]);
    expect(space.features).toMatchObject({
      lat: { kind: "bucket", width: 0.02 },
      place: { kind: "cross", of: ["lat", "lon"] },
      note: { kind: "tokens" },
    });
    expect(notes).toEqual(["id is different in nearly every row: left out", "same has one value: left out"]);
  });

  test.each([
    ["", /empty/],
    ["a,b\n", /no rows/],
    ["a,b\n1,2\n1,2\n", /no column has more than one value/],
    ["a\n1\n2\n", /no column to predict a from/],
    ["a,b\n1,2\n3\n", /t\.csv:3/],
  ])("%j is refused", async (text, message) => {
    const error = await errorOf(plan(text));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
  });
});
