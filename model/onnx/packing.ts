/** @file Bit-level codecs of TensorProto: sub-byte integers and 16-bit floats. */

/** Unpacks `count` integers of 2 or 4 bits, lowest bits first. */
export function unpackBits(
  packed: Uint8Array,
  count: number,
  bits: number,
  signed: boolean,
): number[] {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const sign = signed ? 2 ** (bits - 1) : 0;
  return Array.from({ length: count }, (_, i) => {
    const code = (packed[Math.floor(i / perByte)]! >> (bits * (i % perByte))) & mask;
    return (code ^ sign) - sign;
  });
}

/** Packs integers of 2 or 4 bits, lowest bits first; the last byte is filled with zeros. */
export function packBits(values: ArrayLike<number>, bits: number): Uint8Array {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const packed = new Uint8Array(Math.ceil(values.length / perByte));
  for (let i = 0; i < values.length; i++) {
    packed[Math.floor(i / perByte)]! |= (values[i]! & mask) << (bits * (i % perByte));
  }
  return packed;
}

/** The value of an IEEE 754 half-precision float given by its bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const word = new DataView(new ArrayBuffer(4));

/** The value of a bfloat16 given by its bits. */
export function bfloatToNumber(bits: number): number {
  word.setUint16(0, bits & 0xffff);
  word.setUint16(2, 0);
  return word.getFloat32(0);
}
