// SHA-256 (FIPS 180-4), at once: what browsers have of their own answers later.

/** Fractional parts of the square roots of the first 8 primes and of the cube roots of the first 64, 32 bits each. */
const START = new Int32Array(8);
const ROUND = new Int32Array(64);
for (let n = 0, prime = 2; n < 64; prime++) {
  let divisor = 2;
  while (prime % divisor) divisor++;
  if (divisor < prime) continue;
  if (n < 8) START[n] = (prime ** (1 / 2) % 1) * 2 ** 32;
  ROUND[n++] = (prime ** (1 / 3) % 1) * 2 ** 32;
}
const words = new Int32Array(64);

/** Returns the SHA-256 of bytes, as 8 words. */
export function sha256(bytes: Uint8Array): Int32Array {
  const { length, buffer, byteOffset } = bytes;
  const state = START.slice();
  const whole = length - (length % 64);
  digest(state, new DataView(buffer, byteOffset), whole);
  // The rest, a bit, zeros, and the length in bits.
  const end = new Uint8Array(length - whole < 56 ? 64 : 128);
  end.set(bytes.subarray(whole));
  end[length - whole] = 128;
  const view = new DataView(end.buffer);
  view.setUint32(end.length - 8, length / 2 ** 29);
  view.setUint32(end.length - 4, length * 8);
  digest(state, view, end.length);
  return state;
}

function digest(h: Int32Array, view: DataView, length: number): void {
  for (let at = 0; at < length; at += 64) {
    let i = 0;
    for (; i < 16; i++) words[i] = view.getInt32(at + 4 * i);
    for (; i < 64; i++) {
      const x = words[i - 15]!;
      const y = words[i - 2]!;
      words[i] =
        (((turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + words[i - 7]!) | 0) +
        (((turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)) + words[i - 16]!) | 0);
    }
    let a = h[0]!;
    let b = h[1]!;
    let c = h[2]!;
    let d = h[3]!;
    let e = h[4]!;
    let f = h[5]!;
    let g = h[6]!;
    let k = h[7]!;
    for (i = 0; i < 64; i++) {
      // Cut to 32 bits after every addition: a sum of more is one of doubles, half as quick.
      const s = (((k + words[i]!) | 0) + ROUND[i]!) | 0;
      const t = (s + (((turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g)))) | 0)) | 0;
      const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & (b ^ c)) ^ (b & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t) | 0;
      d = c;
      c = b;
      b = a;
      a = (t + u) | 0;
    }
    h[0]! += a;
    h[1]! += b;
    h[2]! += c;
    h[3]! += d;
    h[4]! += e;
    h[5]! += f;
    h[6]! += g;
    h[7]! += k;
  }
}

/** Turns a word's bits right. */
function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
