import { describe, expect, test } from "vitest";
import {
  decodeModel,
  diffModels,
  encodeModel,
  featureSpace,
  hash,
  Model,
  ModelError,
  patchModel,
} from "../../src/node.js";
import { Random } from "../../src/random.js";
import { forged, type Header, sectionsOf, withSections } from "../fixtures/forge.js";
import { goldenModels, learn, modelOf, numberedModel, wholeSpace } from "../fixtures/models.js";
import { errorOf } from "../helpers.js";

/** A model with some of another's weights gone, some changed, some nearly the same, and new ones. */
function successor(model: Model, share = 0.1, seed = 5): Model {
  const random = new Random(seed);
  const weights = new Map<number, number>();
  model.ids.forEach((id, i) => {
    const chance = random.unit();
    const weight = model.values[i]!;
    if (chance > share) weights.set(id, chance < 2 * share ? weight * 1.0001 : weight);
    if (chance < share / 2)
      weights.set(Math.floor(random.unit() * (model.slots ?? model.declared)), random.unit() - 0.5);
  });
  const ids = Float64Array.from(weights.keys()).sort();
  return new Model(
    { ...model, intercept: 0.25 },
    ids,
    Float32Array.from(ids, (id) => weights.get(id)!),
  );
}

const numbered = numberedModel(5000, 1e8);
const whole = modelOf(learn(wholeSpace()), 600);
const pairs: [string, Uint8Array, Uint8Array][] = [
  ["f32", encodeModel(numbered), encodeModel(successor(numbered))],
  ["all weights changed", encodeModel(numbered), encodeModel(successor(numbered, 0.5))],
  ...(["int16", "int8"] as const).map((quantize): [string, Uint8Array, Uint8Array] => [
    quantize,
    encodeModel(numbered, { quantize }),
    encodeModel(successor(numbered), { quantize }),
  ]),
  ["named", encodeModel(whole), encodeModel(successor(whole))],
  ["without names", encodeModel(whole, { stripNames: true }), encodeModel(successor(whole), { stripNames: true })],
  [
    "folded",
    encodeModel(modelOf(learn(wholeSpace()), 60, 64)),
    encodeModel(successor(modelOf(learn(wholeSpace()), 60, 64))),
  ],
  ["from f32 to int8", encodeModel(numbered), encodeModel(numbered, { quantize: "int8" })],
  ["to names left out", encodeModel(whole), encodeModel(whole, { stripNames: true })],
  ["of nothing in common", encodeModel(numbered), encodeModel(whole)],
  ["of another space", encodeModel(whole), encodeModel(modelOf(learn(featureSpace({ h: hash("h", 100) })), 9))],
  [
    "from no weights",
    encodeModel(new Model(numbered, new Float64Array(0), new Float32Array(0))),
    encodeModel(numbered),
  ],
  ["to no weights", encodeModel(numbered), encodeModel(new Model(numbered, new Float64Array(0), new Float32Array(0)))],
];

describe("a delta makes the new file of the old one, to the byte", () => {
  test.each(pairs)("%s", (_, old, next) => {
    for (const [from, to] of [
      [old, next],
      [next, old],
    ] as const) {
      const delta = diffModels(from, to);
      expect(patchModel(from, delta)).toEqual(to);
      // What is whole has the digests and the list of keys besides.
      expect(delta.length).toBeLessThan(to.length + 600);
    }
  });

  test("is small where little changed, and tiny where nothing did", () => {
    const [, old, next] = pairs[0]!;
    expect(diffModels(old, old).length).toBeLessThan(400);
    expect(diffModels(old, next).length).toBeLessThan(next.length / 5);
    const near = new Model(
      numbered,
      numbered.ids,
      numbered.values.map((weight) => weight * 1.0001),
    );
    expect(diffModels(old, encodeModel(near)).length).toBeLessThan(next.length / 2);
  });

  test("of a file that another program wrote, with other codes", () => {
    const [, old] = pairs[0]!;
    const model = new Model(numbered, Float64Array.of(2, 3), Float32Array.of(1, -1));
    const next = encodeModel(model);
    // r = 3, where less would do, in 6 bits; the differences 2 and 0, each a one and 3 low bits.
    const other = withSections(next, [Uint8Array.of(0b01000011, 0b101, 0, 0, 0, 0), ...sectionsOf(next).slice(1)]);
    expect([...decodeModel(other).ids]).toEqual([2, 3]);
    expect(encodeModel(decodeModel(other))).not.toEqual(other);
    expect(patchModel(old, diffModels(old, other))).toEqual(other);
  });
});

describe("what is wrong with a delta is said", () => {
  const [, old, next] = pairs[4]!;
  const delta = diffModels(old, next);
  const says = async (from: Uint8Array, it: Uint8Array) => {
    const error = await errorOf(() => patchModel(from, it));
    expect(error).toBeInstanceOf(ModelError);
    return error.message;
  };

  test("another model, no delta, no model", async () => {
    expect(await says(next, delta)).toBe("the delta was made for another model");
    expect(await says(old, next)).toBe("not a delta of version 1");
    expect(await says(delta, delta)).toBe("the delta was made for another model");
    expect(await says(old, new Uint8Array(5))).toBe("not a nought model");
    const decoded = await errorOf(() => decodeModel(delta));
    expect(decoded.message).toBe("not a model but the delta of two, which nought patch applies");
    expect(await errorOf(() => diffModels(old, delta))).toBeInstanceOf(ModelError);
  });

  test("every flipped bit and every truncation", () => {
    const small = diffModels(
      ...(Object.values(goldenModels())
        .map(({ model }) => encodeModel(model))
        .slice(0, 2) as [Uint8Array, Uint8Array]),
    );
    const from = encodeModel(Object.values(goldenModels())[0]!.model);
    let refused = 0;
    const refuses = (bytes: Uint8Array) => {
      try {
        patchModel(from, bytes);
      } catch (error) {
        refused += Number(error instanceof ModelError);
      }
    };
    for (let bit = 0; bit < 8 * small.length; bit++) {
      small[bit >> 3]! ^= 1 << (bit & 7);
      refuses(small);
      small[bit >> 3]! ^= 1 << (bit & 7);
    }
    for (let length = 0; length < small.length; length++) refuses(small.subarray(0, length));
    expect(refused).toBe(9 * small.length);
  });

  test.each<[string, (header: Header) => void]>([
    ["counts of more than there is", (it) => (it.counts = [0, 2 ** 40, 0])],
    ["one removed less", (it) => it.counts[0]--],
    ["one added more", (it) => it.counts[1]++],
    ["more removed than there are", (it) => (it.counts = [2 ** 30, 0, 0])],
    ["counts that are none", (it) => (it.counts = [-1, 0.5, "x"])],
    ["no list of counts", (it) => (it.counts = 7)],
    ["counts of nothing", (it) => (it.counts = null)],
    ["another result", (it) => (it.to = it.from)],
    ["no header", (it) => delete it.header],
    ["a header of other keys", (it) => (it.header = [["kept", 1]])],
    ["values that are not there", (it) => (it.values = true)],
    ["sections out of place", (it) => it.sections[0][1]--],
    ["another version", (it) => (it.delta = 2)],
  ])("%s, though the digest matches", async (_, change) => {
    await says(old, forged(delta, change));
  });
});
