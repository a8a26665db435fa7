/** @file Every op, by kind: a kind of `OpAttributes` that is missing here does not type-check. */

import type { OpKind } from "../ir/graph.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { and } from "./and.ts";
import { argMax } from "./arg-max.ts";
import { averagePool } from "./average-pool.ts";
import { batchNormalization } from "./batch-normalization.ts";
import { cast } from "./cast.ts";
import { ceil } from "./ceil.ts";
import { clamp } from "./clamp.ts";
import { concat } from "./concat.ts";
import { constant } from "./const.ts";
import { conv } from "./conv.ts";
import { convTranspose } from "./conv-transpose.ts";
import { dequantize } from "./dequantize.ts";
import { div } from "./div.ts";
import { equal } from "./equal.ts";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import { expand } from "./expand.ts";
import { floor } from "./floor.ts";
import { gather } from "./gather.ts";
import { gemm } from "./gemm.ts";
import { greater } from "./greater.ts";
import { greaterOrEqual } from "./greater-or-equal.ts";
import { hardSigmoid } from "./hard-sigmoid.ts";
import { hardSwish } from "./hard-swish.ts";
import { input } from "./input.ts";
import { leakyRelu } from "./leaky-relu.ts";
import { less } from "./less.ts";
import { lessOrEqual } from "./less-or-equal.ts";
import { log } from "./log.ts";
import { logSoftmax } from "./log-softmax.ts";
import { lookup } from "./lookup.ts";
import { matmul } from "./matmul.ts";
import { max } from "./max.ts";
import { maxPool } from "./max-pool.ts";
import { min } from "./min.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { not } from "./not.ts";
import { oneHot } from "./one-hot.ts";
import type { Op } from "./op.ts";
import { or } from "./or.ts";
import { pad } from "./pad.ts";
import { pow } from "./pow.ts";
import { qadd } from "./qadd.ts";
import { qaveragePool } from "./qaverage-pool.ts";
import { qconv } from "./qconv.ts";
import { qgemm } from "./qgemm.ts";
import { quantize } from "./quantize.ts";
import { reciprocal } from "./reciprocal.ts";
import { reduceMax } from "./reduce-max.ts";
import { reduceMean } from "./reduce-mean.ts";
import { reduceMin } from "./reduce-min.ts";
import { reduceProd } from "./reduce-prod.ts";
import { reduceSum } from "./reduce-sum.ts";
import { reshape } from "./reshape.ts";
import { round } from "./round.ts";
import { sigmoid } from "./sigmoid.ts";
import { sign } from "./sign.ts";
import { slice } from "./slice.ts";
import { softmax } from "./softmax.ts";
import { sqrt } from "./sqrt.ts";
import { sub } from "./sub.ts";
import { tanh } from "./tanh.ts";
import { transpose } from "./transpose.ts";
import { where } from "./where.ts";

export const OPS: { readonly [K in OpKind]: Op<K> } = {
  input,
  const: constant,
  conv,
  "conv-transpose": convTranspose,
  gemm,
  matmul,
  qconv,
  qgemm,
  qadd,
  "qaverage-pool": qaveragePool,
  lookup,
  quantize,
  dequantize,
  "batch-normalization": batchNormalization,
  "max-pool": maxPool,
  "average-pool": averagePool,
  add,
  sub,
  mul,
  div,
  pow,
  min,
  max,
  equal,
  greater,
  "greater-or-equal": greaterOrEqual,
  less,
  "less-or-equal": lessOrEqual,
  and,
  or,
  where,
  clamp,
  sigmoid,
  tanh,
  "hard-sigmoid": hardSigmoid,
  "hard-swish": hardSwish,
  "leaky-relu": leakyRelu,
  exp,
  log,
  sqrt,
  reciprocal,
  neg,
  abs,
  sign,
  floor,
  ceil,
  round,
  erf,
  not,
  cast,
  softmax,
  "log-softmax": logSoftmax,
  "reduce-sum": reduceSum,
  "reduce-mean": reduceMean,
  "reduce-max": reduceMax,
  "reduce-min": reduceMin,
  "reduce-prod": reduceProd,
  "arg-max": argMax,
  "one-hot": oneHot,
  reshape,
  transpose,
  concat,
  slice,
  gather,
  expand,
  pad,
};
