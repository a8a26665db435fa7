/** @file Lowers a ternary `qconv` on channel planes to code that is written for its weights. */

import { type Interval, including } from "../../../core/interval.ts";
import { elementCount } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { Node } from "../../../model/ir/graph.ts";
import {
  type CodeConvolution,
  generateConvolution,
  packCodeParameters,
  packMask,
  rejectsCode,
} from "../../specialize/convolution.ts";
import type { Planes } from "../../specialize/planes.ts";
import {
  imageRegions,
  NO_NEED,
  type Phases,
  type PlanesPlace,
  planesAddress,
  planesFor,
  planesRegions,
  writtenRegions,
} from "../channel-planes.ts";
import type { Region } from "../plan.ts";
import { rangeOf } from "../value-range.ts";
import { haloOfPads } from "./convolution.ts";
import type { Nodes, PlanesUse, Step } from "./lowering.ts";
import { weightFacts } from "./weights.ts";

type QConv = Node<"qconv">;
type Requantizing = Extract<QConv["attrs"]["epilogue"], { readonly kind: "requantize" }>;

const ADDEND = 3;

/** Why `node`, in either layout, cannot run on channel planes, as a clause. */
export function rejectsPlanes(
  node: QConv,
  operands: readonly Node[],
  graph: Nodes,
): string | undefined {
  const { attrs } = node;
  const [x, weights, bias] = operands;
  if (x!.type.dtype !== "i8") return `no code convolves ${x!.type.dtype}`;
  if (weights!.kind !== "const" || weights!.type.dtype !== "i2")
    return "its weights are not ternary";
  if (bias!.kind !== "const") return "the bias must be constant";
  if (attrs.group !== 1) return "groups have no code";
  if (attrs.epilogue.kind !== "requantize") return "its result is not 8-bit";
  if (node.type.shape[0] !== 1) return "images come in a batch";
  if (node.type.shape.includes(0)) return "tensors without elements take no code";
  const [strideH, strideW] = attrs.strides;
  if (strideH !== strideW || strideH > 2) return "its strides are neither 1 nor 2";
  const need = { phases: strideW as Phases, halo: haloOfPads(attrs) };
  const output = planesFor(channelFirst(node), NO_NEED);
  return rejectsCode(
    convolutionOf(node, operands, rangeOf(graph, x!.id), {
      input: planesFor(channelFirst(x!, attrs.layout), need),
      output,
      ...(attrs.add === undefined ? {} : { addend: output }),
    }),
  );
}

function channelFirst({ type, attrs }: Node, layout = (attrs as QConv["attrs"]).layout) {
  const [n, a, b, c] = type.shape as [number, number, number, number];
  return layout === "nchw" ? [n, a, b, c] : [n, c, a, b];
}

/** What a channel-first node reads and writes. */
export function planesOfConv({ attrs }: QConv): PlanesUse {
  const x = { phases: attrs.strides[1] as Phases, halo: haloOfPads(attrs) };
  return { operands: [x, "dense", "dense", NO_NEED], result: true };
}

export function lowerToCode(node: QConv, step: Step): void {
  const [x, y] = [step.planes(0), step.resultPlanes];
  const z = node.attrs.add === undefined ? undefined : step.planes(ADDEND);
  const conv = convolutionOf(node, step.operands, step.range(0), {
    input: x.planes,
    output: y.planes,
    ...(z === undefined ? {} : { addend: z.planes }),
  });
  const mask = packMask(conv);
  const args = [
    planesAddress(x, -node.attrs.pads[0]),
    planesAddress(y),
    z === undefined ? 0 : planesAddress(z),
    step.constant("parameters", packCodeParameters(conv), "parameters"),
    mask.length === 0 ? 0 : step.constant("table", mask, "columns"),
  ];
  const reads = [...windowRegions(node, x), ...(z === undefined ? [] : imageRegions(z))];
  const functions = generateConvolution(conv);
  for (const { body, work } of functions) {
    step.callCode(body, args, { reads, writes: writtenRegions(y), work: { ...work } });
  }
  const codeBytes = functions.reduce((sum, { body }) => sum + body.length, 0);
  const weights = step.operands[1]!;
  const macs = elementCount(node.type.shape.slice(2)) * conv.trits.length;
  step.report(weightFacts(weights, codeBytes, macs));
}

interface ConvPlanes {
  readonly input: Planes;
  readonly output: Planes;
  readonly addend?: Planes;
}

function convolutionOf(
  { attrs }: QConv,
  operands: readonly Node[],
  range: Interval,
  { input, output, addend }: ConvPlanes,
): CodeConvolution {
  const { kernel, dilations, strides, pads, add } = attrs;
  const trits = tensorOf(operands[1]!).data as Int8Array;
  const bias = tensorOf(operands[2]!).data as Int32Array;
  return {
    trits,
    kernel,
    stride: strides[1] as Phases,
    dilations,
    padLeft: pads[1],
    input,
    output,
    bias,
    bounds: boundsOf(trits, bias, including(range, paddingOf(operands[0]!))),
    requantization: attrs.epilogue as Requantizing,
    ...(add === undefined || addend === undefined
      ? {}
      : { addend: { planes: addend, requantization: add } }),
  };
}

function tensorOf(node: Node): Tensor {
  return (node as Node<"const">).attrs.tensor;
}

/** What windows read in the padding: a clamp may have left it out of the range. */
function paddingOf({ type }: Node): number {
  return type.quantization?.zeroPoints[0] ?? 0;
}

/** The largest |sum| of each channel over all inputs within `range`, bias included. */
function boundsOf(trits: ArrayLike<number>, bias: Int32Array, { min, max }: Interval): number[] {
  const depth = trits.length / bias.length;
  return Array.from(bias, (start, channel) => {
    let [most, least] = [start, start];
    for (let k = channel * depth; k < (channel + 1) * depth; k++) {
      const trit = trits[k]!;
      most += trit * (trit > 0 ? max : min);
      least += trit * (trit > 0 ? min : max);
    }
    return Math.max(Math.abs(most), Math.abs(least));
  });
}

/** The part of the padded input that windows reach. */
function windowRegions({ attrs, type }: QConv, x: PlanesPlace): Region[] {
  const { kernel, strides, dilations, pads } = attrs;
  const [top, left] = [-pads[0], -pads[1]];
  const [rows, columns] = type.shape.slice(2) as [number, number];
  const bottom = top + (rows - 1) * strides[0] + (kernel[0] - 1) * dilations[0];
  const right = left + (columns - 1) * strides[1] + (kernel[1] - 1) * dilations[1];
  return planesRegions(x, [top, left, bottom, right]);
}
