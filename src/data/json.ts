import { quote } from "../features/cell.js";

/** What may stand where a text has been read to. */
type Expected = "value" | "value or end" | "name" | "name or end" | "colon" | "comma or end";

export interface Fault {
  /** Characters before it. */
  at: number;
  problem: string;
}

/** Finds where a text stops being JSON (RFC 8259): engines tell it each in their own words, or not at all. */
export function faultIn(text: string): Fault {
  const open: string[] = [];
  let expected: Expected = "value";
  for (let at = blanksEnd(text, 0); ; at = blanksEnd(text, at)) {
    const sign = text[at];
    const isInside = open.length > 0;
    const end = open.at(-1) === "{" ? "}" : "]";
    const fault = (what: string): Fault => ({
      at,
      problem: sign === undefined ? `the line ends; expected ${what}` : `${quote(sign)}: expected ${what}`,
    });
    if (sign === end && isInside && expected.endsWith("end")) {
      open.pop();
      expected = "comma or end";
      at++;
    } else if (expected === "colon") {
      if (sign !== ":") return fault('":" after a field\'s name');
      expected = "value";
      at++;
    } else if (expected === "comma or end") {
      if (!isInside || sign !== ",") return fault(isInside ? `"," or "${end}"` : "nothing after the record");
      expected = end === "}" ? "name" : "value";
      at++;
    } else if (sign === '"') {
      const read = textEnd(text, at);
      if (typeof read !== "number") return read;
      expected = expected.startsWith("name") ? "colon" : "comma or end";
      at = read;
    } else if (expected.startsWith("name")) return fault("a field's name in quotes");
    else if (sign === "{" || sign === "[") {
      open.push(sign);
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
