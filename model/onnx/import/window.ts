/**
 * @file What convolutions and pools have in common: windows over one or two
 * spatial dimensions, with pads made explicit.
 *
 * The graph knows two spatial dimensions only. A single one gets a height of 1
 * before it, in activations and weights alike.
 */

import type { Shape } from "../../../core/shape.ts";
import { reshaped } from "../../../core/tensor.ts";
import type { Pads, Pair, Window } from "../../ir/attributes.ts";
import type { NodeId } from "../../ir/graph.ts";
import { reach } from "../../ops/window.ts";
import type { ImportNode } from "./context.ts";

/** The number of spatial dimensions of `x`, 1 or 2. @throws onnx/unsupported-attribute */
export function spatialRank(n: ImportNode, x: NodeId): 1 | 2 {
  const rank = n.shapeOf(x).length - 2;
  if (rank === 1 || rank === 2) return rank;
  n.unsupported(
    `${n.op} over ${rank} spatial dimensions is not supported`,
    "use a network with one or two spatial dimensions",
  );
}

/** `shape` with a height of 1, if it has one spatial dimension. */
export function lifted(shape: Shape): Shape {
  return shape.length === 3 ? [shape[0]!, shape[1]!, 1, shape[2]!] : shape;
}

export function liftActivation(n: ImportNode, x: NodeId): NodeId {
  return n.reshape(x, lifted(n.shapeOf(x)));
}

/** Constants stay constants, quantised ones included, so that passes find them. */
export function liftWeights(n: ImportNode, weights: NodeId): NodeId {
  const shape = lifted(n.shapeOf(weights));
  if (shape === n.shapeOf(weights)) return weights;
  const node = n.node(weights);
  if (node.kind === "const") {
    return n.constant(reshaped(node.attrs.tensor, shape), node.attrs.quantization);
  }
  const source = node.kind === "dequantize" ? n.node(node.inputs[0]!) : undefined;
  const axis = source?.type.quantization?.axis ?? 0;
  if (source?.kind === "const" && axis === 0) {
    const { tensor, quantization } = source.attrs;
    return n.add("dequantize", [n.constant(reshaped(tensor, shape), quantization)], {});
  }
  return n.reshape(weights, shape);
}

/** Undoes `liftActivation` for a result of rank 4. */
export function lower(n: ImportNode, y: NodeId, rank: 1 | 2): NodeId {
  if (rank === 2) return y;
  const [batch, channels, , length] = n.shapeOf(y);
  return n.reshape(y, [batch!, channels!, length!]);
}

/** A window before its pads are known. */
export interface OpenWindow extends Omit<Window, "pads"> {
  /** NOTSET: as given in `pads`. */
  readonly autoPad: string;
  readonly givenPads: Pads;
}

const AUTO_PADS = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];

/** Reads the attributes; `kernel` are the sizes found in the weights, if there are weights. */
export function readWindow(n: ImportNode, rank: 1 | 2, kernel?: readonly number[]): OpenWindow {
  const given = n.attributes.ints("kernel_shape");
  const sizes = given ?? kernel;
  if (sizes === undefined) n.unsupported('"kernel_shape" is missing');
  if (kernel !== undefined && sizes.join() !== kernel.join()) {
    n.fail("graph/bad-shape", `"kernel_shape" is [${sizes}], the weights have [${kernel}]`);
  }
  const autoPad = n.attributes.string("auto_pad", "NOTSET");
  if (!AUTO_PADS.includes(autoPad)) n.unsupported(`"auto_pad" is "${autoPad}"`);
  return {
    kernel: pair(n, "kernel_shape", sizes, rank, 1),
    strides: pair(n, "strides", n.attributes.ints("strides") ?? [], rank, 1),
    dilations: pair(n, "dilations", n.attributes.ints("dilations") ?? [], rank, 1),
    givenPads: padsOf(n, n.attributes.ints("pads") ?? [], rank),
    autoPad,
  };
}

/** One value per spatial dimension as (height, width); `fallback` for those that are not there. */
export function pair(
  n: ImportNode,
  name: string,
  values: readonly number[],
  rank: 1 | 2,
  fallback: number,
): Pair {
  if (values.length === 0) return [fallback, fallback];
  if (values.length !== rank || values.some(value => value < fallback)) {
    n.unsupported(`"${name}" is [${values}], expected ${rank} values of at least ${fallback}`);
  }
  return rank === 1 ? [fallback, values[0]!] : [values[0]!, values[1]!];
}

function padsOf(n: ImportNode, values: readonly number[], rank: 1 | 2): Pads {
  if (values.length === 0) return [0, 0, 0, 0];
  if (values.length !== 2 * rank || values.some(value => value < 0)) {
    n.unsupported(`"pads" is [${values}], expected ${2 * rank} values of at least 0`);
  }
  return rank === 1 ? [0, values[0]!, 0, values[1]!] : (values as unknown as Pads);
}

/** The window with explicit pads, over an input of `sizes` (height, width). */
export function closeWindow(window: OpenWindow, sizes: Pair): Window {
  const { kernel, strides, dilations, autoPad, givenPads } = window;
  if (autoPad === "NOTSET") return { kernel, strides, dilations, pads: givenPads };
  if (autoPad === "VALID") return { kernel, strides, dilations, pads: [0, 0, 0, 0] };
  const total = sizes.map((size, i) => {
    const outputs = Math.ceil(size / strides[i]!);
    return Math.max(0, (outputs - 1) * strides[i]! + reach(window, i) - size);
  });
  return { kernel, strides, dilations, pads: splitPads(total, autoPad === "SAME_LOWER") };
}

/** Distributes totals per dimension over both sides; an odd one goes first if `lower`. */
export function splitPads(total: readonly number[], lower: boolean): Pads {
  const before = total.map(pad => (lower ? Math.ceil(pad / 2) : Math.floor(pad / 2)));
  const [top, left] = before;
  return [top!, left!, total[0]! - top!, total[1]! - left!];
}

/** Height and width of an NCHW value. */
export function spatialSizes(n: ImportNode, x: NodeId): Pair {
  const [, , height, width] = n.shapeOf(x);
  return [height!, width!];
}
