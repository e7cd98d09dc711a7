import { describe, expect, test } from "vitest";
import { ndjsonSource } from "../../src/data/ndjson.js";
import { recordsSource } from "../../src/data/records.js";
import { learnSpace, type TableOptions } from "../../src/data/table.js";
import type { Engine } from "../../src/engine/engine.js";
import { hash } from "../../src/features/define.js";
import { Random } from "../../src/random.js";
import { bytesOf, cut, ENGINES } from "../helpers.js";
import { counting, outcomeOf, SPACES, TARGETS } from "./tables.js";

/** Lines of which fields are learned: as many as are read before a kernel is asked. */
const FIRST =
  '{"x":1,"y":2.5,"word":"red","text":"a b","label":1,"weight":1,"rest":"-"}\n{"x":0,"label":0,"rest":0}\n'.repeat(128);
const FIELDS = ["x", "y", "word", "text", "label", "weight", "rest"];
const NUMBERS = '1 0 -1 2.5 0.30 1e1 12345678 -0 -0.0 12.0 1.25E-2 123456789012345 0.000001 5 5.0 "2" " 1 "'.split(
  / (?!1 ")/,
);
const ODD = [
  ..."1234567890123456 12345678901234567890 0.12345678901234567 1e300 1e23 1e999 0.0000001 1e-7 -1e+100".split(" "),
  ..."01 1. +1 .5 - 1e 0x1 nan NaN tru nul null true false {} [] [1] [null]".split(" "),
  ...[
    '""',
    '"NA"',
    '"é?"',
    '["a","b c"]',
    '{"a":1}',
    '"\\u0031"',
    '"a\\"b"',
    '"\\\\\\n"',
    '"\\x"',
    '"\\u00g0"',
    '"a\tb"',
    '"open',
    "",
    '"5"',
  ],
];
const WORDS = ["red", "green", "blue", "5", "5.0", "été", "", "NA", "a b", "longer than eight", "😀", "\ufeffred"];

/** Lines of records: mostly good ones, in whatever order and with whatever blanks. */
function lines(random: Random, isClean: boolean): string {
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
  const rarely = <T>(odd: readonly T[], usual: readonly T[]) =>
    pick(random.below(isClean ? 300 : 90) === 0 ? odd : usual);
  const word = () => rarely([...ODD, ...NUMBERS], [JSON.stringify(pick(WORDS))]);
  const text = () =>
    JSON.stringify(Array.from({ length: random.below(5) }, () => pick(WORDS)).join(rarely(["\u2003", "\t"], [" "])));
  let all = "";
  for (let i = 0, count = 4 + random.below(40); i < count; i++) {
    const values: Record<string, string> = {
      x: rarely(ODD, NUMBERS),
      y: rarely(ODD, NUMBERS),
      word: word(),
      text: rarely(ODD, [text()]),
      label: rarely([...ODD, '"true"', "2", "-1"], ["1", "0"]),
      weight: rarely(["0", "-1", "2.5", ...ODD], ["1", "1", "2"]),
      rest: rarely(ODD, ['"-"', '"a\\u00e9\\n"', "true", "1e-7", "0.1234567890123456789"]),
    };
    const names = FIELDS.filter((name) => random.below(name === "label" ? 60 : 12) > 0);
    if (random.below(4) === 0) names.reverse();
    if (random.below(30) === 0) names.push(pick(["x", "other", "re\\u0073t", ""]));
    const blank = () => (random.below(60) ? "" : pick([" ", "\t", "  ", "\t \t"])) + (random.below(900) ? "" : "\r");
    const fields = names.map((name) => `${blank()}"${name}"${blank()}:${blank()}${values[name] ?? "1"}${blank()}`);
    const open = rarely(["", " {", "{,"], ["{"]);
    all += `${open}${fields.join(rarely(["", ",,", " , "], [","]))}${rarely(["", "} x", ",}", "}}"], ["}"])}`;
    all += rarely(["\n\n", "\r\n\r\n", "\r\r\n", " \n"], ["\n", "\n", "\r\n"]);
  }
  return random.below(4) === 0 ? all.trimEnd() : all;
}

const optionsOf = (random: Random): TableOptions => ({
  loss: random.below(2) ? "logistic" : "squared",
  target: random.below(3) ? TARGETS[0]! : TARGETS[random.below(TARGETS.length)]!,
  skipBad: random.below(4) ? 1000 : 0,
  ...(random.below(3) === 0 && { weight: "weight" }),
  ...(random.below(3) === 0 && { positive: random.below(3) }),
});

describe.each(["simd", "scalar", "baseline"] as const)("objects read by the %s kernel", (build) => {
  test("are what the reader of records gives, errors and their places too, however the text is cut", async () => {
    const random = new Random(7);
    let [good, taken] = [0, 0];
    for (let round = 0; round < 250; round++) {
      using engine = await ENGINES[build]();
      using counter = counting(engine);
      const definition = SPACES[round % SPACES.length]!;
      const options = optionsOf(random);
      const learned = ndjsonSource(bytesOf(FIRST + lines(random, true)), { keep: false });
      const space = await learnSpace(learned, definition, { ...options, skipBad: 1000 }).catch(() => null);
      if (!space) continue;
      const text = lines(random, random.below(2) === 0);
      const bytes = bytesOf(FIRST + text);
      const sourceOf = (...places: number[]) => ndjsonSource(cut(bytes, ...places), { name: "fuzz", keep: false });
      const places = Array.from({ length: random.below(4) }, () => FIRST.length + random.below(text.length + 1));
      const expected = await outcomeOf(sourceOf(), space, options);
      const shown = JSON.stringify([text, definition, options, places]);
      const found = await outcomeOf(sourceOf(...places.sort((a, b) => a - b)), space, options, engine);
      expect(found, shown).toEqual(expected);
      taken += counter.taken;
      if (!expected.error) good++;
    }
    expect(good).toBeGreaterThan(60);
    expect(taken).toBeGreaterThan(1000);
  });

  test("have no fields, or truths that an expression takes", async () => {
    using engine = await ENGINES[build]();
    const options = { loss: "squared", target: "label", skipBad: 9 } as const;
    const space = await learnSpace(ndjsonSource(bytesOf(FIRST), { keep: false }), SPACES[2]!, options);
    const tail =
      '{}\n{ }\n{"word":true,"label":1}\n{"word":"red","label":true}\n{"word":"red","rest":false,"label":0}\n';
    const sourceOf = () => ndjsonSource(bytesOf(FIRST + tail), { name: "fuzz", keep: false });
    const found = await outcomeOf(sourceOf(), space, options, engine);
    expect(found).toEqual(await outcomeOf(sourceOf(), space, options));
    expect(found.tally).toMatchObject({ rows: 259, skipped: 2 });
  });

  test("have a few fields: with very many in play they are read one by one", async () => {
    for (const [fields, isTaken] of [
      [500, true],
      [600, false],
    ] as const) {
      using engine = await ENGINES[build]();
      const tail = Array.from(
        { length: 2 * fields },
        (_, i) => `{"x":${i},"f${i % fields}":1,"label":${i % 2}}\n`,
      ).join("");
      const options = { loss: "logistic", target: "label" } as const;
      const space = await learnSpace(recordsSource([]), { features: { x: hash("x", 64) } }, options);
      using counter = counting(engine);
      const names = Array.from({ length: fields }, (_, i) => `"f${i}":0`).join();
      const first = `{"label":1,${names},"x":1}\n{"label":0,${names}}\n`.repeat(128); // both labels are known
      const bytes = bytesOf(first + tail);
      const sourceOf = () => ndjsonSource(bytes, { name: "fuzz", keep: false });
      expect(await outcomeOf(sourceOf(), space, options, engine)).toEqual(await outcomeOf(sourceOf(), space, options));
      expect(counter.taken).toBe(isTaken ? 2 * fields : 0);
    }
  });

  test("teach a space what records teach it", async () => {
    const random = new Random(8);
    let [good, taken] = [0, 0];
    for (let round = 0; round < 120; round++) {
      const definition = SPACES[round % SPACES.length]!;
      const options = optionsOf(random);
      const text = lines(random, random.below(2) === 0);
      const bytes = bytesOf(FIRST + text);
      const learn = async (start: () => Promise<Engine | null>, ...places: number[]) => {
        const source = ndjsonSource(cut(bytes, ...places), { name: "fuzz", keep: false });
        return learnSpace(source, definition, options, start).then(
          (space) => space.state.learned,
          (error: Error) => error.message,
        );
      };
      const engine = await ENGINES[build](); // learnSpace disposes of it
      using counter = counting(engine);
      const expected = await learn(async () => null);
      const place = FIRST.length + random.below(text.length + 1);
      expect(await learn(async () => engine, place), JSON.stringify([text, definition, options, place])).toEqual(
        expected,
      );
      taken += counter.taken;
      if (typeof expected !== "string") good++;
    }
    expect(good).toBeGreaterThan(30);
    expect(taken).toBeGreaterThan(500);
  });
});
