/**
 * @file Lowers products with a mean term (core/mean-term.ts) to library kernels.
 *
 *     channel sums ─► window sums t ─┐
 *     product, raw sums in f32 ──────┴─► mean term, bias, epilogue
 *
 * t is made once and serves all output channels of a group. The product runs in
 * bands of rows, so that little memory holds its sums; they are whole numbers
 * that f32 holds exactly.
 */

import type { MeanTerm } from "../../../core/mean-term.ts";
import type { Epilogue } from "../../../model/ir/attributes.ts";
import type { Node } from "../../../model/ir/graph.ts";
import { addressOf } from "../argument.ts";
import { packDequantParams } from "../pack.ts";
import { MEAN_NR, withMeans } from "../pack-mean.ts";
import { alignUp, BLOCK_ALIGNMENT } from "../plan.ts";
import { type BufferBlock, denseView, sliceView, type View } from "../view.ts";
import type { Step } from "./lowering.ts";
import type { Product, ProductCall } from "./product.ts";
import { type EpilogueSource, integerEpilogue } from "./weights.ts";

/** What the windows of a layer look like to a kernel that sums. */
export interface SummedWindows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
}

export interface MeanLayer {
  readonly mean: MeanTerm;
  readonly epilogue: Epilogue;
  readonly windows: SummedWindows;
}

/** Sums of a band stay within this, where a row of the image does. */
const BAND_BYTES = 16384;
const SUM_BYTES = 4;
const T_BYTES = 2;

/** Raw sums: no bias, no scale, no bounds. */
export const RAW_SUMS: EpilogueSource = {
  word: "dequant",
  pack: (nr, _first, n) =>
    packDequantParams(nr, {
      min: -Infinity,
      max: Infinity,
      bias: new Int32Array(n),
      scales: new Float32Array(n).fill(1),
    }),
};

/** Σ|w| up to which sums of 8-bit inputs are exact in f32. */
const LARGEST_NORM = 2 ** 17;

/** Why no kernel computes a layer with a mean term, as a clause. */
export function rejectsMean(node: Node<"qconv" | "qgemm">, weights: Node): string | undefined {
  if (node.attrs.mean === undefined || weights.kind !== "const") return undefined;
  const { shape, data } = weights.attrs.tensor;
  const depth = data.length / shape[0]!;
  for (let from = 0; from < data.length; from += depth) {
    let norm = 0;
    for (let i = from; i < from + depth; i++) norm += Math.abs(Number(data[i]));
    if (norm > LARGEST_NORM) return "its sums may be too large for a mean term beside them";
  }
  return undefined;
}

/** Calls the sums over windows, and returns the product that ends in the mean term. */
export function withMeanTerm(step: Step, product: Product, layer: MeanLayer): Product {
  const { rows, cols } = product.windows;
  const calls = product.groups.flatMap(group => group.calls);
  const tBytes = alignUp(rows * cols * T_BYTES, BLOCK_ALIGNMENT);
  const bandRows = rowsOfBand(rows, cols * product.n * SUM_BYTES);
  const bandBytes = bandRows * cols * product.n * SUM_BYTES;
  const sumBytes = Math.max(...calls.map(call => channelSumsOf(call, layer.windows).bytes));
  const waiting = tBytes * calls.length;
  const scratch = step.scratch(waiting + Math.max(sumBytes, bandBytes));
  const ts = calls.map((call, i) => {
    const t = denseView(scratch, [rows, cols], T_BYTES, i * tBytes);
    callWindowSums(step, layer, call, t, waiting);
    return t;
  });
  const band = denseView(scratch, [bandRows, cols, product.n], SUM_BYTES, waiting);
  const [yRow, yCol] = [band.steps[0]!, band.steps[1]!];
  let index = 0;
  return {
    ...product,
    epilogue: RAW_SUMS,
    windows: { ...product.windows, rows: bandRows, yRow, yCol },
    groups: product.groups.map((group, g) => {
      const source = endingOf(step, layer, g * product.n, product.n);
      return {
        ...group,
        calls: group.calls.flatMap(call =>
          bandsOf(step, product, call, ts[index++]!, band, source),
        ),
      };
    }),
  };
}

