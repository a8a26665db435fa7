/**
 * @file Moves transposes towards the outputs until they cancel or end.
 *
 *     %1 = transpose %0               %1 = clamp %0
 *     %2 = clamp %1                   %2 = transpose %1
 *     return %2                       return %2
 *
 * Through everything that treats elements alone, and through ops with an axis
 * by renaming it; two operands must come out of the same transpose, a constant
 * operand is transposed back. Where only one operand of two is transposed, the
 * other one is transposed back instead: the conversion moves towards the input.
 * A reshape of a transpose sinks through elementwise ops too, so that it meets
 * the matrix product behind them.
 */

import type { Tensor } from "../../core/tensor.ts";
import type { OpAttributes } from "../../model/ir/attributes.ts";
import type { Node, NodeId, OpKind } from "../../model/ir/graph.ts";
import type { Rewriter, Rules } from "../../model/ir/rewrite.ts";
import { evaluateNode, rewrite } from "../../model/ops/index.ts";
import { isUnaryKind } from "./elementwise.ts";
import type { Pass } from "./pass.ts";

/** Runs after `assign-layout`, which makes the transposes, and needs one sweep. */
export const sinkTranspose: Pass = {
  name: "sink-transpose",
  summary: "move transposes towards the outputs until they cancel",
  accuracy: "exact",
  run: graph => rewrite(graph, SINK_RULES),
};

export const SINK_RULES: Rules = {
  transpose: (node, b) => {
    const source = b.node(node.inputs[0]!);
    if (source.kind !== "transpose") return undefined;
    const permutation = node.attrs.permutation.map(axis => source.attrs.permutation[axis]!);
    if (permutation.every((from, to) => from === to)) return source.inputs[0];
    return b.add("transpose", source.inputs, { permutation }, node.name);
  },
  add: sinkOperands,
  sub: sinkOperands,
  mul: sinkOperands,
  div: sinkOperands,
  min: sinkOperands,
  max: sinkOperands,
  qadd: sinkOperands,
  concat: sinkOperands,
  any: (node, b) => (isUnaryKind(node.kind) ? sinkUnary(node, b) : sinkRenamed(node, b)),
};

/** Elementwise ops of one operand go below transposes, and reshapes of them. */
function sinkUnary(node: Node, b: Rewriter): NodeId | undefined {
  const source = b.node(node.inputs[0]!);
  if (hasAxis(node, b)) return undefined;
  if (source.kind === "transpose") {
    const value = b.add(node.kind, source.inputs, node.attrs, node.name);
    return b.add("transpose", [value], source.attrs);
  }
  if (source.kind !== "reshape" || b.node(source.inputs[0]!).kind !== "transpose") return undefined;
  const transpose = b.node(source.inputs[0]!) as Node<"transpose">;
  const value = b.add(node.kind, transpose.inputs, node.attrs, node.name);
  return b.add("reshape", [b.add("transpose", [value], transpose.attrs)], source.attrs);
}

/** Scales per index of an axis tie an elementwise op to the layout. */
function hasAxis(node: Node, b: Rewriter): boolean {
  const own = node.kind === "quantize" ? node.attrs.axis : undefined;
  const operand = node.kind === "dequantize" ? node.attrs.quantization?.axis : undefined;
  return (
    own !== undefined ||
    operand !== undefined ||
    b.typeOf(node.inputs[0]!).quantization?.axis !== undefined
  );
}

/** Ops whose attributes name axes or list one entry per dimension. */
function sinkRenamed(node: Node, b: Rewriter): NodeId | undefined {
  const source = node.inputs.length === 1 ? b.node(node.inputs[0]!) : undefined;
  if (source?.kind !== "transpose") return undefined;
  const { permutation } = source.attrs;
  switch (node.kind) {
    case "softmax":
    case "log-softmax":
      return below(node.kind, { axis: permutation[node.attrs.axis]! });
    case "pad": {
      const { mode, value, before, after } = node.attrs;
      const [first, last] = [unpermute(before, permutation), unpermute(after, permutation)];
      return below("pad", { mode, value, before: first, after: last });
    }
    case "slice": {
      const { starts, sizes, steps } = node.attrs;
      return below("slice", {
        starts: unpermute(starts, permutation),
        sizes: unpermute(sizes, permutation),
        steps: unpermute(steps, permutation),
      });
    }
    default:
      return undefined;
  }

  function below<K extends OpKind>(kind: K, attrs: OpAttributes[K]): NodeId {
    const value = b.add(kind, source!.inputs, attrs, node.name);
    return b.add("transpose", [value], { permutation });
  }
}

function sinkOperands(node: Node, b: Rewriter): NodeId | undefined {
  const transposes = node.inputs
    .map(id => b.node(id))
    .filter((source): source is Node<"transpose"> => source.kind === "transpose");
  const permutation = transposes[0]?.attrs.permutation;
  if (permutation === undefined || permutation.length !== node.type.shape.length) return undefined;
  const operands = node.inputs.map(id => untransposed(id, permutation, b));
  if (operands.some(operand => operand === undefined)) return undefined;
  const attrs = node.kind === "concat" ? { axis: permutation[node.attrs.axis]! } : node.attrs;
  const value = b.add(node.kind, operands as NodeId[], attrs, node.name);
  return b.add("transpose", [value], { permutation });
}

/** The value that gives `id` when transposed by `permutation`. */
function untransposed(id: NodeId, permutation: readonly number[], b: Rewriter): NodeId | undefined {
  const node = b.node(id);
  if (node.kind === "transpose" && node.attrs.permutation.join() === permutation.join()) {
    return node.inputs[0];
  }
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  const { shape } = node.type;
  if (shape.length > permutation.length) return undefined;
  if (node.kind === "const") return transposedConstant(node, inverse, b);
  return shape.length === permutation.length
    ? b.add("transpose", [id], { permutation: inverse })
    : undefined;
}

function transposedConstant(
  node: Node<"const">,
  permutation: readonly number[],
  b: Rewriter,
): NodeId | undefined {
  const { tensor, quantization } = node.attrs;
  if (quantization !== undefined) return undefined;
  if (tensor.data.length === 1) return b.constant({ ...tensor, shape: [] });
  const rank = permutation.length;
  const shape = [...new Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape];
  const full: Tensor = { ...tensor, shape };
  const type = { dtype: tensor.dtype, shape: permutation.map(axis => shape[axis]!) };
  const transpose = { ...node, kind: "transpose" as const, attrs: { permutation }, type };
  const moved = evaluateNode(transpose, [full], [{ dtype: tensor.dtype, shape }]);
  return b.constant(moved, { name: node.name });
}

/** Entries per dimension of the transposed value, put in the order of the original one. */
function unpermute(entries: readonly number[], permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => entries[permutation.indexOf(axis)]!);
}
