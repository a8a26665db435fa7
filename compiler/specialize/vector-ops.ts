/**
 * @file Vector instructions that take their operands from the stack and
 * nothing else, by their codes: on lanes of 16 bits; wide ones on 32, those of
 * bytes on 8.
 *
 * **Source:** WebAssembly core specification 2.0, §5.4.9; the relaxed one:
 * relaxed SIMD proposal, binary format.
 */

export const and = 0x4e;
export const xor = 0x51;
export const bitselect = 0x52;
export const shiftLeft = 0x8b;
export const shiftRight = 0x8c;
export const add = 0x8e;
export const addSaturating = 0x8f;
export const sub = 0x91;
export const multiply = 0x95;
export const multiplyQ15 = 0x82;
export const relaxedMultiplyQ15 = 0x111;
export const min = 0x96;
export const max = 0x98;
export const narrow = 0x85;
export const extendLow = 0xa7;
export const extendHigh = 0xa8;
export const shiftRightWide = 0xac;
export const addWide = 0xae;
export const dotPairs = 0xba;
export const narrowToBytes = 0x65;
export const addBytes = 0x6e;
export const subBytes = 0x71;
export const shiftRightUnsigned = 0x8d;
