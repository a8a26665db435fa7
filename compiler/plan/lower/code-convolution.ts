/** @file Lowers a `qconv` on channel planes to code that is written for its weights. */

import { type Interval, including } from "../../../core/interval.ts";
import { elementCount } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { Node } from "../../../model/ir/graph.ts";
import {
  type CodeConvolution,
  type CodeFunction,
  generateConvolution,
  isShortCode,
  packCodeParameters,
  packMask,
  rejectsCode,
  scratchBytesOf,
} from "../../specialize/convolution.ts";
import type { Planes } from "../../specialize/planes.ts";
import type { Address, Argument } from "../argument.ts";
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
  /** Of the result. */
  readonly rows: RowRange;
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
    rows,
  };
}

export function lowerToCode(node: QConv, step: Step): void {
  const places = sharesOf(node, step);
  const [{ conv, y, args: addresses, reads }] = places as [PlacedLayer];
  const mask = packMask(conv);
  const bytes = places.map(({ conv: own }) => scratchBytesOf(own) + meanScratchBytes(own));
  const scratchBytes = Math.max(...bytes);
  const scratch = scratchBytes === 0 ? undefined : step.scratch(scratchBytes);
  step.fillHalo();
  if (scratch !== undefined) callPlaneSums(step, conv, { x: addresses[0]!, reads, scratch });
  const columns = mask.length === 0 ? 0 : step.constant("table", mask, "columns");
  const waits = scratch === undefined ? 0 : { block: scratch, offset: 0 };
  const written = new Map<number, WrittenCode>();
  for (const [share, place] of places.entries()) {
    const { rows } = place;
    const code = written.get(rows.count) ?? writeCode(step, place.conv);
    written.set(rows.count, code);
    const { waiting, terms } = scratchRegions(place.conv, scratch);
    const args = [...place.args, code.parameters, columns, waits];
    for (const { body, channels, leaves, takes, work } of code.functions) {
      step.callCode(body, args, {
        reads: [...place.reads, ...(takes === true ? waiting : []), ...terms],
        writes: [...writtenRegions(y, channels, rows), ...(leaves === true ? waiting : [])],
        work: { ...work },
        ...(places.length > 1 && { share }),
      });
    }
  }
  const bodies = [...written.values()].flatMap(({ functions }) => functions);
  const codeBytes = bodies.reduce((sum, { body }) => sum + body.length, 0);
  const weights = step.operands[1]!;
  const macs = elementCount(node.type.shape.slice(2)) * conv.weights.length;
  step.report(weightFacts(weights, codeBytes, macs));
}

/** What layers of as many rows have in common. */
interface WrittenCode {
  readonly parameters: Address;
  readonly functions: readonly CodeFunction[];
}

function writeCode(step: Step, conv: CodeConvolution): WrittenCode {
  const parameters = step.constant("parameters", packCodeParameters(conv), "parameters");
  return { parameters, functions: generateConvolution(conv) };
}

/**
 * The layer in shares, by rows of the result, one for each thread; or whole:
 * then threads share its functions. A thread that has made the rows of one
 * layer finds most of what the next one needs in its own caches; channels would
 * come from the others'. Rows are as many for each thread, since they run the
 * same code then, or about as many where code is short. Terms of means are made
 * for all rows.
 */
function sharesOf(node: QConv, step: Step): PlacedLayer[] {
  const { resultPlanes, threads } = step;
  const { rows } = resultPlanes.planes;
  const place = (range: RowRange, sharing: number): PlacedLayer => {
    const placed = placeLayer(node, step, range);
    const more = { isRelaxed: step.tier === "relaxed", threads: sharing };
    return { ...placed, conv: { ...placed.conv, ...more } };
  };
  if (threads > 1 && rows >= threads && node.attrs.mean === undefined) {
    const cut = (share: number): number => Math.floor((share * rows) / threads);
    const shares = Array.from({ length: threads }, (_, share) =>
      place({ first: cut(share), count: cut(share + 1) - cut(share) }, 1),
    );
    if (rows % threads === 0 || shares.every(({ conv }) => isShortCode(conv))) return shares;
  }
  return [place(allRows(resultPlanes), threads)];
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
