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
    const before = tokens[next - 1];
    if (before?.kind === "column" && token?.text === "(" && token.kind === "sign") {
      throw new OptionError(
        `expression ${quote(text)}: ${before.text} is no function, there are + − * / and comparisons only; ` +
          "a column with other signs in its name stands in `backticks`",
      );
    }
    const got = token ? `${quote(token.text)} at character ${token.at + 1}` : "its end";
    const isWord = before?.kind === "column" && token?.kind === "column";
    const hint = isWord ? '; text stands in "quotes", a column\'s name of several words in `backticks`' : "";
    throw new OptionError(`expression ${quote(text)}: expected ${expected}, got ${got}${hint}`);
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

/** Returns the expression that a column is a text. Throws OptionError where the column is none, or the text cannot be written. */
export function comparedWith(column: string, text: string): string {
  const isQuoted = /^`[^`]+`$/.test(column);
  if (!isQuoted && /[<>=]/.test(column)) {
    throw new OptionError(
      `${column} is true or false: it has no label ${quote(text)} (a column of that name stands in backticks)`,
    );
  }
  const sign = text.includes('"') ? "'" : '"';
  if (text.includes(sign)) throw new OptionError(`${quote(text)} has both kinds of quotes: no expression can hold it`);
  const isPlain = /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(column);
  return `${isQuoted || isPlain ? column : `\`${column}\``} == ${sign}${text}${sign}`;
}

/**
 * Returns an expression in which a word that is compared with a column stands in quotes, as a text; null where the word
 * is not all of one side of == or !=.
 */
export function withQuotes(text: string, word: string): string | null {
  const tokens = tokenize(text);
  const isEquality = (token: Token | undefined) => token?.kind === "sign" && /^[=!]?=$/.test(token.text);
  const isWord = ({ kind, text: own, at }: Token) => kind === "column" && own === word && text.startsWith(word, at);
  const last = tokens.length - 1;
  const sides = [isEquality(tokens[last - 1]) && tokens[last], isEquality(tokens[1]) && tokens[0]];
  const found = sides.find((it) => it && isWord(it));
  return found ? text.slice(0, found.at) + quote(word) + text.slice(found.at + word.length) : null;
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
