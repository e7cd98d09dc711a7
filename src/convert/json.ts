import { ModelError, NoughtError } from "../errors.js";
import { quote } from "../features/cell.js";
import type { SpaceState } from "../features/space.js";
import { decodeModel, encodeModel } from "../model/codec.js";
import { Model, type ModelParts, type NamedWeight } from "../model/model.js";
import { parseSpaceState } from "../model/packing.js";

// A model as JSON, all of it: what fromJson reads is the model that toJson was given, to the bit.
//     nought      1, the version of this form
//     loss, intercept, declared, slots, vwBits, change, training: as those of Model
//     space       null, or { definition, learned }: what featureSpace takes, and what each simple feature learned
//     weights     [{ id, name, weight }], ascending by id; names are for people

const VERSION = 1;

interface Written extends Omit<ModelParts, "space"> {
  nought: number;
  space: SpaceState | null;
  weights: NamedWeight[];
}

/** Writes a model as JSON, a line a weight. */
export function toJson(model: Model): string {
  const { loss, intercept, declared, slots, vwBits, change, training, space } = model;
  const parts = { loss, intercept, declared, slots, vwBits, change, training, space: space?.state ?? null };
  const head = JSON.stringify({ nought: VERSION, ...parts });
  const weights = Array.from(model.ids, (id, i) =>
    JSON.stringify({ id, name: model.nameOf(id), weight: model.values[i] }),
  );
  return `${head.slice(0, -1)},"weights":[\n${weights.join(",\n")}\n]}\n`;
}

/** Reads what toJson writes; names that are there must be right. Throws ModelError that says where it is not that. */
export function fromJson(text: string): Model {
  try {
    const { nought, space, weights, ...parts } = JSON.parse(text) as Written;
    if (nought !== VERSION) fail(`"nought" is ${quote(nought)}; expected ${VERSION}`);
    if (!Array.isArray(weights)) fail(`"weights" is ${quote(weights)}; expected a list`);
    let last = -1;
    if (Object(parts.training) !== parts.training) fail(`"training" is ${quote(parts.training)}; expected an object`);
    for (const [i, it] of weights.entries()) {
      if (Object(it) !== it) fail(`weights[${i}] is ${quote(it)}; expected { id, name, weight }`);
      const { id, weight } = it;
      if (!(Number.isSafeInteger(id) && id > last)) fail(`weights[${i}]: id ${quote(id)} does not ascend from ${last}`);
      if (!(typeof weight === "number" && Math.fround(weight) === weight && weight !== 0)) {
        fail(`weights[${i}]: weight ${quote(weight)}; expected a number of single precision, not 0`);
      }
      last = id;
    }
    const ids = Float64Array.from(weights, ({ id }) => id);
    const values = Float32Array.from(weights, ({ weight }) => weight);
    // Writing checks nothing, reading does.
    const model = decodeModel(
      encodeModel(new Model({ ...parts, space: space && parseSpaceState(space) }, ids, values)),
    );
    for (const [i, { id, name }] of weights.entries()) {
      const own = model.nameOf(id);
      if (name !== undefined && name !== own) fail(`weights[${i}]: id ${id} is ${quote(own)}, not ${quote(name)}`);
    }
    return model;
  } catch (cause) {
    if (!(cause instanceof NoughtError || cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw new ModelError(`JSON of a model: ${cause.message.replace("model file is damaged: ", "")}`, { cause });
  }
}

function fail(problem: string): never {
  throw new ModelError(problem);
}
