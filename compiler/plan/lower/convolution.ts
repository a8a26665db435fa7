/** @file What `conv` and `qconv` share: windows over padded images, groups, depthwise filters. */

import { elementCount } from "../../../core/shape.ts";
import type { ConvAttributes, Window } from "../../../model/ir/attributes.ts";
import type { Node } from "../../../model/ir/graph.ts";
import { scaleWork } from "../../costs/work.ts";
import { addressOf } from "../argument.ts";
import { depthwiseWork } from "../kernel-work.ts";
import { packTaps } from "../pack.ts";
import type { Candidate, KernelRow } from "../select.ts";
import { extendView, type Halo, imageOf, NO_HALO, sliceView, type View } from "../view.ts";
import type { Step } from "./lowering.ts";
import { type Product, productCandidates, type Windows } from "./product.ts";
import { type EpilogueSource, elementOf, weightFacts } from "./weights.ts";

export type ConvNode = Node<"conv" | "qconv">;
type Geometry = Omit<ConvAttributes, "clamp">;

/** What the two kinds do not share. */
export interface ConvKind {
  readonly activation: "f32" | "qs8";
  readonly epilogue: EpilogueSource;
  /** Family of the depthwise kernel and how its weights are stored, if it has one. */
  readonly depthwise?: { readonly family: string; readonly element: "f32" | "i8" };
}

export function haloOfPads({ pads: [top, left, bottom, right] }: Window): Halo {
  return { top, left, bottom, right };
}

/** Why no kernel computes the convolution, kernels being the same for both kinds. */
export function rejectsConv(
  node: ConvNode,
  operands: readonly Node[],
  activation: string,
): string | undefined {
  const [x, weights, bias] = operands;
  if (node.attrs.layout !== "nhwc") return "kernels take channel-last images";
  if (x!.type.dtype !== activation) return `no kernel convolves ${x!.type.dtype}`;
  if (weights!.kind !== "const") return "weights must be constant";
  if (elementOf(weights!) === undefined) return `no kernel takes ${weights!.type.dtype} weights`;
  if (bias !== undefined && bias.kind !== "const") return "the bias must be constant";
  return node.type.shape.includes(0) ? "tensors without elements take no kernel" : undefined;
}

export function convCandidates(node: ConvNode, step: Step, kind: ConvKind): Candidate[] {
  const candidates = productCandidates(step, productOf(node, step, kind));
  return [...candidates, ...depthwiseCandidates(node, step, kind)];
}

/** The products that a convolution is: one for each group. */
export function productOf(node: ConvNode, step: Step, kind: ConvKind): Product {
  const { attrs } = node;
  const weights = step.operands[1]!;
  const x = step.padded(0);
  const channels = x.shape[3]! / attrs.group;
  const n = weights.type.shape[0]! / attrs.group;
  const filters = channelLast(weights);
  const perGroup = filters.length / attrs.group;
  return {
    activation: kind.activation,
    element: elementOf(weights)!,
    windows: windowsOf(attrs, x, step.result),
    n,
    epilogue: kind.epilogue,
    report: bytes => step.report(weightFacts(weights, bytes, macsOf(node, weights))),
    groups: Array.from({ length: attrs.group }, (_, g) => ({
      weights: filters.subarray(g * perGroup, (g + 1) * perGroup),
      calls: Array.from({ length: x.shape[0]! }, (_unused, image) =>
        callOf(
          attrs,
          sliceView(imageOf(x, image), 3, g * channels, channels),
          sliceView(imageOf(step.result, image), 3, g * n, n),
        ),
      ),
    })),
  };
}

function callOf(attrs: Geometry, x: View, y: View) {
  const start = windowStart(attrs, x);
  return { x: addressOf(start), y: addressOf(y), reads: readBy(attrs, x, y), writes: y };
}

/** The view that starts where the first window does. */
function windowStart({ pads }: Geometry, x: View): View {
  return extendView(x, { ...NO_HALO, top: pads[0], left: pads[1] });
}

/** The part of the padded image that windows reach. */
function readBy(attrs: Geometry, x: View, y: View): View {
  const reach = [0, 1].map(axis => {
    const taps = (attrs.kernel[axis]! - 1) * attrs.dilations[axis]! + 1;
    return (y.shape[axis + 1]! - 1) * attrs.strides[axis]! + taps;
  });
  const start = windowStart(attrs, x);
  return { ...start, shape: [1, reach[0]!, reach[1]!, x.shape[3]!] };
}

/**
 * Windows as segments: a row of a window where its pixels are neighbours, else
 * a pixel. Segments that follow each other in every window are one.
 */
