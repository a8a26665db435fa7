/**
 * @file Lowers a ternary `qconv` on channel planes to a kernel that is driven
 * by lists of its weights.
 *
 * A module whose code is written as it is loaded calls the kernel through its
 * slot of the function table; later the slot has code of the layer's own.
 */

import { elementCount } from "../../../core/shape.ts";
import type { Node } from "../../../model/ir/graph.ts";
import type { Work } from "../../costs/work.ts";
import {
  type CodeConvolution,
  packCodeParameters,
  packMask,
  scratchBytesOf,
} from "../../specialize/convolution.ts";
import { listScratchBytes, packListParameters } from "../../specialize/list-parameters.ts";
import { LANES } from "../../specialize/planes.ts";
import { packLists } from "../../specialize/sparse-lists.ts";
import { fitsShiftedLane, largestSum } from "../../specialize/sum-bounds.ts";
import { writtenRegions } from "../channel-planes.ts";
import type { Candidate, KernelRow } from "../select.ts";
import { placeLayer, rejectsLayer, wholeOf } from "./code-convolution.ts";
import type { Step } from "./lowering.ts";
import { weightFacts } from "./weights.ts";

type QConv = Node<"qconv">;

const FAMILY = "s16_ts_conv_requant";

/** Why lists cannot compute `node`, in either layout, as a clause. */
export function rejectsLists(node: QConv, operands: readonly Node[]): string | undefined {
  if (operands[1]!.type.dtype !== "i2") return "its weights are not ternary";
  if (node.attrs.mean !== undefined) return "its zeros stand for means";
  return rejectsLayer(node, operands);
}

export function lowerToLists(node: QConv, step: Step): void {
  lower(node, step, false);
}

/** The same, in a slot that a loader may fill with code. */
export function lowerToSlot(node: QConv, step: Step): void {
  lower(node, step, true);
}

function lower(node: QConv, step: Step, inSlot: boolean): void {
  const { conv, args: places, reads, y } = placeLayer(node, step);
  const fits16 = sumsFit(conv);
  const lists = packLists(conv.weights, conv.output.channels, fits16);
  const listConv = { ...conv, gapBits: lists.gapBits, fits16 };
  const waiting = inSlot ? scratchBytesOf(conv) : 0;
  const scratch = step.scratch(Math.max(listScratchBytes(conv), waiting));
  const args = [
    ...places,
    step.constant("parameters", packListParameters(listConv), "parameters"),
    step.constant("weights", lists.bytes, "lists"),
    { block: scratch, offset: 0 },
  ];
  const channels = Array.from({ length: conv.output.channels }, (_, channel) => channel);
  const touch = { reads, writes: [...writtenRegions(y, channels), wholeOf(scratch)] };
  const roomBytes = inSlot ? packCodeParameters(conv).length + packMask(conv).length : undefined;
  const candidates = kernelsFor(conv, step).map((kernel): Candidate => {
    const work = listWork(kernel, conv);
    const run = (): void => step.call(kernel, args, { ...touch, work }, roomBytes);
    return { kernel, work, calls: 1, bytes: lists.bytes.length, run };
  });
  step.choose(candidates);
  const macs = elementCount(node.type.shape.slice(2)) * conv.weights.length;
  step.report(weightFacts(step.operands[1]!, lists.bytes.length, macs));
}

/** Whether 16 bits certainly hold every sum on the way to its shifted form. */
function sumsFit({ weights, bias, range, requantization }: CodeConvolution): boolean {
  const depth = weights.length / bias.length;
  return bias.every((start, channel) => {
    const own = [channel * depth, (channel + 1) * depth] as const;
    return fitsShiftedLane(largestSum(weights, own, range, start), requantization);
  });
}

/** The kernels whose tile is no larger than the image. */
function kernelsFor({ output }: CodeConvolution, step: Step): KernelRow[] {
  const columns = LANES * Math.ceil(output.columns / LANES);
  return step.kernels(FAMILY).filter(({ mr, nr }) => mr <= output.rows && nr <= columns);
}

/** Tiles of each channel, the terms that they add up, and vectors: added, finished, with an addend. */
function listWork({ mr, nr }: KernelRow, { output, weights, addend }: CodeConvolution): Work {
  const columns = LANES * Math.ceil(output.columns / LANES);
  const tiles = Math.ceil(output.rows / mr) * Math.ceil(columns / nr);
  const term = tiles * nonzeroCount(weights);
  const vectors = (mr * nr) / LANES;
  const tile = tiles * output.channels;
  const finish = tile * vectors;
  return { tile, term, add: term * vectors, finish, addend: addend === undefined ? 0 : finish };
}

function nonzeroCount(weights: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count++;
  return count;
}
