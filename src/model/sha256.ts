// SHA-256 (FIPS 180-4), at once: what browsers have of their own answers later.

/** Fractional parts of the square roots of the first 8 primes and of the cube roots of the first 64, 32 bits each. */
const START: number[] = [];
const ROUND = new Int32Array(64);
for (let n = 0, prime = 2; n < 64; prime++) {
  let divisor = 2;
  while (prime % divisor) divisor++;
  if (divisor < prime) continue;
  if (n < 8) START[n] = ((prime ** (1 / 2) % 1) * 2 ** 32) | 0;
  ROUND[n++] = (prime ** (1 / 3) % 1) * 2 ** 32;
}
/** Of so many bytes, what Node has of its own is worth the time it takes to load: what is below runs cold mostly. */
const LARGE = 2e4;

/** Returns the SHA-256 of bytes, as 8 words. */
export function sha256(bytes: Uint8Array): number[] {
  const { length } = bytes;
  const crypto = !globalThis.NOUGHT_TINY && length > LARGE && globalThis.process?.getBuiltinModule?.("crypto");
  if (crypto) {
    const digest = crypto.createHash("sha256").update(bytes).digest();
    return START.map((_, i) => digest.readInt32BE(4 * i));
  }
  // A bit, zeros, and the length in bits end it.
  const padded = new Uint8Array(((length + 72) >> 6) << 6);
  const view = new DataView(padded.buffer);
  padded.set(bytes);
  padded[length] = 128;
  view.setBigUint64(padded.length - 8, BigInt(8 * length));
  const words = new Int32Array(64);
  let state = START as [number, number, number, number, number, number, number, number];
  for (let at = 0; at < padded.length; at += 64) {
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const x = words[i - 15]!;
      const y = words[i - 2]!;
      // Cut to 32 bits after every addition: a sum of more is one of doubles, half as quick.
      words[i] =
        i < 16
          ? view.getInt32(at + 4 * i)
          : (((turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + words[i - 7]!) | 0) +
            (((turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)) + words[i - 16]!) | 0);
      const sum = (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g)));
      const t = (((((h + words[i]!) | 0) + ROUND[i]!) | 0) + (sum | 0)) | 0;
      const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & (b ^ c)) ^ (b & c))) | 0;
      // One by one: as an array that is taken apart, it took five times as long until it was compiled.
      h = g;
      g = f;
      f = e;
      e = (d + t) | 0;
      d = c;
      c = b;
      b = a;
      a = (t + u) | 0;
    }
    state = [a, b, c, d, e, f, g, h].map((word, i) => (word + state[i]!) | 0) as typeof state;
  }
  return state;
}

/** Turns a word's bits right. */
function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
