/** @file Every gradient rule, by the kind of op. A kind that is not here cannot be differentiated. */

import type { OpKind } from "../../../model/ir/graph.ts";
import type { GradientRule } from "../rule.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { averagePool } from "./average-pool.ts";
import { batchNormalization } from "./batch-normalization.ts";
import { cast } from "./cast.ts";
import { clamp } from "./clamp.ts";
import { concat } from "./concat.ts";
import { conv } from "./conv.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { expand } from "./expand.ts";
import { gemm } from "./gemm.ts";
import { hardSigmoid } from "./hard-sigmoid.ts";
import { hardSwish } from "./hard-swish.ts";
import { leakyRelu } from "./leaky-relu.ts";
import { log } from "./log.ts";
import { logSoftmax } from "./log-softmax.ts";
import { matmul } from "./matmul.ts";
import { max } from "./max.ts";
import { maxPool } from "./max-pool.ts";
import { min } from "./min.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { pad } from "./pad.ts";
import { reciprocal } from "./reciprocal.ts";
import { reduceMax } from "./reduce-max.ts";
import { reduceMean } from "./reduce-mean.ts";
import { reduceMin } from "./reduce-min.ts";
import { reduceSum } from "./reduce-sum.ts";
import { reshape } from "./reshape.ts";
import { round } from "./round.ts";
import { sigmoid } from "./sigmoid.ts";
import { slice } from "./slice.ts";
import { softmax } from "./softmax.ts";
import { sqrt } from "./sqrt.ts";
import { sub } from "./sub.ts";
import { tanh } from "./tanh.ts";
import { transpose } from "./transpose.ts";
import { where } from "./where.ts";

const RULES = [
  abs,
  add,
  averagePool,
  batchNormalization,
  cast,
  clamp,
  concat,
  conv,
  div,
  exp,
  expand,
  gemm,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  log,
  matmul,
  maxPool,
  max,
  min,
  mul,
  neg,
  pad,
  reciprocal,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  reshape,
  round,
  sigmoid,
  slice,
  softmax,
  sqrt,
  sub,
  tanh,
  transpose,
  where,
] as const;

export const GRADIENT_RULES: { readonly [K in OpKind]?: GradientRule<K> } = Object.fromEntries(
  RULES.map(rule => [rule.kind, rule]),
);
