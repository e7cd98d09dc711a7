import { Plan, Value } from "../texts";
import { isAbsent } from "./cells";
import { decimalOf, numberIn, UNSURE } from "./number";

// Operations of programs, as OPERATIONS of src/engine/texts.ts. Each stands with its operand.
const END: u32 = 0;
const NUMBER: u32 = 1; // operand: which of p.numbers
const TEXT: u32 = 2; // operand: where its {from, length} stand in p.code
const CELL: u32 = 3; // operand: which cell
const FIELD: u32 = 4; // as CELL, of which words may say that it is missing
const NUMERIC: u32 = 5; // makes a text a number
const ADD: u32 = 6;
const SUBTRACT: u32 = 7;
const MULTIPLY: u32 = 8;
const DIVIDE: u32 = 9;
const EQUAL: u32 = 10;
const NOT_EQUAL: u32 = 11;
const LESS: u32 = 12;
const NOT_MORE: u32 = 13;
const MORE: u32 = 14;

/**
 * Runs a program on the cells of the line at hand and returns its number, 1 or 0 where it compares: NaN where something
 * is missing or divided by zero, UNSURE where only the host can tell.
 */
export function run(program: u32, p: Plan): f64 {
  let top = p.stack;
  for (let at = p.code + (<usize>program << 2); ; at += 8) {
    const operation = load<u32>(at);
    if (operation == END) break;
    if (operation < NUMERIC) {
      push(operation, load<u32>(at, 4), changetype<Value>(top), p);
      top += offsetof<Value>();
      continue;
    }
    const b = changetype<Value>(top - offsetof<Value>());
    let a = b;
    if (operation > NUMERIC) {
      top -= offsetof<Value>();
      a = changetype<Value>(top - offsetof<Value>());
    }
    const result = isMissing(a) || isMissing(b) ? NaN : combine(operation, a, b);
    if (result == UNSURE) return UNSURE;
    a.number = result;
    a.from = 0;
  }
  return changetype<Value>(top - offsetof<Value>()).number;
}

function push(operation: u32, operand: u32, value: Value, p: Plan): void {
  value.from = 0;
  value.number = NaN;
  if (operation == NUMBER) {
    value.number = load<f64>(p.numbers + (<usize>operand << 3));
    return;
  }
  let from: usize;
  let to: usize;
  if (operation == TEXT) {
    const at = p.code + (<usize>operand << 2);
    from = p.text + load<u32>(at);
    to = from + load<u32>(at, 4);
  } else {
    const cell = p.cells + (<usize>operand << 3);
    from = load<u32>(cell);
    to = load<u32>(cell, 4);
    if (operation == FIELD && isAbsent(from, to, p)) return;
  }
  if (from == to) return;
  value.from = <u32>from;
  value.to = <u32>to;
}

function isMissing(value: Value): bool {
  return value.from == 0 && isNaN(value.number);
}

function numberFrom(value: Value): f64 {
  return value.from ? numberIn(value.from, value.to) : value.number;
}

function combine(operation: u32, a: Value, b: Value): f64 {
  if ((operation == EQUAL || operation == NOT_EQUAL) && (a.from | b.from) != 0) {
    const x = a.from ? decimalOf(a.from, a.to) : a.number;
    const y = b.from ? decimalOf(b.from, b.to) : b.number;
    if (x == UNSURE || y == UNSURE) return UNSURE;
    const same = isNaN(x) || isNaN(y) ? areSame(a, b) : x == y;
    return f64(same == (operation == EQUAL));
  }
  const x = numberFrom(a);
  const y = numberFrom(b);
  if (x == UNSURE || y == UNSURE) return UNSURE;
  if (operation == NUMERIC) return x;
  if (operation <= DIVIDE) {
    const result = operation == ADD ? x + y : operation == SUBTRACT ? x - y : operation == MULTIPLY ? x * y : x / y;
    return isFinite(result) ? result : NaN;
  }
  if (operation == EQUAL) return f64(x == y);
  if (operation == NOT_EQUAL) return f64(x != y);
  if (operation == LESS) return f64(x < y);
  if (operation == NOT_MORE) return f64(x <= y);
  return f64(operation == MORE ? x > y : x >= y);
}

/** Whether two texts are the same; a number written out is not one that is no number. */
function areSame(a: Value, b: Value): bool {
  if (!a.from || !b.from) return false;
  const length = a.to - a.from;
  return length == b.to - b.from && memory.compare(a.from, b.from, length) == 0;
}
