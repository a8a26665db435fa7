/**
 * @file Lets convolutions and matrix products read quantised weights directly.
 *
 *     %1 = const u8[8,3,3,3]         %1 = const i8[8,3,3,3] scales per channel
 *     %2 = dequantize %1             %2 = conv %0, %1
 *     %3 = conv %0, %2               return %2
 *     return %3
 *
 * Weights of 2, 4 or 8 bits become i8 or, if they are all −1, 0 or 1, i2: with
 * one scale per output channel, zero point 0 and values in −127…127; a constant
 * per output channel that is added to them becomes the mean of each. Weights for which that is impossible (a zero point far from the middle, scales along
 * another axis, −128) stay real here; `fold-constants` computes them.
 */

import type { DType } from "../../core/dtype.ts";
import { elementCount, sameShape } from "../../core/shape.ts";
import { type Tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Node, NodeId, TensorQuantization } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { evaluateNode, rewrite } from "../../model/ops/index.ts";
import { alongAxis } from "./channelwise.ts";
import type { Pass } from "./pass.ts";
import { withMeans } from "./weight-constant.ts";

/** Runs before `fold-constants` drops the packed form. */
export const absorbDequantize: Pass = {
  name: "absorb-dequantize",
  summary: "let convolutions and matrix products read quantised weights directly",
  accuracy: "rounds",
  run: graph =>
    rewrite(graph, {
      transpose: (node, b) => moveConstant(node, b),
      reshape: (node, b) => moveConstant(node, b),
      conv: (node, b) => absorb(node, 0, b),
      gemm: (node, b) => absorb(node, node.attrs.transposeB ? 0 : 1, b),
    }),
};

interface PackedWeights {
  readonly tensor: Tensor;
  readonly quantization: TensorQuantization;
  readonly name: string | undefined;
}

function packedOf(id: NodeId, b: Rewriter): PackedWeights | undefined {
  const node = b.node(id);
  if (node.kind === "add") return withAddedMeans(node, b);
  if (node.kind !== "dequantize") return undefined;
  const source = b.node(node.inputs[0]!);
  if (source.kind !== "const") return undefined;
  const quantization = node.attrs.quantization ?? source.type.quantization;
  if (quantization === undefined) return undefined;
  return { tensor: source.attrs.tensor, quantization, name: node.name ?? source.name };
}

/** Weights to which a constant is added, along one axis: the means. */
function withAddedMeans(node: Node<"add">, b: Rewriter): PackedWeights | undefined {
  for (const [index, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const packed = packedOf(node.inputs[index]!, b);
    const added = b.constantOf(node.inputs[other]!);
    if (packed === undefined || added === undefined) continue;
    const { shape } = packed.tensor;
    if (packed.quantization.means !== undefined || !sameShape(shape, node.type.shape)) continue;
    for (const axis of packed.quantization.axis === undefined
      ? [0, 1]
      : [packed.quantization.axis]) {
      const means = alongAxis(added, shape, axis);
      if (means === undefined) continue;
      const quantization = alongOneAxis(packed.quantization, shape[axis]!, axis);
      return { ...packed, quantization: { ...quantization, ...withMeans(means) } };
    }
  }
  return undefined;
}

/** The same with scale and zero point repeated along `axis`. */
function alongOneAxis(q: TensorQuantization, count: number, axis: number): TensorQuantization {
  if (q.axis !== undefined) return q;
  const repeated = (value: number): number[] => new Array<number>(count).fill(value);
  return { scales: repeated(q.scales[0]!), zeroPoints: repeated(q.zeroPoints[0]!), axis };
}

/** Moves the packed constant instead of its real value. */
function moveConstant(node: Node<"transpose" | "reshape">, b: Rewriter): NodeId | undefined {
  const packed = packedOf(node.inputs[0]!, b);
  if (packed === undefined) return undefined;
  const axis = movedAxis(node, packed.quantization.axis, packed.tensor.shape);
  if (axis === undefined && packed.quantization.axis !== undefined) return undefined;
  const { dtype, shape } = packed.tensor;
  const type = { dtype, shape: node.type.shape };
  const moved = evaluateNode({ ...node, type }, [packed.tensor], [{ dtype, shape }]);
  const { axis: _, ...meaning } = packed.quantization;
  const quantization = { ...meaning, ...(axis === undefined ? {} : { axis }) };
  return b.add("dequantize", [b.constant(moved, { quantization })], {}, node.name ?? packed.name);
}

/** Where the axis of the scales went; a reshape must keep what precedes and includes it. */
function movedAxis(
  node: Node<"transpose" | "reshape">,
  axis: number | undefined,
  shape: readonly number[],
): number | undefined {
  if (axis === undefined) return undefined;
  if (node.kind === "transpose") return node.attrs.permutation.indexOf(axis);
  const kept = node.attrs.shape.slice(0, axis + 1);
  return kept.every((dim, i) => dim === shape[i]) ? axis : undefined;
}

function absorb(node: Node<"conv" | "gemm">, axis: number, b: Rewriter): NodeId | undefined {
  const [x, weights, ...bias] = node.inputs;
  const packed = packedOf(weights!, b);
  const canonical = packed && canonicalWeights(packed, axis);
  if (canonical === undefined) return undefined;
  const { tensor, quantization, name } = canonical;
  const inputs = [x!, b.constant(tensor, { quantization, name }), ...bias];
  return b.add(node.kind, inputs, node.attrs, node.name);
}

function canonicalWeights(
  { tensor, quantization, name }: PackedWeights,
  axis: number,
): PackedWeights | undefined {
  const channels = tensor.shape[axis]!;
  const { scales, zeroPoints, means } = quantization;
  if (scales.length !== 1 && quantization.axis !== axis) return undefined;
  if (scales.some(scale => scale < 0)) return undefined;
  const perIndex = (values: readonly number[], c: number): number =>
    values.length === 1 ? values[0]! : values[c]!;
  const perChannel = (values: readonly number[]): number[] =>
    Array.from({ length: channels }, (_, c) => perIndex(values, c));
  const stride = elementCount(tensor.shape.slice(axis + 1));
  const values = toNumbers(tensor).map((value, i) => {
    const c = Math.floor(i / stride) % channels;
    return perIndex(scales, c) === 0 ? 0 : value - perIndex(zeroPoints, c);
  });
  const dtype = narrowest(values);
  if (dtype === undefined) return undefined;
  return {
    tensor: tensorOf(dtype, tensor.shape, values),
    quantization: {
      scales: perChannel(scales),
      zeroPoints: new Array<number>(channels).fill(0),
      axis,
      ...withMeans(means && perChannel(means)),
    },
    name,
  };
}

function narrowest(values: readonly number[]): DType | undefined {
  if (values.every(value => Math.abs(value) <= 1)) return "i2";
  return values.every(value => Math.abs(value) <= 127) ? "i8" : undefined;
}
