/** Eight bytes are looked up together: table t tells what a byte does that t others follow. */
const AT_ONCE = 8;
const TABLES = new Uint32Array(256 * AT_ONCE);
for (let byte = 0; byte < 256; byte++) {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  TABLES[byte] = c;
}
for (let at = 256; at < TABLES.length; at++) {
  const before = TABLES[at - 256]!;
  TABLES[at] = (before >>> 8) ^ TABLES[before & 255]!;
}

/** Returns the CRC-32 of ISO 3309, as gzip and PNG have it. */
export function crc32(bytes: Uint8Array): number {
  const T = TABLES;
  const whole = bytes.length - (bytes.length % AT_ONCE);
  let c = -1;
  let at = 0;
  for (; at < whole; at += AT_ONCE) {
    c ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    c =
      T[1792 + (c & 255)]! ^
      T[1536 + ((c >>> 8) & 255)]! ^
      T[1280 + ((c >>> 16) & 255)]! ^
      T[1024 + (c >>> 24)]! ^
      T[768 + bytes[at + 4]!]! ^
      T[512 + bytes[at + 5]!]! ^
      T[256 + bytes[at + 6]!]! ^
      T[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) c = T[(c ^ bytes[at]!) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}
