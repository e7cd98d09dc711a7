import { expect } from "vitest";

// toEqual looks at typed arrays number by number, six microseconds each: those with the same bytes are equal at once.
expect.addEqualityTesters([
  (a: unknown, b: unknown) => {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || kindOf(a) !== kindOf(b)) return undefined;
    return Buffer.compare(bytesOf(a), bytesOf(b)) === 0 || undefined;
  },
]);

/** As toEqual sees it: a Buffer is a Uint8Array. */
const kindOf = (it: ArrayBufferView) => Object.prototype.toString.call(it);
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);
