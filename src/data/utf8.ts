/** Stands in decoded text for bytes that are no UTF-8: no UTF-8 decodes to a high surrogate before another. */
export const INVALID = "\udbff\udbff";

/** A byte order mark is text here. */
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });
const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;

/** Decodes UTF-8, with INVALID where it is none. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    // U+FFFD that is there stays; those that the decoder puts in are marks.
    const parts: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(REPLACEMENT[0]); at >= 0; at = bytes.indexOf(REPLACEMENT[0], at + 1)) {
      if (!REPLACEMENT.every((byte, i) => bytes[at + i] === byte)) continue;
      parts.push(marked(bytes.subarray(from, at)));
      from = at + REPLACEMENT.length;
    }
    return [...parts, marked(bytes.subarray(from))].join("\ufffd");
  }
}

function marked(bytes: Uint8Array): string {
  return LENIENT.decode(bytes).replaceAll("\ufffd", INVALID);
}

/** Shows marks as people know them. */
export function unmarked(text: string): string {
  return text.replaceAll(INVALID, "\ufffd");
}

/** Decodes a stream of UTF-8 whose chunks may end within a character. A byte order mark at its beginning is left out. */
export class Utf8Stream {
  #carried: Uint8Array = new Uint8Array(0);
  #isBegun = false;

  /** Returns the text of the characters that have ended; of all, after the last chunk, with null. */
  decode(chunk: Uint8Array | null): string {
    let bytes = chunk ?? new Uint8Array(0);
    if (this.#carried.length > 0) {
      const joined = new Uint8Array(this.#carried.length + bytes.length);
      joined.set(this.#carried);
      joined.set(bytes, this.#carried.length);
      bytes = joined;
    }
    const end = chunk ? charactersEnd(bytes) : bytes.length;
    this.#carried = bytes.slice(end);
    const text = decodeUtf8(bytes.subarray(0, end));
    if (this.#isBegun || text === "") return text;
    this.#isBegun = true;
    return text.startsWith("\ufeff") ? text.slice(1) : text;
  }
}

/** Where the last character that may be whole has ended. */
function charactersEnd(bytes: Uint8Array): number {
  for (let length = 1; length < 4 && length <= bytes.length; length++) {
    const byte = bytes[bytes.length - length]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return needed > length ? bytes.length - length : bytes.length;
  }
  return bytes.length;
}
