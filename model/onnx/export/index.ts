/** @file How every op is written as ONNX. */

import type { Node, OpKind } from "../../ir/graph.ts";
import type { ExportGraph } from "./context.ts";
import {
  direct,
  type Exporter,
  exportArgMax,
  exportCast,
  exportClamp,
  exportOneHot,
  reduction,
} from "./elementwise.ts";
import {
  exportLookup,
  exportQAdd,
  exportQAveragePool,
  exportQConv,
  exportQGemm,
} from "./integer.ts";
import { exportGemm, exportMatMul } from "./matrix.ts";
import { exportExpand, exportPad, exportReshape, exportSlice } from "./movement.ts";
import { exportDequantize, exportQuantize } from "./quantize.ts";
import {
  exportAveragePool,
  exportBatchNormalization,
  exportConv,
  exportConvTranspose,
  exportMaxPool,
} from "./window.ts";

/** Ops that are nodes in ONNX too. */
type Computed = Exclude<OpKind, "input" | "const">;

const axisOf = ({ axis }: { readonly axis: number }) => ({ axis: { int: axis } });

const EXPORTERS: { readonly [K in Computed]: Exporter<K> } = {
  conv: exportConv,
  "conv-transpose": exportConvTranspose,
  gemm: exportGemm,
  matmul: exportMatMul,
  qconv: exportQConv,
  qgemm: exportQGemm,
  qadd: exportQAdd,
  "qaverage-pool": exportQAveragePool,
  lookup: exportLookup,
  quantize: exportQuantize,
  dequantize: exportDequantize,
  "batch-normalization": exportBatchNormalization,
  "max-pool": exportMaxPool,
  "average-pool": exportAveragePool,
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  pow: direct("Pow"),
  min: direct("Min"),
  max: direct("Max"),
  equal: direct("Equal"),
  greater: direct("Greater"),
  "greater-or-equal": direct("GreaterOrEqual"),
  less: direct("Less"),
  "less-or-equal": direct("LessOrEqual"),
  and: direct("And"),
  or: direct("Or"),
  where: direct("Where"),
  clamp: exportClamp,
  sigmoid: direct("Sigmoid"),
  tanh: direct("Tanh"),
  "hard-sigmoid": direct("HardSigmoid", ({ alpha, beta }) => ({
    alpha: { float: alpha },
    beta: { float: beta },
  })),
  "hard-swish": direct("HardSwish"),
  "leaky-relu": direct("LeakyRelu", ({ alpha }) => ({ alpha: { float: alpha } })),
  exp: direct("Exp"),
  log: direct("Log"),
  sqrt: direct("Sqrt"),
  reciprocal: direct("Reciprocal"),
  neg: direct("Neg"),
  abs: direct("Abs"),
  sign: direct("Sign"),
  floor: direct("Floor"),
  ceil: direct("Ceil"),
  round: direct("Round"),
  erf: direct("Erf"),
  not: direct("Not"),
  cast: exportCast,
  softmax: direct("Softmax", axisOf),
  "log-softmax": direct("LogSoftmax", axisOf),
  "reduce-sum": reduction("ReduceSum"),
  "reduce-mean": reduction("ReduceMean"),
  "reduce-max": reduction("ReduceMax"),
  "reduce-min": reduction("ReduceMin"),
  "reduce-prod": reduction("ReduceProd"),
  "arg-max": exportArgMax,
  "one-hot": exportOneHot,
  reshape: exportReshape,
  transpose: direct("Transpose", ({ permutation }) => ({ perm: { ints: permutation } })),
  concat: direct("Concat", axisOf),
  slice: exportSlice,
  gather: direct("Gather", axisOf),
  expand: exportExpand,
  pad: exportPad,
};

/** The value that a node is written as, or `undefined` to write it as usual. */
export type NodeOverride = (node: Node, e: ExportGraph) => string | undefined;

/** Writes `node`, whose operands are written. */
export function exportNode(node: Node, e: ExportGraph, override?: NodeOverride): void {
  if (node.kind === "input") {
    e.writeInput(node);
  } else if (node.kind === "const") {
    e.writeConstant(node);
  } else {
    const exporter = EXPORTERS[node.kind] as Exporter<Computed>;
    e.write(node, () => override?.(node, e) ?? exporter(node as Node<Computed>, e));
  }
}