/** The most rows that divide an image evenly and whose sums fit a band; at least one. */
function rowsOfBand(rows: number, rowBytes: number): number {
  for (let size = rows; size > 1; size--) {
    if (rows % size === 0 && size * rowBytes <= BAND_BYTES) return size;
  }
  return 1;
}

/** Parameters of the kernel that ends `n` channels from `first` on. */
function endingOf(step: Step, { mean, epilogue }: MeanLayer, first: number, n: number) {
  const { word, pack } = integerEpilogue(step.tensor(2)!, epilogue);
  const multipliers = mean.multipliers.slice(first, first + n);
  const bytes = withMeans(pack(MEAN_NR, first, n), { ...mean, multipliers });
  return {
    kernel: step.kernel(`f32_s16_mean_${word}`),
    parameters: step.constant("parameters", bytes, `mean ${word}`),
  };
}

function bandsOf(
  step: Step,
  product: Product,
  call: ProductCall,
  t: View,
  band: View,
  { kernel, parameters }: ReturnType<typeof endingOf>,
): ProductCall[] {
  const { rows, cols, xRow, yRow, yCol } = product.windows;
  const bandRows = band.shape[0]!;
  return Array.from({ length: rows / bandRows }, (_, i) => {
    const row = i * bandRows;
    const part = sliceView(t, 0, row, bandRows);
    const y = { ...call.y, offset: call.y.offset + row * yRow };
    const writes = rows === 1 ? call.writes : sliceView(call.writes, 1, row, bandRows);
    const steps = [band.steps[0]!, band.steps[1]!, t.steps[0]!, yRow, yCol];
    const args = [addressOf(band), addressOf(part), parameters, y, bandRows, cols, ...steps];
    return {
      ...call,
      x: { ...call.x, offset: call.x.offset + row * xRow },
      y: addressOf(band),
      writes: band,
      finish: () =>
        step.call(kernel, [...args, product.n], { reads: [band, part], writes: [writes] }),
    };
  });
}

/** Where the sums over channels of one call's input lie: a pixel each. */
function channelSumsOf({ reads }: ProductCall, { kernel, strides }: SummedWindows) {
  // A matrix is one row of pixels.
  const [channels, inner, outer = 1] = reads.shape.toReversed() as [number, number, number?];
  // Windows of one pixel skip what lies between them.
  const [stepH, stepW] = kernel[0] * kernel[1] === 1 ? strides : [1, 1];
  const rows = Math.ceil(outer / stepH);
  const cols = Math.ceil(inner / stepW);
  return { rows, cols, channels, stepH, stepW, bytes: rows * cols * SUM_BYTES };
}

/** t of one image and group; the sums over channels wait at `offset` of its block. */
function callWindowSums(
  step: Step,
  { mean, windows }: MeanLayer,
  call: ProductCall,
  t: View,
  offset: number,
): void {
  const { reads } = call;
  const { rows, cols, channels, stepH, stepW } = channelSumsOf(call, windows);
  const sums = denseView(t.block as BufferBlock, [rows, cols], SUM_BYTES, offset);
  const [, xCol, xRow = 0] = reads.steps.toReversed() as [number, number, number?];
  step.call(
    step.kernel("qs8_s32_channelsum"),
    [addressOf(reads), addressOf(sums), rows, cols, xRow * stepH, xCol * stepW, channels],
    { reads: [reads], writes: [sums] },
  );
  const { kernel, strides, dilations } = windows;
  const taps = Int32Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
    const [ky, kx] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    return ky * dilations[0] * sums.steps[0]! + kx * dilations[1] * SUM_BYTES;
  });
  const table = step.constant("table", new Uint8Array(taps.buffer), "taps");
  const moves = [(strides[0] / stepH) * sums.steps[0]!, (strides[1] / stepW) * SUM_BYTES];
  step.call(
    step.kernel("s32_s16_windowsum"),
    [
      addressOf(sums),
      addressOf(t),
      table,
      taps.length,
      ...t.shape,
      ...moves,
      t.steps[0]!,
      mean.shift,
    ],
    { reads: [sums], writes: [t] },
  );
}
