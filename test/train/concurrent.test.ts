import { expect, test } from "vitest";
import { encodeModel, fit, readSvmlight, streamSvmlight } from "../../src/node.js";

const text = new TextEncoder().encode(
  Array.from({ length: 20_000 }, (_, i) => `${i % 3 ? 1 : -1} ${(i % 997) + 1}:1 ${1000 + (i % 613)}:1\n`).join(""),
);

test("trainings that overlap on one dataset give what each gives alone", async () => {
  const options = { epochs: 40, lambda1: 0.5 };
  using alone = await readSvmlight(text);
  const expected = encodeModel((await fit(alone, options)).model);
  using data = await readSvmlight(text);
  const short = fit(data, { epochs: 3 });
  const long = fit(data, options);
  await short;
  const later = fit(data, { epochs: 2 });
  expect(encodeModel((await long).model)).toEqual(expected);
  await later;
});

test("a streamed model that single precision cannot hold is no model", async () => {
  const huge = new TextEncoder().encode("1e39 1:1\n");
  const promise = streamSvmlight(huge, { loss: "squared", solver: "sgd", rate: 1 });
  await expect(promise).rejects.toThrow("finite range");
});
