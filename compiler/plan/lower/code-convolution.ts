/** @file Lowers a `qconv` on channel planes to code that is written for its weights. */

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
  scratchBytesOf,
} from "../../specialize/convolution.ts";
import type { Planes } from "../../specialize/planes.ts";
import type { Argument } from "../argument.ts";
import {
  allRows,
  imageRegions,
  NO_NEED,
  type Phases,
  type PlanesPlace,
  planesAddress,
  planesFor,
  planesRegions,
  type RowRange,
  writtenRegions,
} from "../channel-planes.ts";
import type { Region } from "../plan.ts";
import { rangeOf } from "../value-range.ts";
import type { BufferBlock } from "../view.ts";
import { haloOfPads } from "./convolution.ts";
import type { Nodes, PlanesUse, Step } from "./lowering.ts";
import { callPlaneSums, meanBytes, meanScratchBytes } from "./plane-sums.ts";
import { weightFacts } from "./weights.ts";

type QConv = Node<"qconv">;
type Requantizing = Extract<QConv["attrs"]["epilogue"], { readonly kind: "requantize" }>;

const ADDEND = 3;

/** Why no code computes `node`, in either layout, as a clause. */
export function rejectsPlanes(
  node: QConv,
  operands: readonly Node[],
  graph: Nodes,
): string | undefined {
  const { attrs } = node;
  const x = operands[0]!;
  const reason = rejectsLayer(node, operands);
  if (reason !== undefined) return reason;
  const need = { phases: attrs.strides[1] as Phases, halo: haloOfPads(attrs) };
  const output = planesFor(channelFirst(node), NO_NEED);
  return rejectsCode(
    convolutionOf(node, operands, rangeOf(graph, x.id), {
      input: planesFor(channelFirst(x, attrs.layout), need),
      output,
      ...(attrs.add === undefined ? {} : { addend: output }),
    }),
  );
}

