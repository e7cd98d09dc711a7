import { OptionError } from "../errors.js";
import { encodeModel } from "../model/codec.js";
import type { Model } from "../model/model.js";
import { platform } from "../platform.js";
import { count } from "../report/text.js";

/**
 * Writes a model as a JavaScript module that needs nothing else: `predict(record)`, `margin(record)`, `weightOf(id)`,
 * bit for bit as those of Model, and DataError, which they throw. It holds nought/predict and the model's file in base64,
 * whose digest it checks when it is loaded. Throws OptionError of a model without names of columns.
 */
export async function toJavaScript(model: Model): Promise<string> {
  if (!model.space) throw new OptionError("a model of numbered columns takes no records; as JSON it has its weights");
  const { loss, kept, declared, space } = model;
  // Names cannot end a comment's line.
  const fields = JSON.stringify(space.columns).replace(/[\u2028\u2029]/g, " ");
  const bytes = encodeModel(model);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `// A model that nought made: ${loss} loss, ${count(kept)} weights of ${count(declared)} dimensions.
// A record is an object with the fields ${fields}; null says that a value is missing.
${await platform().predictor()}
const model = nought.load(Uint8Array.from(atob("${btoa(binary)}"), (it) => it.charCodeAt(0)));
export const { DataError } = nought;
export const { loss, intercept, weightOf } = model;

/** Returns the ${loss === "logistic" ? "probability of yes" : "value"} of a record. */
export function predict(record) {
  return model.predict(record);
}

/** Returns x·w + b of a record. */
export function margin(record) {
  return model.margin(record);
}
`;
}
