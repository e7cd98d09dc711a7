import { OptionError } from "../errors.js";
import type { Model } from "../model/model.js";

// ONNX: one operator of ai.onnx.ml over the columns that have a weight. Protocol Buffers by hand; the numbers of fields
// are those of onnx.proto.

/** The first ones that have these operators: any runtime reads them. */
const [IR_VERSION, OPSET, ML_OPSET] = [3, 7, 1];
/** TensorProto.DataType, AttributeProto.AttributeType */
const [FLOAT, INT64] = [1, 7];
const [STRING, FLOATS, INTS] = [3, 6, 7];

/**
 * Writes a model as ONNX: LinearClassifier for logistic loss, LinearRegressor for squared. Its input "columns" is f32
 * [rows, kept], the values of the ids that have a weight, ascending; the metadata "nought.ids" and "nought.names", lists
 * in JSON, say which those are. Outputs: "label", int64 [rows], 1 for yes, and "probabilities", f32 [rows, 2], of no and
 * yes; or "value", f32 [rows, 1]. Sums are of single precision there. Throws OptionError of a model without weights.
 */
export function toOnnx(model: Model): Uint8Array {
  const { loss, ids, values, intercept, kept } = model;
  if (kept === 0) throw new OptionError("ONNX has no model without weights");
  const isClassifier = loss === "logistic";
  // Of two classes each has its margin: one is the other's, negated.
  const sides = isClassifier ? [-1, 1] : [1];
  const coefficients = sides.flatMap((side) => Array.from(values, (weight) => side * weight));
  const intercepts = sides.map((side) => side * intercept);
  const node = [
    text(1, "columns"),
    ...(isClassifier ? ["label", "probabilities"] : ["value"]).map((name) => text(2, name)),
    text(4, isClassifier ? "LinearClassifier" : "LinearRegressor"),
    attribute("coefficients", FLOATS, floats(coefficients)),
    attribute("intercepts", FLOATS, floats(intercepts)),
    attribute("post_transform", STRING, text(4, isClassifier ? "LOGISTIC" : "NONE")),
    ...(isClassifier ? [attribute("classlabels_ints", INTS, whole(8, 0), whole(8, 1))] : []),
    text(7, "ai.onnx.ml"),
  ];
  const graph = [
    part(1, ...node),
    text(2, "nought"),
    tensor(11, "columns", FLOAT, kept),
    ...(isClassifier
      ? [tensor(12, "label", INT64), tensor(12, "probabilities", FLOAT, 2)]
      : [tensor(12, "value", FLOAT, 1)]),
  ];
  const names = Array.from(ids, (id) => model.nameOf(id));
  return joined(
    whole(1, IR_VERSION),
    text(2, "nought"),
    part(7, ...graph),
    part(8, text(1, ""), whole(2, OPSET)),
    part(8, text(1, "ai.onnx.ml"), whole(2, ML_OPSET)),
    part(14, text(1, "nought.ids"), text(2, JSON.stringify([...ids]))),
    part(14, text(1, "nought.names"), text(2, JSON.stringify(names))),
  );
}

/** An AttributeProto of a NodeProto. */
function attribute(name: string, type: number, ...content: Uint8Array[]): Uint8Array {
  return part(5, text(1, name), ...content, whole(20, type));
}

/** A ValueInfoProto of so many rows, and columns where there are any. */
function tensor(field: number, name: string, type: number, columns?: number): Uint8Array {
  const dimensions = [part(1, text(2, "rows")), ...(columns === undefined ? [] : [part(1, whole(1, columns))])];
  return part(field, text(1, name), part(2, part(1, whole(1, type), part(2, ...dimensions))));
}

/** The field "floats" of an AttributeProto, packed. */
function floats(numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => {
    view.setFloat32(4 * i, number, true);
  });
  return part(7, new Uint8Array(view.buffer));
}

function text(field: number, content: string): Uint8Array {
  return part(field, new TextEncoder().encode(content));
}

/** A field of wire type 2: a message, text or bytes, after its length. */
function part(field: number, ...content: Uint8Array[]): Uint8Array {
  const body = joined(...content);
  return joined(varint(8 * field + 2), varint(body.length), body);
}

/** A field of wire type 0: a whole number ≥ 0. */
function whole(field: number, number: number): Uint8Array {
  return joined(varint(8 * field), varint(number));
}

function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const it of parts) {
    bytes.set(it, at);
    at += it.length;
  }
  return bytes;
}
