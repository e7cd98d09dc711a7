import { describe, expect, test } from "vitest";
import type { Cell } from "../../src/features/cell.js";
import { compileExpression } from "../../src/features/expression.js";
import { DataError, OptionError } from "../../src/node.js";
import { errorOf } from "../helpers.js";

const RECORD: Record<string, Cell> = {
  a: 6,
  b: "2",
  zero: 0,
  none: "",
  city: "Oslo",
  "two words": 5,
  on: true,
  code: "2.0",
};

function evaluate(text: string) {
  return compileExpression(text).evaluate((column) => RECORD[column]);
}

test.each([
  ["1 + 2 * 3", 7],
  ["(1 + 2) * 3", 9],
  ["10 - 4 - 3", 3],
  ["12 / 3 / 2", 2],
  ["a / b + 1", 4],
  ["-a + b", -4],
  ["2 - -3", 5],
  ["-(a - 1) * 2", -10],
  [".5e1 + 1.", 6],
  ["`two words` * 2", 10],
  ["on + 1", 2],
  ["a > b", true],
  ["a + 1 <= b * 3", false],
  ["a >= 6", true],
  ["a < 6", false],
  ["b == 2", true],
  ["b = 2.0", true],
  ["code == '2'", true],
  ["b != 2", false],
  ['city == "Oslo"', true],
  ["city != 'Oslo'", false],
  ["city == 'oslo'", false],
  ["'a b' == 'a b'", true],
])("%s is %j", (text, expected) => {
  expect(evaluate(text)).toBe(expected);
});

test.each(["a / zero", "zero / zero", "none + 1", "none > 1", "none == 1", "absent", "1 > a / 0"])(
  "%s is missing",
  (text) => {
    expect(evaluate(text)).toBeNull();
  },
);

test("names its columns once, and whether it compares", () => {
  const comparison = compileExpression("a * a + `two words` > b");
  expect(comparison.columns).toEqual(["a", "two words", "b"]);
  expect(comparison.isComparison).toBe(true);
  expect(compileExpression("a - 1").isComparison).toBe(false);
});

describe("errors", () => {
  test.each([
    ["", 'expression "": expected a number, a text or a column, got its end'],
    ["1 +", 'expression "1 +": expected a number, a text or a column, got its end'],
    ["1 +  * 2", 'expression "1 +  * 2": expected a number, a text or a column, got "*" at character 6'],
    ["(a", 'expression "(a": expected ")", got its end'],
    [
      "a b",
      'expression "a b": expected a comparison or its end, got "b" at character 3; ' +
        'text stands in "quotes", a column\'s name of several words in `backticks`',
    ],
    [
      "log(a)",
      'expression "log(a)": log is no function, there are + − * / and comparisons only; ' +
        "a column with other signs in its name stands in `backticks`",
    ],
    ["a < b < 3", 'expression "a < b < 3": expected its end, got "<" at character 7'],
    ["a & b", 'expression "a & b": character 3 makes no sense'],
    ["'open", 'expression "\'open": character 1 makes no sense'],
    ["2x", 'expression "2x": expected a comparison or its end, got "x" at character 2'],
  ])("%j", async (text, message) => {
    const error = await errorOf(() => compileExpression(text));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toBe(message);
  });

  test("text in arithmetic is bad data", async () => {
    const error = await errorOf(() => evaluate("city * 2"));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe('expression: value "Oslo" is not a finite decimal number');
  });

  test("nothing is evaluated as code", async () => {
    expect(await errorOf(() => evaluate("process.exit(1)"))).toBeInstanceOf(OptionError);
  });
});
