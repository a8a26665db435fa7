/**
 * @file Packs weights and parameters into the layouts that kernels read.
 *
 * **Layout** of dense weights: panels of NR output channels; in a panel the
 * segments; in a segment the k-blocks, KR deep (the last one padded with
 * zeros); in a block NR · KR slots. A slot is an f32, a byte, or a 2-bit code,
 * slot i of a byte's four in bits 2i and 2i + 1. `slotOf` says which weight
 * lies in which slot. assembly/layout.ts states the same for the kernels.
 */

import type { Requantization } from "../../core/requantize.ts";
import { CODES_PER_BYTE, packTrits } from "../../core/ternary.ts";

/**
 * The order of weights within a block, c being the channel in the panel and k
 * the depth in the block.
 *
 * - `plain`: c · KR + k.
 * - `swapped` (KR = 4): for pairs of k that are multiplied by (p0, p1, p0, p1)
 *   and by (p1, p0, p1, p0), four channels at a time.
 * - `rows` (2-bit, NR = KR = 8): 16-bit lane k holds the channels, channel 0 lowest.
 * - `falling` (2-bit, NR a multiple of 8, KR = 8): 16-bit lane c holds the depths, k = 0 highest.
 * - `quads` (2-bit, NR = KR = 8): byte 4j + i holds channels j and 4 + j at depth i, then at depth 4 + i.
 * - `depths` (2-bit, NR = 8, KR = 16): byte k of vector h holds channels 4h … 4h + 3.
 */
export type Packing = "plain" | "swapped" | "rows" | "falling" | "quads" | "depths";

export type WeightElement = "f32" | "i8" | "tc2w";

/** The part of a kernel's row in assembly/kernels.json that packing depends on. */
export interface Tile {
  readonly nr: number;
  readonly kr: number;
  /** Absent: `plain`. */
  readonly packing?: Packing;
}

/** Weights of a matrix product: `data` is [n][segments][length], trits for `tc2w`. */
export interface WeightMatrix {
  readonly n: number;
  readonly segments: number;
  readonly length: number;
  readonly data: ArrayLike<number>;
}

/** 16-bit lanes hold eight codes. */
const LANE_CODES = 8;
/** Tables within a parameter block start at multiples of this. */
const ALIGNMENT = 16;

/** Where the weight of channel `c` at depth `k` of a block lies. */
export function slotOf(element: WeightElement, tile: Tile, c: number, k: number): number {
  const packing = tile.packing ?? "plain";
  switch (packing) {
    case "plain":
      return c * tile.kr + k;
    case "swapped":
      return element === "tc2w" ? swappedCode(tile.nr, c, k) : swappedByte(c, k);
    case "rows":
      return k * LANE_CODES + c;
    case "falling":
      return c * LANE_CODES + (LANE_CODES - 1 - k);
    case "quads":
      return ((c & 3) * 4 + (k & 3)) * 4 + (k >> 2) * 2 + (c >> 2);
    case "depths":
      return (c >> 2) * tile.kr * 4 + k * 4 + (c & 3);
    default:
      return packing satisfies never;
  }
}

/** Vector (s, h) of four pairs: lane j holds channel 4h + j with pair (j + s) mod 2. */
function swappedByte(c: number, k: number): number {
  const j = c & 3;
  const s = ((k >> 1) ^ j) & 1;
  return (s * 2 + (c >> 2)) * 8 + j * 2 + (k & 1);
}

/**
 * Fields 2v and 2v + 1 of every 16-bit lane, or, where NR is 8, of every byte,
 * make vector v = (s, h): channels 8h + j and 8h + 4 + j, in the lane that
 * `swappedByte` gives j.
 */
function swappedCode(nr: number, c: number, k: number): number {
  const j = c & 3;
  const s = ((k >> 1) ^ j) & 1;
  const halves = nr / 8;
  const v = s * halves + (c >> 3);
  return (j * 2 + (k & 1)) * 4 * halves + v * 2 + ((c >> 2) & 1);
}

/** Bytes of packed weights. */
export function packedSize(
  element: WeightElement,
  { nr, kr }: Tile,
  { n, segments, length }: Omit<WeightMatrix, "data">,
): number {
  const slots = ceilTo(n, nr) * segments * ceilTo(length, kr);
  if (element === "f32") return slots * 4;
  return element === "i8" ? slots : slots / CODES_PER_BYTE;
}

