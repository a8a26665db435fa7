/**
 * @file The descriptor that the compiler writes for the shell. docs/wasi.md is the contract.
 *
 *     descriptor  i32 inputs, → ports, outputs, → ports, labels, → texts;
 *                 f32 mean, scale; i32 → scratch, scratchBytes
 *     port        i32 → name, nameBytes, type, rank, → dims, → data, layout, 0
 *     text        i32 → UTF-8, bytes
 */

export const INPUT_COUNT: usize = 0;
export const INPUTS: usize = 4;
export const OUTPUT_COUNT: usize = 8;
export const OUTPUTS: usize = 12;
export const LABEL_COUNT: usize = 16;
export const LABELS: usize = 20;
export const MEAN: usize = 24;
export const SCALE: usize = 28;
export const SCRATCH: usize = 32;

export const PORT_BYTES: usize = 32;
export const TEXT_BYTES: usize = 8;

export const F32 = 0;
export const I8 = 1;
export const U8 = 2;
export const I32 = 3;
export const I64 = 4;

export const LAYOUT_UNKNOWN = 0;
export const LAYOUT_NCHW = 1;

/** Port `index` of the list whose address stands at `list` of the descriptor. */
export function portAt(descriptor: usize, list: usize, index: i32): usize {
  return load<usize>(descriptor + list) + <usize>index * PORT_BYTES;
}

export function typeOf(port: usize): i32 {
  return load<i32>(port, 8);
}

export function rankOf(port: usize): i32 {
  return load<i32>(port, 12);
}

export function dimOf(port: usize, axis: i32): i32 {
  return load<i32>(load<usize>(port, 16) + (<usize>axis << 2));
}

export function dataOf(port: usize): usize {
  return load<usize>(port, 20);
}

export function layoutOf(port: usize): i32 {
  return load<i32>(port, 24);
}

export function elementCount(port: usize): i32 {
  let count = 1;
  for (let axis = 0; axis < rankOf(port); axis++) count *= dimOf(port, axis);
  return count;
}

export function elementBytes(type: i32): i32 {
  if (type == I64) return 8;
  return type == F32 || type == I32 ? 4 : 1;
}
