/** @file Calls the sums over windows of channel planes that the mean terms of code multiply. */

import { scratchBytesOf } from "../../specialize/convolution.ts";
import type { CodeConvolution } from "../../specialize/layer.ts";
import { VECTOR_BYTES, vectorsOf, windowOffsets } from "../../specialize/pixel-loop.ts";
import { ELEMENT_BYTES, LANES } from "../../specialize/planes.ts";
import type { Argument } from "../argument.ts";
import type { Region } from "../plan.ts";
import { type BufferBlock, denseView } from "../view.ts";
import type { Step } from "./lowering.ts";

const SUM_BYTES = 4;

/** What a layer with a mean term needs behind its other scratch memory: t, and sums of lines. */
export function meanScratchBytes(conv: CodeConvolution): number {
  if (conv.mean === undefined) return 0;
  const { rows, elements } = sumsOf(conv);
  return meanBytes(conv) + rows * elements * SUM_BYTES;
}

/** Of t, which lies right behind the layer's other scratch memory. */
export function meanBytes({ output }: CodeConvolution): number {
  return output.rows * vectorsOf(output) * VECTOR_BYTES;
}

/** The rows that windows read, and how far into a line they reach. */
function sumsOf(conv: CodeConvolution) {
  const { input, output, kernel, strides, dilations, padLeft } = conv;
  const offsets = windowOffsets(input, [1, kernel[1]], dilations, padLeft);
  const reach = Math.max(...offsets) + vectorsOf(output) * VECTOR_BYTES;
  return {
    rows: (output.rows - 1) * strides[0] + (kernel[0] - 1) * dilations[0] + 1,
    elements: reach / ELEMENT_BYTES,
    offsets,
  };
}

/** Puts t of `conv` into scratch memory, if it has a mean term. */
export function callPlaneSums(
  step: Step,
  conv: CodeConvolution,
  places: {
    readonly x: Argument;
    readonly reads: readonly Region[];
    readonly scratch: BufferBlock;
  },
): void {
  const { mean, input, output, kernel, strides, dilations } = conv;
  if (mean === undefined) return;
  const { rows, elements, offsets } = sumsOf(conv);
  const tOffset = scratchBytesOf(conv);
  const columns = vectorsOf(output) * LANES;
  const t = denseView(places.scratch, [output.rows, columns], ELEMENT_BYTES, tOffset);
  const sums = denseView(places.scratch, [rows, elements], SUM_BYTES, tOffset + meanBytes(conv));
  const at = ({ block, offset }: typeof t): Argument => ({ block, offset });
  step.call(
    step.kernel("s16_s32_linesum"),
    [places.x, at(sums), rows, elements, input.channels, input.rowBytes, input.planeBytes],
    { reads: places.reads, writes: [sums] },
  );
  const row = elements * SUM_BYTES;
  const taps = Array.from({ length: kernel[0] }, (_, ky) =>
    offsets.map(offset => ky * dilations[0] * row + (offset / ELEMENT_BYTES) * SUM_BYTES),
  ).flat();
  const table = step.constant("table", new Uint8Array(Int32Array.from(taps).buffer), "taps");
  const moves = [strides[0] * row, SUM_BYTES, t.steps[0]!, mean.shift];
  step.call(
    step.kernel("s32_s16_windowsum"),
    [at(sums), at(t), table, taps.length, output.rows, columns, ...moves],
    { reads: [sums], writes: [t] },
  );
}