function windowsOf(attrs: Geometry, x: View, y: View): Windows {
  const { kernel, strides, dilations, group } = attrs;
  const [, xStepH, xStepW] = x.steps as number[];
  const channels = x.shape[3]! / group;
  const segmentBytes = channels * x.elementBytes;
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
    const [ky, kx] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    return ky * dilations[0] * xStepH! + kx * dilations[1] * xStepW!;
  });
  const { offsets, merged } = mergeSegments(taps, segmentBytes, kernel[1]);
  return {
    offsets,
    length: channels * merged,
    rows: y.shape[1]!,
    cols: y.shape[2]!,
    xRow: strides[0] * xStepH!,
    xCol: strides[1] * xStepW!,
    yRow: y.steps[1]!,
    yCol: y.steps[2]!,
  };
}

/** Joins neighbouring taps: all of them, those of each row, or none. */
function mergeSegments(taps: readonly number[], bytes: number, width: number) {
  const follows = (i: number): boolean => taps[i] === taps[i - 1]! + bytes;
  const all = taps.every((_, i) => i === 0 || follows(i));
  const rows = taps.every((_, i) => i % width === 0 || follows(i));
  const merged = all ? taps.length : rows ? width : 1;
  return { offsets: taps.filter((_, i) => i % merged === 0), merged };
}

function depthwiseCandidates(node: ConvNode, step: Step, kind: ConvKind): Candidate[] {
  const weights = step.operands[1]!;
  const [channels, perGroup] = weights.type.shape as [number, number];
  const { group } = node.attrs;
  if (kind.depthwise === undefined || group !== channels || perGroup !== 1) return [];
  if (step.operands[0]!.type.shape[3] !== group) return [];
  const { family, element } = kind.depthwise;
  const [batch, rows, cols] = step.result.shape as [number, number, number];
  const taps = node.attrs.kernel[0] * node.attrs.kernel[1];
  const filters = { channels, taps, data: channelLast(weights) };
  return step.kernels(family).map(kernel => {
    const packed = packTaps(element, kernel, filters);
    const work = depthwiseWork(kernel, { pixels: rows * cols, channels, taps });
    return {
      kernel,
      work: scaleWork(work, batch),
      calls: batch,
      bytes: packed.byteLength,
      run: () => runDepthwise(node, step, kernel, packed, kind.epilogue),
    };
  });
}

function runDepthwise(
  node: ConvNode,
  step: Step,
  kernel: KernelRow,
  packed: Uint8Array,
  epilogue: EpilogueSource,
): void {
  const { attrs } = node;
  const channels = step.result.shape[3]!;
  const w = step.constant("weights", packed, "weights");
  const p = step.constant("parameters", epilogue.pack(kernel.nr, 0, channels), epilogue.word);
  const [rows, cols] = step.result.shape.slice(1) as [number, number];
  const work = depthwiseWork(kernel, {
    pixels: rows * cols,
    channels,
    taps: elementCount(attrs.kernel),
  });
  const padded = step.padded(0);
  const [, xStepH, xStepW] = padded.steps as [number, number, number];
  for (let image = 0; image < step.result.shape[0]!; image++) {
    const x = imageOf(padded, image);
    const y = imageOf(step.result, image);
    const taps = [...attrs.kernel, attrs.dilations[0] * xStepH, attrs.dilations[1] * xStepW];
    const sizes = [y.shape[1]!, y.shape[2]!, attrs.strides[0] * xStepH, attrs.strides[1] * xStepW];
    const call = callOf(attrs, x, y);
    const args = [call.x, w, p, call.y, ...taps, ...sizes, y.steps[1]!, y.steps[2]!, channels];
    step.call(kernel, args, { reads: [call.reads], writes: [y], work });
  }
  const weights = step.operands[1]!;
  step.report(weightFacts(weights, packed.byteLength, macsOf(node, weights)));
}

function macsOf(node: ConvNode, weights: Node): number {
  const [batch, rows, cols] = node.type.shape as [number, number, number];
  const { data } = (weights as Node<"const">).attrs.tensor;
  return batch * rows * cols * data.length;
}

/** Weights [M, C, kH, kW] as [M][kH][kW][C]. */
function channelLast(node: Node): Float32Array {
  const { tensor } = (node as Node<"const">).attrs;
  const [, channels, height, width] = tensor.shape as [number, number, number, number];
  const taps = height * width;
  const result = new Float32Array(tensor.data.length);
  for (let i = 0; i < result.length; i++) {
    const [m, c, tap] = [
      Math.floor(i / (channels * taps)),
      Math.floor(i / taps) % channels,
      i % taps,
    ];
    result[(m * taps + tap) * channels + c] = Number(tensor.data[i]);
  }
  return result;
}
