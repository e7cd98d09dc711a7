/** The first four bytes of a frame, and of one that is passed over (its lowest four bits are free), little-endian. */
const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;

/** Whether the first four bytes of an input are those of a Zstandard frame. */
export function beginsFrame(bytes: readonly number[]): boolean {
  const word = wordOf(bytes);
  return bytes.length >= 4 && (word === FRAME || isSkippable(word));
}

function isSkippable(word: number): boolean {
  return (word & ~15) === SKIPPABLE;
}

function wordOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
}

/**
 * Cuts a Zstandard stream anew, so that no chunk holds bytes of two frames: decompressors stop where a frame ends, and
 * silently drop the rest of the chunk. Throws where the stream ends within a frame. RFC 8878, section 3.1.
 */
export async function* zstdFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new Frames();
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const to = frames.pass(chunk, from);
      yield chunk.subarray(from, to);
      from = to;
    }
  }
  if (!frames.isBetween) throw new Error("unexpected end of file");
}

/** Where a walk through frames stands: it collects a header, then passes over what the header announces. */
class Frames {
  readonly #header: number[] = [];
  /** Bytes of the header to collect, and what they are. */
  #wanted = 4;
  #part: "magic" | "length" | "descriptor" | "block" = "magic";
  /** Bytes to pass over before the next header. */
  #skip = 0;
  #checksum = 0;

  /** Whether the next byte begins a frame. */
  get isBetween(): boolean {
    return this.#part === "magic" && this.#skip === 0 && this.#header.length === 0;
  }

  /** Goes on from bytes[from]. Returns where it stands when a frame has ended, or the bytes have. */
  pass(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; ) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.length - at);
        this.#skip -= passed;
        at += passed;
      } else {
        this.#header.push(bytes[at++]!);
        if (this.#header.length === this.#wanted) this.#read(this.#header.splice(0));
      }
      if (this.isBetween) return at;
    }
    return bytes.length;
  }

  #read(header: number[]): void {
    const word = wordOf(header);
    switch (this.#part) {
      case "magic":
        if (word === FRAME) this.#expect("descriptor", 1);
        else if (isSkippable(word)) this.#expect("length", 4);
        else throw new Error("no zstd frame where one should begin");
        break;
      case "length":
        this.#skip = word;
        this.#expect("magic", 4);
        break;
      case "descriptor": {
        const isSingle = (word >> 5) & 1;
        const size = word >> 6;
        // What follows: window (1 byte unless it is a single segment), dictionary id, size of the content.
        this.#skip = 1 - isSingle + [0, 1, 2, 4][word & 3]! + (size === 0 ? isSingle : 2 ** size);
        this.#checksum = word & 4;
        this.#expect("block", 3);
        break;
      }
      case "block": {
        const isRun = ((word >> 1) & 3) === 1;
        this.#skip = isRun ? 1 : word >> 3;
        if ((word & 1) === 0) break;
        this.#skip += this.#checksum;
        this.#expect("magic", 4);
      }
    }
  }

  #expect(part: "magic" | "length" | "descriptor" | "block", bytes: number): void {
    this.#part = part;
    this.#wanted = bytes;
  }
}
