/** Returns the number that 16 bits of half precision stand for, which is finite. */
export function halfOf(half: number): number {
  const exponent = (half >> 10) & 31;
  const digits = (half & 1023) + (exponent && 1024);
  return digits * 2 ** ((exponent || 1) - 25) * (half >> 15 ? -1 : 1);
}

const bits = new DataView(new ArrayBuffer(4));

/** Returns the nearest number of half precision, of two the even one, as 16 bits. It is below 65,520 in size. */
export function toHalf(number: number): number {
  bits.setFloat32(0, number);
  const exponent = Math.max(-14, ((bits.getUint32(0) >>> 23) & 255) - 127);
  const unit = 2 ** (exponent - 10);
  // Adding 1.5·2⁵² rounds to even.
  bits.setFloat32(0, ((number / unit + 1.5 * 2 ** 52 - 1.5 * 2 ** 52) * unit) / 2 ** 112); // its exponents are smaller by 112
  const word = bits.getUint32(0);
  return ((word >>> 16) & 0x8000) | ((word >>> 13) & 0x7fff);
}
