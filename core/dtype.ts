/**
 * @file Element types and the typed arrays that hold them.
 *
 * Sub-byte types are held one element per byte in memory; packing is the
 * business of file formats and of the weight packer.
 */

/** Every element type that a tensor can have. */
export const DTYPES = [
  "f32",
  "f64",
  "i8",
  "u8",
  "i16",
  "u16",
  "i32",
  "u32",
  "i64",
  "u64",
  "i4",
  "u4",
  "i2",
  "u2",
  "bool",
] as const;

export type DType = (typeof DTYPES)[number];

/** The typed array that holds elements of type `D`. */
export interface ArrayOf {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly i4: Int8Array;
  readonly u4: Uint8Array;
  readonly i2: Int8Array;
  readonly u2: Uint8Array;
  readonly bool: Uint8Array;
}

export type TensorData = ArrayOf[DType];

interface DTypeFacts {
  /** Width in a packed file, in bits. */
  readonly bits: number;
  /** Smallest and largest value; infinite for floats. */
  readonly min: number;
  readonly max: number;
  readonly array: new (init: number | ArrayBuffer) => TensorData;
}

const FACTS: { readonly [D in DType]: DTypeFacts } = {
  f32: { bits: 32, min: -Infinity, max: Infinity, array: Float32Array },
  f64: { bits: 64, min: -Infinity, max: Infinity, array: Float64Array },
  i8: { bits: 8, min: -128, max: 127, array: Int8Array },
  u8: { bits: 8, min: 0, max: 255, array: Uint8Array },
  i16: { bits: 16, min: -32768, max: 32767, array: Int16Array },
  u16: { bits: 16, min: 0, max: 65535, array: Uint16Array },
  i32: { bits: 32, min: -(2 ** 31), max: 2 ** 31 - 1, array: Int32Array },
  u32: { bits: 32, min: 0, max: 2 ** 32 - 1, array: Uint32Array },
  i64: { bits: 64, min: -(2 ** 63), max: 2 ** 63, array: BigInt64Array },
  u64: { bits: 64, min: 0, max: 2 ** 64, array: BigUint64Array },
  i4: { bits: 4, min: -8, max: 7, array: Int8Array },
  u4: { bits: 4, min: 0, max: 15, array: Uint8Array },
  i2: { bits: 2, min: -2, max: 1, array: Int8Array },
  u2: { bits: 2, min: 0, max: 3, array: Uint8Array },
  bool: { bits: 8, min: 0, max: 1, array: Uint8Array },
};

export function isDType(word: string): word is DType {
  return (DTYPES as readonly string[]).includes(word);
}

/** Width of one element in a packed file, in bits. */
export function dtypeBits(dtype: DType): number {
  return FACTS[dtype].bits;
}

/** Size of one element in memory, in bytes: at least 1. */
export function dtypeBytes(dtype: DType): number {
  return Math.max(1, FACTS[dtype].bits / 8);
}

/** Smallest and largest value of `dtype`; infinite for floats. */
export function dtypeRange(dtype: DType): { readonly min: number; readonly max: number } {
  return FACTS[dtype];
}

export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f64";
}

/** Whether elements are held as `bigint`. */
export function isBig(dtype: DType): boolean {
  return dtype === "i64" || dtype === "u64";
}

/** A zeroed array for `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): ArrayOf[D] {
  return new FACTS[dtype].array(length) as ArrayOf[D];
}