/** Why nothing on channel planes computes `node`, in either layout, as a clause. */
export function rejectsLayer(node: QConv, operands: readonly Node[]): string | undefined {
  const { attrs } = node;
  const [x, weights, bias] = operands;
  if (x!.type.dtype !== "i8") return `no code convolves ${x!.type.dtype}`;
  if (weights!.kind !== "const") return "weights must be constant";
  if (bias!.kind !== "const") return "the bias must be constant";
  if (attrs.epilogue.kind !== "requantize") return "its result is not 8-bit";
  if (node.type.shape[0] !== 1) return "images come in a batch";
  if (node.type.shape.includes(0)) return "tensors without elements take no code";
  if (attrs.strides[1] > 2) return "windows are more than two columns apart";
  return undefined;
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

/** A layer on its planes, or some rows of its result: what a call for it takes and touches. */
export interface PlacedLayer {
  readonly conv: CodeConvolution;
  /** x, y, z */
  readonly args: readonly Argument[];
  readonly reads: readonly Region[];
  readonly y: PlanesPlace;
}

export function placeLayer(
  node: QConv,
  step: Step,
  rows = allRows(step.resultPlanes),
): PlacedLayer {
  const [x, y] = [step.planes(0), step.resultPlanes];
  const { strides, pads } = node.attrs;
  const z = node.attrs.add === undefined ? undefined : step.planes(ADDEND);
  const conv = convolutionOf(node, step.operands, step.range(0), {
    input: x.planes,
    output: { ...y.planes, rows: rows.count },
    ...(z === undefined ? {} : { addend: z.planes }),
  });
  return {
    conv,
    args: [
      planesAddress(x, rows.first * strides[0] - pads[0]),
      planesAddress(y, rows.first),
      z === undefined ? 0 : planesAddress(z, rows.first),
    ],
    reads: [...windowRegions(node, x, rows), ...(z === undefined ? [] : imageRegions(z, rows))],
    y,
  };
}

export function lowerToCode(node: QConv, step: Step): void {
  const ranges = rowRanges(node, step);
  const places = ranges.map(range => placeLayer(node, step, range));
  const [{ conv: placed, y }] = places as [PlacedLayer];
  const threads = ranges.length > 1 ? 1 : step.threads;
  const conv = { ...placed, isRelaxed: step.tier === "relaxed", threads };
  const mask = packMask(conv);
  const scratchBytes = scratchBytesOf(conv) + meanScratchBytes(conv);
  const scratch = scratchBytes === 0 ? undefined : step.scratch(scratchBytes);
  step.fillHalo();
  if (scratch !== undefined) {
    const { args, reads } = places[0]!;
    callPlaneSums(step, conv, { x: args[0]!, reads, scratch });
  }
  const parameters = step.constant("parameters", packCodeParameters(conv), "parameters");
  const columns = mask.length === 0 ? 0 : step.constant("table", mask, "columns");
  const functions = generateConvolution(conv);
  const { waiting, terms } = scratchRegions(conv, scratch);
  const waits = scratch === undefined ? 0 : { block: scratch, offset: 0 };
  for (const [share, { args: addresses, reads }] of places.entries()) {
    const args = [...addresses, parameters, columns, waits];
    for (const { body, channels, leaves, takes, work } of functions) {
      step.callCode(body, args, {
        reads: [...reads, ...(takes === true ? waiting : []), ...terms],
        writes: [
          ...writtenRegions(y, channels, ranges[share]),
          ...(leaves === true ? waiting : []),
        ],
        work: { ...work },
        ...(ranges.length > 1 && { share }),
      });
    }
  }
  const codeBytes = functions.reduce((sum, { body }) => sum + body.length, 0);
  const weights = step.operands[1]!;
  const macs = elementCount(node.type.shape.slice(2)) * placed.weights.length;
  step.report(weightFacts(weights, codeBytes, macs));
}

/**
 * The rows of the result that each thread computes. A thread that has made the
 * rows of one layer finds most of what the next one needs in its own caches;
 * channels would come from the others'. Terms of means are made for all rows.
 */
function rowRanges({ attrs }: QConv, { resultPlanes, threads }: Step): RowRange[] {
  const { rows } = resultPlanes.planes;
  if (rows % threads !== 0 || attrs.mean !== undefined) return [allRows(resultPlanes)];
  const count = rows / threads;
  return Array.from({ length: threads }, (_, share) => ({ first: share * count, count }));
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
  const { kernel, group, dilations, strides, pads, add } = attrs;
  const bias = tensorOf(operands[2]!).data as Int32Array;
  return {
    weights: tensorOf(operands[1]!).data as Int8Array,
    group,
    kernel,
    strides,
    dilations,
    padLeft: pads[1],
    input,
    output,
    bias,
    range: including(range, paddingOf(operands[0]!)),
    requantization: attrs.epilogue as Requantizing,
    ...(attrs.mean === undefined ? {} : { mean: attrs.mean }),
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

/** Where sums wait from one function to the next, and where t of the mean term lies. */
function scratchRegions(conv: CodeConvolution, scratch: BufferBlock | undefined) {
  if (scratch === undefined) return { waiting: [], terms: [] };
  const bytes = scratchBytesOf(conv);
  const { name } = scratch;
  const waiting: Region[] = [{ block: name, offset: 0, bytes, repeats: [] }];
  const term: Region = { block: name, offset: bytes, bytes: meanBytes(conv), repeats: [] };
  return { waiting, terms: conv.mean === undefined ? [] : [term] };
}

export function wholeOf({ name, bytes }: BufferBlock): Region {
  return { block: name, offset: 0, bytes, repeats: [] };
}

/** The part of the padded input that the windows of `rows` of the result reach. */
export function windowRegions(
  { attrs, type }: QConv | Node<"max-pool">,
  x: PlanesPlace,
  rows: RowRange = { first: 0, count: type.shape[2]! },
): Region[] {
  const { kernel, strides, dilations, pads } = attrs;
  const [top, left] = [rows.first * strides[0] - pads[0], -pads[1]];
  const columns = type.shape[3]!;
  const bottom = top + (rows.count - 1) * strides[0] + (kernel[0] - 1) * dilations[0];
  const right = left + (columns - 1) * strides[1] + (kernel[1] - 1) * dilations[1];
  return planesRegions(x, [top, left, bottom, right]);
}
