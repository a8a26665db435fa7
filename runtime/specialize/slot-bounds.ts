/** @file Whether the addresses of a slot lead where its code may read and write. */

import type { CodeConvolution } from "../../compiler/specialize/convolution.ts";
import type { LayerSlot } from "../../compiler/specialize/layer-slots.ts";
import { VECTOR_BYTES, vectorsOf, windowOffsets } from "../../compiler/specialize/pixel-loop.ts";
import {
  columnOffset,
  ELEMENT_BYTES,
  LANES,
  type Planes,
} from "../../compiler/specialize/planes.ts";

/** What code may touch: constants lie before `arenaOffset`, all that runs write behind it. */
export interface MemoryBounds {
  readonly arenaOffset: number;
  readonly bytes: number;
}

const SCRATCH_ALIGNMENT = 16;

/** What of the slot leads elsewhere, as a plural; `undefined` if nothing does. */
export function strayPart(
  slot: LayerSlot,
  conv: CodeConvolution,
  { arenaOffset, bytes }: MemoryBounds,
): string | undefined {
  const { x, y, z, scratch, scratchBytes, room, roomBytes } = slot;
  const within = (at: number, size: number, from: number, to: number): boolean =>
    at >= from && at + size <= to;
  const isEven = [x, y, z].every(address => address % ELEMENT_BYTES === 0);
  if (!isEven || !within(x, inputReach(conv), 0, bytes)) return "inputs";
  if (!within(y, imageReach(conv.output), arenaOffset, bytes)) return "outputs";
  const { addend } = conv;
  if (addend !== undefined && !within(z, imageReach(addend.planes), 0, bytes)) return "addends";
  const isAligned = scratch % SCRATCH_ALIGNMENT === 0;
  if (scratchBytes > 0 && !(isAligned && within(scratch, scratchBytes, arenaOffset, bytes))) {
    return "sums";
  }
  return within(room, roomBytes, 0, arenaOffset) ? undefined : "parameters of code";
}

/** Bytes from x to the end of what windows read. */
function inputReach({
  input,
  output,
  kernel,
  strides,
  dilations,
  padLeft,
}: CodeConvolution): number {
  const window = Math.max(...windowOffsets(input, kernel, dilations, padLeft));
  const rows = (output.rows - 1) * strides[0] * input.rowBytes;
  return rows + (input.channels - 1) * input.planeBytes + window + lineBytes(output);
}

/** Bytes from padded column 0 of the first row to the end of an image, in whole vectors. */
function imageReach(planes: Planes): number {
  const { channels, rows, planeBytes, rowBytes } = planes;
  const last = columnOffset(planes, vectorsOf(planes) * LANES - 1) + ELEMENT_BYTES;
  return (rows - 1) * rowBytes + (channels - 1) * planeBytes + last;
}

function lineBytes(output: Planes): number {
  return vectorsOf(output) * VECTOR_BYTES;
}
