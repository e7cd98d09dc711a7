import { OptionError } from "../errors.js";
import { type Cell, isMissing, numberOf, parseDecimal, quote, textOf } from "./cell.js";

/** An expression over a record's columns, parsed once and interpreted; text is never evaluated as code. */
export interface Expression {
  /** Columns that it reads, each once. */
  readonly columns: readonly string[];
  /** Whether its result is true or false rather than a number. */
  readonly isComparison: boolean;
  /** Numbers, texts, columns and signs in it. */
  readonly size: number;
  /** For kernels and model files. A comparison stands at the end only. */
  readonly program: Program;
  /** Computes it. Returns null when a column that it needs is missing, or on division by zero. */
  evaluate(cell: (column: string) => Cell): number | boolean | null;
}

export type Operator = "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">=";
export type Instruction = { number: number } | { text: string } | { column: string } | { operator: Operator };

/** An expression in postfix order: an operator stands for what it makes of the two values before it. */
export type Program = readonly Instruction[];

type Node = (cell: (column: string) => Cell) => Cell;

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_.]*)|`([^`]+)`|"([^"]*)"|'([^']*)'|(<=|>=|==|!=|[<>=()+\-*/]))/uy;

/** An expression, with all that it is derived from, could else nest deeper than the call stack. */
export const MOST_TOKENS = 1000;

const COMPARE: Record<string, (order: number) => boolean> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  "==": (order) => order === 0,
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
};

/**
 * Compiles `sum`, or `sum op sum` with op one of < <= > >= == = !=. A sum is made of numbers, "texts", columns
 * (in `backticks` when their names hold other signs than letters, digits, _ and .), + − * / and parentheses.
 * Texts are compared with == and != only. Throws OptionError that shows where it stops making sense.
 */
export function compileExpression(text: string): Expression {
  const tokens = tokenize(text);
  const columns = new Set<string>();
  const program: Instruction[] = [];
  let next = 0;

  const fail = (expected: string): never => {
    const token = tokens[next];
    const got = token ? `${quote(token.text)} at character ${token.at + 1}` : "its end";
    throw new OptionError(`expression ${quote(text)}: expected ${expected}, got ${got}`);
  };
  const takeSign = (...signs: string[]): string | null => {
    const token = tokens[next];
    if (token?.kind !== "sign" || !signs.includes(token.text)) return null;
    next++;
    return token.text;
  };

  const atom = (): Node => {
    if (takeSign("-")) {
      program.push({ number: 0 });
      const operand = atom();
      program.push({ operator: "-" });
      return arithmetic(() => 0, operand, "-");
    }
    if (takeSign("(")) {
      const inner = sum();
      if (!takeSign(")")) fail('")"');
      return inner;
    }
    const token = tokens[next];
    if (!token || token.kind === "sign") return fail("a number, a text or a column");
    next++;
    if (token.kind === "number") {
      const value = Number(token.text);
      if (!Number.isFinite(value)) throw new OptionError(`expression ${quote(text)}: ${token.text} is not finite`);
      program.push({ number: value });
      return () => value;
    }
    program.push(token.kind === "text" ? { text: token.text } : { column: token.text });
    if (token.kind === "text") return () => token.text;
    columns.add(token.text);
    return (cell) => cell(token.text);
  };
  const chain = (operand: () => Node, ...signs: string[]): Node => {
    let left = operand();
    for (let sign = takeSign(...signs); sign; sign = takeSign(...signs)) {
      left = arithmetic(left, operand(), sign);
      program.push({ operator: sign as Operator });
    }
    return left;
  };
  const product = () => chain(atom, "*", "/");
  const sum = () => chain(product, "+", "-");

  const left = sum();
  const operator = takeSign(...Object.keys(COMPARE));
  const right = operator ? sum() : null;
  if (next < tokens.length) fail(operator ? "its end" : "a comparison or its end");
  if (operator) program.push({ operator: operator === "=" ? "==" : (operator as Operator) });
  const compare = operator && right ? comparison(left, right, operator, text) : null;

  return {
    columns: [...columns],
    isComparison: compare !== null,
    size: tokens.length,
    program,
    evaluate(cell) {
      if (compare) return compare(cell);
      const value = left(cell);
      return isMissing(value) ? null : numberOf(value, text);
    },
  };
}

function arithmetic(left: Node, right: Node, sign: string): Node {
  return (cell) => {
    const a = left(cell);
    const b = right(cell);
    if (isMissing(a) || isMissing(b)) return null;
    const [x, y] = [numberOf(a, "expression"), numberOf(b, "expression")];
    const result = sign === "+" ? x + y : sign === "-" ? x - y : sign === "*" ? x * y : x / y;
    return Number.isFinite(result) ? result : null;
  };
}

function comparison(left: Node, right: Node, operator: string, text: string) {
  const holds = COMPARE[operator] as (order: number) => boolean;
  const isEquality = ["==", "=", "!="].includes(operator);
  return (cell: (column: string) => Cell): boolean | null => {
    const a = left(cell);
    const b = right(cell);
    if (isMissing(a) || isMissing(b)) return null;
    if (isEquality && (typeof a === "string" || typeof b === "string")) {
      const [x, y] = [parseDecimal(textOf(a, text)), parseDecimal(textOf(b, text))];
      const same = Number.isNaN(x) || Number.isNaN(y) ? textOf(a, text) === textOf(b, text) : x === y;
      return holds(same ? 0 : 1);
    }
    return holds(numberOf(a, text) - numberOf(b, text));
  };
}

interface Token {
  kind: "number" | "column" | "text" | "sign";
  text: string;
  at: number;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let from = 0; text.slice(from).trim() !== ""; from = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    const at = text.length - text.slice(from).trimStart().length;
    if (!match) throw new OptionError(`expression ${quote(text)}: character ${at + 1} makes no sense`);
    if (tokens.length === MOST_TOKENS) {
      throw new OptionError(`expression ${quote(text)}: more than ${MOST_TOKENS} numbers, columns and signs`);
    }
    const [, number, bare, ticked, double, single, sign] = match;
    if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at });
    else if (bare !== undefined || ticked !== undefined) tokens.push({ kind: "column", text: (bare ?? ticked)!, at });
    else tokens.push({ kind: "text", text: (double ?? single)!, at });
  }
  return tokens;
}