/** Packs the weights of a matrix product or dense convolution for a kernel with `tile`. */
export function packWeights(element: WeightElement, tile: Tile, matrix: WeightMatrix): Uint8Array {
  const { nr, kr } = tile;
  const { n, segments, length, data } = matrix;
  const blocks = ceilTo(length, kr) / kr;
  const slots = new Float32Array(ceilTo(n, nr) * segments * blocks * kr);
  for (let channel = 0; channel < n; channel++) {
    const panel = Math.floor(channel / nr);
    const c = channel % nr;
    for (let segment = 0; segment < segments; segment++) {
      const first = (panel * segments + segment) * blocks;
      for (let k = 0; k < length; k++) {
        const block = first + Math.floor(k / kr);
        const slot = slotOf(element, tile, c, k % kr);
        slots[block * nr * kr + slot] = data[(channel * segments + segment) * length + k]!;
      }
    }
  }
  return bytesOfSlots(element, slots);
}

/**
 * Packs depthwise filters, [channels][taps]: blocks of KR taps; in a block the
 * channels, padded to a multiple of NR; per channel KR taps.
 */
export function packTaps(
  element: "f32" | "i8",
  { nr, kr }: Tile,
  filters: { readonly channels: number; readonly taps: number; readonly data: ArrayLike<number> },
): Uint8Array {
  const { channels, taps, data } = filters;
  const width = ceilTo(channels, nr);
  const slots = new Float32Array(width * ceilTo(taps, kr));
  for (let channel = 0; channel < channels; channel++) {
    for (let tap = 0; tap < taps; tap++) {
      const block = Math.floor(tap / kr);
      slots[(block * width + channel) * kr + (tap % kr)] = data[channel * taps + tap]!;
    }
  }
  return bytesOfSlots(element, slots);
}

function bytesOfSlots(element: WeightElement, slots: Float32Array): Uint8Array {
  switch (element) {
    case "f32":
      return new Uint8Array(slots.buffer);
    case "i8":
      return new Uint8Array(Int8Array.from(slots).buffer);
    case "tc2w":
      return packTrits(slots);
    default:
      return element satisfies never;
  }
}

/**
 * Parameters of `minmax`: `f32 min, max; i32 0, 0; f32 scale[C]` (only with
 * `scales`)`; f32 bias[C]`. No bias is −0, which leaves every sum as it is.
 */
export function packMinmaxParams(
  nr: number,
  params: {
    readonly n: number;
    readonly min: number;
    readonly max: number;
    readonly scales?: ArrayLike<number>;
    readonly bias?: ArrayLike<number>;
  },
): Uint8Array {
  const { n, min, max, scales, bias } = params;
  const parts = [bounds(min, max)];
  if (scales !== undefined) parts.push(padded(Float32Array, scales, n, nr));
  parts.push(padded(Float32Array, bias ?? new Float32Array(n).fill(-0), n, nr));
  return join(parts);
}

/** Parameters of `requant`: `i32 shift, zeroPoint, min, max; i32 bias[C]; i16 multiplier[C]`. */
export function packRequantParams(
  nr: number,
  bias: ArrayLike<number>,
  r: Requantization,
): Uint8Array {
  const n = r.multipliers.length;
  return join([
    Int32Array.of(r.shift, r.zeroPoint, r.min, r.max),
    padded(Int32Array, bias, n, nr),
    padded(Int16Array, r.multipliers, n, nr),
  ]);
}

/** Parameters of `dequant`: `f32 min, max; i32 0, 0; i32 bias[C]; f32 scale[C]`. */
export function packDequantParams(
  nr: number,
  params: {
    readonly min: number;
    readonly max: number;
    readonly bias: ArrayLike<number>;
    readonly scales: ArrayLike<number>;
  },
): Uint8Array {
  const { min, max, bias, scales } = params;
  const n = scales.length;
  return join([
    bounds(min, max),
    padded(Int32Array, bias, n, nr),
    padded(Float32Array, scales, n, nr),
  ]);
}

type ParameterArray = Float32Array | Int32Array | Int16Array;

/** A bound of −0 becomes +0: kernels rely on it. */
function bounds(min: number, max: number): Float32Array {
  return Float32Array.of(min + 0, max + 0, 0, 0);
}

function padded<A extends ParameterArray>(
  array: new (length: number) => A,
  values: ArrayLike<number>,
  n: number,
  nr: number,
): A {
  const result = new array(ceilTo(n, nr));
  for (let i = 0; i < n; i++) result[i] = values[i]!;
  return result;
}

function join(parts: readonly ParameterArray[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + ceilTo(part.byteLength, ALIGNMENT), 0);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
    offset += ceilTo(part.byteLength, ALIGNMENT);
  }
  return bytes;
}

function ceilTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
