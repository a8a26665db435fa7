/** @file Every ONNX operator that tritc reads, and how. */

import { MICROSOFT } from "../opset.ts";
import {
  importClip,
  importElu,
  importGelu,
  importHardSigmoid,
  importLeakyRelu,
  importPRelu,
  importRelu,
  importSoftplus,
  importSoftsign,
  importSwish,
} from "./activation.ts";
import { importBatchNormalization } from "./batch-normalization.ts";
import {
  importConstant,
  importConstantOfShape,
  importOneHot,
  importRange,
  importShape,
  importSize,
} from "./constant.ts";
import type { Importer } from "./context.ts";
import { importConv, importConvTranspose } from "./conv.ts";
import { direct, importMean, importPow, importXor, variadic } from "./elementwise.ts";
import { importFusedMatMul, importGemm, importMatMul } from "./gemm.ts";
import { importCast, importCastLike, importDropout, importIdentity } from "./identity.ts";
import {
  importConcat,
  importDepthToSpace,
  importExpand,
  importGather,
  importSpaceToDepth,
  importTile,
  importTranspose,
} from "./movement.ts";
import { importPad } from "./pad.ts";
import { importAveragePool, importGlobalPool, importMaxPool } from "./pool.ts";
import { importQLinearConv, importQLinearMatMul } from "./qlinear.ts";
import { importDequantizeLinear, importQuantizeLinear } from "./quantize.ts";
import {
  importArgMax,
  importReduce,
  importReduceL1,
  importReduceL2,
  importReduceLogSum,
  importReduceLogSumExp,
  importReduceSumSquare,
} from "./reduce.ts";
import { importFlatten, importReshape, importSqueeze, importUnsqueeze } from "./reshape.ts";
import { importSlice, importSplit } from "./slice.ts";
import { importSoftmax } from "./softmax.ts";

const STANDARD: ReadonlyMap<string, Importer> = new Map<string, Importer>([
  // Contractions.
  ["Conv", importConv],
  ["ConvTranspose", importConvTranspose],
  ["Gemm", importGemm],
  ["MatMul", importMatMul],

  // Quantisation.
  ["DequantizeLinear", importDequantizeLinear],
  ["QLinearConv", importQLinearConv],
  ["QLinearMatMul", importQLinearMatMul],
  ["QuantizeLinear", importQuantizeLinear],

  // Normalisation and windows.
  ["AveragePool", importAveragePool],
  ["BatchNormalization", importBatchNormalization],
  ["GlobalAveragePool", importGlobalPool("average")],
  ["GlobalMaxPool", importGlobalPool("max")],
  ["MaxPool", importMaxPool],

  // Activations.
  ["Clip", importClip],
  ["Elu", importElu],
  ["Gelu", importGelu],
  ["HardSigmoid", importHardSigmoid],
  ["HardSwish", direct("hard-swish")],
  ["LeakyRelu", importLeakyRelu],
  ["LogSoftmax", importSoftmax("log-softmax")],
  ["PRelu", importPRelu],
  ["Relu", importRelu],
  ["Sigmoid", direct("sigmoid")],
  ["Softmax", importSoftmax("softmax")],
  ["Softplus", importSoftplus],
  ["Softsign", importSoftsign],
  ["Swish", importSwish],
  ["Tanh", direct("tanh")],

  // Arithmetic and logic.
  ["Abs", direct("abs")],
  ["Add", direct("add")],
  ["And", direct("and")],
  ["Ceil", direct("ceil")],
  ["Div", direct("div")],
  ["Equal", direct("equal")],
  ["Erf", direct("erf")],
  ["Exp", direct("exp")],
  ["Floor", direct("floor")],
  ["Greater", direct("greater")],
  ["GreaterOrEqual", direct("greater-or-equal")],
  ["Less", direct("less")],
  ["LessOrEqual", direct("less-or-equal")],
  ["Log", direct("log")],
  ["Max", variadic("max")],
  ["Mean", importMean],
  ["Min", variadic("min")],
  ["Mul", direct("mul")],
  ["Neg", direct("neg")],
  ["Not", direct("not")],
  ["Or", direct("or")],
  ["Pow", importPow],
  ["Reciprocal", direct("reciprocal")],
  ["Round", direct("round")],
  ["Sign", direct("sign")],
  ["Sqrt", direct("sqrt")],
  ["Sub", direct("sub")],
  ["Sum", variadic("add")],
  ["Where", direct("where")],
  ["Xor", importXor],

  // Reductions.
  ["ArgMax", importArgMax],
  ["ReduceL1", importReduceL1],
  ["ReduceL2", importReduceL2],
  ["ReduceLogSum", importReduceLogSum],
  ["ReduceLogSumExp", importReduceLogSumExp],
  ["ReduceMax", importReduce("reduce-max")],
  ["ReduceMean", importReduce("reduce-mean")],
  ["ReduceMin", importReduce("reduce-min")],
  ["ReduceProd", importReduce("reduce-prod")],
  ["ReduceSum", importReduce("reduce-sum")],
  ["ReduceSumSquare", importReduceSumSquare],

  // Moving data.
  ["Concat", importConcat],
  ["DepthToSpace", importDepthToSpace],
  ["Expand", importExpand],
  ["Flatten", importFlatten],
  ["Gather", importGather],
  ["Pad", importPad],
  ["Reshape", importReshape],
  ["Slice", importSlice],
  ["SpaceToDepth", importSpaceToDepth],
  ["Split", importSplit],
  ["Squeeze", importSqueeze],
  ["Tile", importTile],
  ["Transpose", importTranspose],
  ["Unsqueeze", importUnsqueeze],

  // Types, shapes, constants.
  ["Cast", importCast],
  ["CastLike", importCastLike],
  ["Constant", importConstant],
  ["ConstantOfShape", importConstantOfShape],
  ["Dropout", importDropout],
  ["Identity", importIdentity],
  ["OneHot", importOneHot],
  ["Range", importRange],
  ["Shape", importShape],
  ["Size", importSize],
]);

/** Operators of ONNX Runtime's own domain that trainers and quantisers write. */
const CONTRIBUTED: ReadonlyMap<string, Importer> = new Map([
  ["DequantizeLinear", importDequantizeLinear],
  ["FusedMatMul", importFusedMatMul],
  ["QuantizeLinear", importQuantizeLinear],
]);

const DOMAINS: ReadonlyMap<string, ReadonlyMap<string, Importer>> = new Map([
  ["", STANDARD],
  [MICROSOFT, CONTRIBUTED],
]);

/** How operator `op` of `domain` is read, or `undefined` if it is not. */
export function importerOf(domain: string, op: string): Importer | undefined {
  return DOMAINS.get(domain)?.get(op);
}

/** The operators that tritc reads, by name, for listings. */
export function supportedOperators(): readonly { readonly domain: string; readonly op: string }[] {
  return [...DOMAINS].flatMap(([domain, ops]) => [...ops.keys()].map(op => ({ domain, op })));
}
