import { DataError } from "../errors.js";
import { quote } from "../features/cell.js";
import { decodeUtf8, INVALID, unmarked } from "./utf8.js";

/** What may stand where a text has been read to. */
type Expected = "value" | "value or end" | "name" | "name or end" | "colon" | "comma or end";

export interface Fault {
  /** Characters before it. */
  at: number;
  problem: string;
}

/**
 * Parses a file of JSON. Throws DataError that says where it is none, or where a name is twice in an object: of such
 * JSON.parse keeps the last.
 */
export function parseJson(bytes: Uint8Array, source: string): unknown {
  const text = decodeUtf8(bytes).replace(/^\ufeff/, "");
  const invalid = text.indexOf(INVALID);
  const fault = invalid < 0 ? faultIn(text, "the file", "it") : { at: invalid, problem: "not UTF-8 text" };
  if (!fault) return JSON.parse(text);
  const before = text.slice(0, fault.at).split("\n");
  const column = before.at(-1)!.length + 1;
  const line = unmarked(text.slice(fault.at + 1 - column).split(/\r?\n/, 1)[0]!);
  throw new DataError(fault.problem, { source, line: before.length, column, text: line });
}

/**
 * Finds where a text stops being JSON (RFC 8259): engines tell it each in their own words, or not at all. A name that is
 * there twice in an object is a fault too. null where there is none. `whole`, `all`: what the text is, what it holds.
 */
export function faultIn(text: string, whole = "the line", all = "the record"): Fault | null {
  const open: string[] = [];
  const names: Set<string>[] = [];
  let expected: Expected = "value";
  for (let at = blanksEnd(text, 0); ; at = blanksEnd(text, at)) {
    const sign = text[at];
    const isInside = open.length > 0;
    const end = open.at(-1) === "{" ? "}" : "]";
    const fault = (what: string): Fault => ({
      at,
      problem: sign === undefined ? `${whole} ends; expected ${what}` : `${quote(sign)}: expected ${what}`,
    });
    if (sign === undefined && !isInside && expected === "comma or end") return null;
    if (sign === end && isInside && expected.endsWith("end")) {
      open.pop();
      if (sign === "}") names.pop();
      expected = "comma or end";
      at++;
    } else if (expected === "colon") {
      if (sign !== ":") return fault('":" after a field\'s name');
      expected = "value";
      at++;
    } else if (expected === "comma or end") {
      if (!isInside || sign !== ",") return fault(isInside ? `"," or "${end}"` : `nothing after ${all}`);
      expected = end === "}" ? "name" : "value";
      at++;
    } else if (sign === '"') {
      const read = textEnd(text, at);
      if (typeof read !== "number") return read;
      if (expected.startsWith("name")) {
        const name = JSON.parse(text.slice(at, read)) as string;
        if (names.at(-1)!.has(name)) return { at, problem: `field ${quote(name)} is there twice` };
        names.at(-1)!.add(name);
        expected = "colon";
      } else expected = "comma or end";
      at = read;
    } else if (expected.startsWith("name")) return fault("a field's name in quotes");
    else if (sign === "{" || sign === "[") {
      open.push(sign);
      if (sign === "{") names.push(new Set());
      expected = sign === "{" ? "name or end" : "value or end";
      at++;
    } else {
      SCALAR.lastIndex = at;
      if (!SCALAR.test(text)) return fault("a value");
      expected = "comma or end";
      at = SCALAR.lastIndex;
    }
  }
}

const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

function blanksEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text[at]!)) at++;
  return at;
}

/** Where the quoted text that begins at `from` has ended, or what is wrong in it. */
function textEnd(text: string, from: number): number | Fault {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at]! < " ")
      return { at, problem: `${quote(text[at])}: expected \\u and four digits for a control character` };
    if (text[at] !== "\\") continue;
    ESCAPE.lastIndex = at;
    if (!ESCAPE.test(text)) return { at, problem: `${quote(text.slice(at, at + 2))}: no such escape` };
    at = ESCAPE.lastIndex - 1;
  }
  return { at: from, problem: "quote is never closed" };
}
