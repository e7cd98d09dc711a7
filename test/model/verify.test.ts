import { describe, expect, test } from "vitest";
import { svmlightReader } from "../../src/data/svmlight.js";
import { readerOf as modelReaderOf } from "../../src/model/score.js";
import { verify } from "../../src/model/verify.js";
import {
  category,
  decodeModel,
  encodeModel,
  featureSpace,
  fit,
  Model,
  number,
  readCsv,
  readSvmlight,
  streamSvmlight,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { bytesOf, errorOf } from "../helpers.js";

interface Posed {
  text: Uint8Array;
  options: Parameters<typeof fit>[1] & { loss: "logistic" | "squared" };
}

/** A small problem of any kind: few rows or many, columns that lean on others or are the same, weak strengths or strong. */
function problem(seed: number): Posed {
  const random = new Random(seed);
  const [rows, columns] = [4 + random.below(60), 1 + random.below(40)];
  const loss = random.below(2) ? "logistic" : "squared";
  const isOnes = random.below(2) === 0;
  const truth = Array.from({ length: columns }, () => (random.below(3) ? 0 : 4 * random.unit() - 2));
  const lines = Array.from({ length: rows }, (_, i) => {
    let margin = random.unit() - 0.5;
    const cells: string[] = [];
    for (let j = 0; j < columns; j++) {
      if (random.unit() > 0.3) continue;
      const value = isOnes ? 1 : Math.fround(10 ** (2 * random.unit() - 1) * (random.below(2) ? 1 : -1));
      margin += truth[j]! * value;
      cells.push(`${j + 1}:${value}`);
      if (j % 7 === 0 && j + 1 < columns) cells.push(`${++j + 1}:${value}`); // a twin
    }
    const label = loss === "squared" ? margin : (i < 2 ? i : margin > 0) ? 1 : -1;
    return `${label} ${cells.join(" ")}\n`;
  });
  const options = {
    loss,
    l1: 10 ** (-4 * random.unit()) / 5,
    l2: random.below(3) ? 0 : 10 ** (-3 * random.unit()),
    intercept: random.below(4) > 0,
    tolerance: 10 ** (-1 - 7 * random.unit()),
    iterations: random.below(5) ? 1000 : 1 + random.below(3),
  } as const;
  return { text: bytesOf(lines.join("")), options };
}

const readerOf = ({ text, options: { loss } }: Posed) =>
  svmlightReader([text], { loss, skipBad: 0, keep: false, name: "rows" });

async function solved(posed: Posed): Promise<Model> {
  using data = await readSvmlight(posed.text, posed.options);
  const { model } = await fit(data, posed.options);
  return decodeModel(encodeModel(model));
}

/** The model with another claim. */
function claiming(model: Model, change: Partial<{ objective: number; gap: number }>): Model {
  const certificate = { ...model.training.certificate!, ...change };
  return Object.assign(Object.create(Object.getPrototypeOf(model)), model, {
    training: { ...model.training, certificate },
    weightOf: (id: number) => model.weightOf(id),
  });
}

describe("verify", () => {
  test("no gap that 500 random problems report is below what they are above the optimum", async () => {
    const counts = { confirmed: 0, refuted: 0, open: 0 };
    for (let seed = 1; seed <= 500; seed++) {
      const posed = problem(seed);
      const model = await solved(posed);
      const { verdict, objective, least, claimed } = await verify(model, readerOf(posed));
      counts[verdict]++;
      expect(objective - least, `seed ${seed}`).toBeLessThanOrEqual(claimed!.gap + 1e-12 * objective);
    }
    expect(counts.refuted).toBe(0);
    expect(counts.confirmed).toBeGreaterThan(450);
  }, 120_000);

  test("a claim that is too good is refuted", async () => {
    let tried = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const posed = problem(seed);
      Object.assign(posed.options, { iterations: 1, tolerance: 1e-9 });
      const model = await solved(posed);
      const { objective, least } = await verify(claiming(model, { gap: 1e-9 }), readerOf(posed));
      if (!(objective - least > 1e-6)) continue;
      tried++;
      const { verdict } = await verify(claiming(model, { gap: (objective - least) / 2 }), readerOf(posed));
      expect(verdict).toBe("refuted");
    }
    expect(tried).toBeGreaterThan(10);
  });

  test.each(["logistic", "squared"] as const)("columns without a penalty, weights and offsets (%s)", async (loss) => {
    const verdicts: string[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const lines = Array.from({ length: 30 + random.below(60) }, (_, i) => {
        const [town, x, z] = [random.below(4), random.below(90) / 10 - 4, random.below(9)];
        const margin = town - 1.5 + x / 2 + 3 * random.unit() - 1.5;
        const y = loss === "squared" ? margin : i < 8 ? i % 2 : Number(margin > 0);
        return `${y},t${town},${x},${x},c${z},${1 + random.below(3)},${random.unit() - 0.5}`;
      });
      const text = `y,town,constructor,twin,kind,s,o\n${lines.join("\n")}\n`;
      const space = featureSpace({
        town: category("town"),
        constructor: number("constructor"),
        twin: number("twin"),
        kind: category("kind"),
      });
      const columns = { target: "y", weight: "s", ...(random.below(2) && { offset: "o" }) };
      using data = await readCsv(bytesOf(text), { space, loss, ...columns });
      // A twin of what is free is not.
      const free = random.below(2) ? { town: 0 } : { town: 0, twin: 0, kind: 2 };
      const { model } = await fit(data, { l1: 0.01, l2: random.below(2) / 100, tolerance: 1e-6, penaltyFactors: free });
      const written = decodeModel(encodeModel(model));
      const { objective, bound, least, claimed, verdict } = await verify(
        written,
        modelReaderOf(written, bytesOf(text), columns, true),
      );
      verdicts.push(verdict);
      expect(bound).toBeLessThanOrEqual(least + 1e-12);
      expect(claimed!.objective).toBeCloseTo(objective, 12);
    }
    expect(verdicts.filter((it) => it !== "confirmed")).toEqual([]);
  });

  test("weights that no row has count, as does an intercept where there is to be none", async () => {
    const posed = problem(3);
    Object.assign(posed.options, { intercept: false });
    const model = await solved(posed);
    const { objective } = await verify(model, readerOf(posed));
    const ids = Float64Array.of(...model.ids, 1e6);
    const more = new Model({ ...model, declared: 1e6 + 1 }, ids, Float32Array.of(...model.values, 2));
    const { l1, l2 } = posed.options as { l1: number; l2: number };
    const found = await verify(more, readerOf(posed));
    expect(found.objective).toBeCloseTo(objective + 2 * l1 + 2 * l2, 12);
    expect(found.verdict).toBe("refuted");
    const moved = new Model({ ...model, intercept: 1 }, model.ids, model.values);
    expect((await verify(moved, readerOf(posed))).verdict).toBe("refuted");
  });

  test("penalties that only a function knew are no longer to be known", async () => {
    const posed = problem(3);
    Object.assign(posed.options, { penaltyFactors: () => 2 });
    const error = await errorOf(verify(await solved(posed), readerOf(posed)));
    expect(error.message).toBe("penaltyFactors were a function, which is not in the file");
  });

  test("other data, another objective, and models without a claim are told", async () => {
    const posed = problem(3);
    const model = await solved(posed);
    const { verdict } = await verify(claiming(model, { objective: 0.5 }), readerOf(posed));
    expect(verdict).toBe("refuted");
    const more = { ...posed, text: bytesOf(`${new TextDecoder().decode(posed.text)}1 1:1\n`) };
    expect((await errorOf(verify(model, readerOf(more)))).message).toMatch(/^rows: \d+ training rows; the model was/);
    expect(decodeModel(encodeModel(model, { quantize: "int8" })).training.certificate).toBeUndefined();
    const { model: streamed } = await streamSvmlight(posed.text, { loss: posed.options.loss });
    expect((await errorOf(verify(streamed, readerOf(posed)))).message).toMatch(/^only models of solver batch/);
  });
});
