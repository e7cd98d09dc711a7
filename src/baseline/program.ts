import { OPERATIONS, type Plan } from "../engine/texts.js";
import { areSame, isAbsent } from "./cells.js";
import { decimalOf, numberIn, UNSURE } from "./number.js";

// Programs of expressions, as in assembly/parse/expression.ts.

/** Bytes of a cell or of a constant. */
interface Text {
  bytes: Uint8Array;
  from: number;
  to: number;
}
/** NaN is missing. */
type Value = number | Text;

/** As run of assembly/parse/expression.ts. */
export function run(bytes: Uint8Array, program: number, plan: Plan): number {
  const code = plan.code.view;
  const stack: Value[] = [];
  for (let at = program; code[at] !== OPERATIONS.end; at += 2) {
    const [operation, operand] = [code[at]!, code[at + 1]!];
    if (operation < OPERATIONS.numeric) {
      stack.push(cellOf(bytes, operation, operand, plan));
      continue;
    }
    const b = stack.pop() as Value;
    const a = operation > OPERATIONS.numeric ? (stack.pop() as Value) : b;
    const result = Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : combine(operation, a, b);
    if (result === UNSURE) return UNSURE;
    stack.push(result);
  }
  return stack.pop() as number;
}

function cellOf(bytes: Uint8Array, operation: number, operand: number, plan: Plan): Value {
  if (operation === OPERATIONS.number) return plan.numbers.view[operand]!;
  const isText = operation === OPERATIONS.text;
  const places = isText ? plan.code.view : plan.cells.view;
  const at = isText ? operand : 2 * operand;
  const from = places[at]!;
  const to = isText ? from + places[at + 1]! : places[at + 1]!;
  if (from === to || (operation === OPERATIONS.field && isAbsent(bytes, from, to, plan))) return Number.NaN;
  return { bytes: isText ? plan.text.view : bytes, from, to };
}

function numberOf(value: Value): number {
  return typeof value === "number" ? value : numberIn(value.bytes, value.from, value.to);
}

function combine(operation: number, a: Value, b: Value): number {
  const isEquality = operation === OPERATIONS["=="] || operation === OPERATIONS["!="];
  if (isEquality && (typeof a !== "number" || typeof b !== "number")) {
    const [x, y] = [a, b].map((it) => (typeof it === "number" ? it : decimalOf(it.bytes, it.from, it.to)));
    if (x === UNSURE || y === UNSURE) return UNSURE;
    const same = Number.isNaN(x) || Number.isNaN(y) ? areSameTexts(a, b) : x === y;
    return Number(same === (operation === OPERATIONS["=="]));
  }
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x === UNSURE || y === UNSURE) return UNSURE;
  switch (operation) {
    case OPERATIONS.numeric:
      return x;
    case OPERATIONS["+"]:
      return finite(x + y);
    case OPERATIONS["-"]:
      return finite(x - y);
    case OPERATIONS["*"]:
      return finite(x * y);
    case OPERATIONS["/"]:
      return finite(x / y);
    case OPERATIONS["=="]:
      return Number(x === y);
    case OPERATIONS["!="]:
      return Number(x !== y);
    case OPERATIONS["<"]:
      return Number(x < y);
    case OPERATIONS["<="]:
      return Number(x <= y);
    case OPERATIONS[">"]:
      return Number(x > y);
    default:
      return Number(x >= y);
  }
}

function finite(number: number): number {
  return Number.isFinite(number) ? number : Number.NaN;
}

/** A number written out is not a text that is no number. */
function areSameTexts(a: Value, b: Value): boolean {
  if (typeof a === "number" || typeof b === "number") return false;
  return areSame(a.bytes, a.from, a.to - a.from, b.bytes, b.from, b.to - b.from);
}
