/** @file Networks as data: the entry point `tritc/model`. */

export { type DType, isDType } from "../core/dtype.ts";
export type { Shape } from "../core/shape.ts";
export { type Tensor, tensor, tensorOf, toNumbers, zeros } from "../core/tensor.ts";
export { DIAGNOSTIC_CODES, type DiagnosticCode } from "./diagnostics/codes.ts";
export {
  type Diagnostic,
  InternalError,
  ModelError,
  type Severity,
  UsageError,
} from "./diagnostics/diagnostic.ts";
export { formatDiagnostic, formatDiagnostics } from "./diagnostics/format.ts";
export type { OpAttributes } from "./ir/attributes.ts";
export type { GraphBuilder } from "./ir/build.ts";
export type { Graph, Node, NodeId, OpKind, TensorQuantization, ValueType } from "./ir/graph.ts";
export { constantsOf, printGraph } from "./ir/print.ts";
export type { Rewriter, Rule, Rules } from "./ir/rewrite.ts";
export {
  listOperators,
  type ReadOptions,
  readOnnx,
  supportedOperators,
  type WriteOptions,
  writeOnnx,
} from "./onnx/index.ts";
export { evaluate, graphBuilder, opSummaries, rewrite, verifyGraph } from "./ops/index.ts";
