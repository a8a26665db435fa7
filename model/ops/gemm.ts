/** @file Matrix product of two matrices with an addend; b may be 8-bit or ternary weights. */

import { clampTo } from "../../core/interval.ts";
import { broadcastShapes, sameShape } from "../../core/shape.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import type { ValueType } from "../ir/graph.ts";
import { broadcastOffsets } from "./broadcast.ts";
import {
  demand,
  demandBounds,
  demandF32,
  demandFinite,
  demandRank,
  operandTypes,
} from "./checks.ts";
import { roundedBounds } from "./epilogue.ts";
import { multiplyF32, transposed } from "./matrix.ts";
import type { Op } from "./op.ts";
import { demandWeights, scalesOf, verifyTrits } from "./weights.ts";
import { meansOf, rowSumsF32 } from "./window-sums.ts";

const f = Math.fround;

/**
 * Per element: the sum over k from 0; · scale[n] if b is quantised; · alpha
 * unless it is 1; + c, or beta · c unless it is 1; + S · mean[n], times alpha
 * unless it is 1, S being the sum over a; clamp. Each step rounded.
 */
export const gemm: Op<"gemm"> = {
  kind: "gemm",
  summary: "alpha·a·b + beta·c for matrices a and b, with a fused clamp",

  infer(inputs, attrs) {
    const [a, b, c] = operandTypes("gemm", inputs, 2, 3);
    demandF32("gemm", "a", a!);
    demandWeights("gemm", inputs[1]!, attrs.transposeB ? 0 : 1);
    const { rows, columns } = sizesOf(a!, b!, attrs);
    const shape = [rows, columns];
    if (c !== undefined) {
      demandF32("gemm", "c", c);
      const fits = sameShape(broadcastShapes(c.shape, shape) ?? [], shape);
      demand(fits, "gemm", `expected c that broadcasts to [${shape}], got [${c.shape}]`);
    }
    demandFinite("gemm", "alpha", attrs.alpha);
    demandFinite("gemm", "beta", attrs.beta);
    demandBounds("gemm", attrs.clamp);
    return { dtype: "f32", shape };
  },

  verify(inputs) {
    verifyTrits("gemm", inputs[1]!);
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const [a, b, c] = inputs.map(input => input.data as Float32Array);
    const { rows, columns, depth } = sizesOf(inputTypes[0]!, inputTypes[1]!, attrs);
    const left = attrs.transposeA ? transposed(a!, depth, rows) : a!;
    const right = attrs.transposeB ? new Float32Array(b!) : transposed(b!, depth, columns);
    const data = multiplyF32(left, right, rows, columns, depth);
    const scales = scalesOf(inputTypes[1]!);
    const addend = c && broadcastOffsets(inputTypes[2]!.shape, type.shape);
    const [alpha, beta] = [f(attrs.alpha), f(attrs.beta)];
    const bounds = roundedBounds(attrs.clamp);
    const means = meansOf(inputTypes[1]!);
    const sums = means && rowSumsF32(left, rows, depth);
    for (let i = 0; i < data.length; i++) {
      let y = data[i]!;
      if (scales !== undefined) y = f(y * scales[i % columns]!);
      if (alpha !== 1) y = f(y * alpha);
      if (addend !== undefined) {
        const value = c![addend[i]!]!;
        y = f(y + (beta === 1 ? value : f(beta * value)));
      }
      if (means !== undefined) {
        const term = f(sums![Math.floor(i / columns)]! * means[i % columns]!);
        y = f(y + (alpha === 1 ? term : f(term * alpha)));
      }
      data[i] = clampTo(y, bounds);
    }
    return { dtype: "f32", shape: type.shape, data };
  },
};

function sizesOf(
  a: ValueType,
  b: ValueType,
  { transposeA, transposeB }: Pick<OpAttributes["gemm"], "transposeA" | "transposeB">,
): { rows: number; columns: number; depth: number } {
  demandRank("gemm", "a", a, 2);
  demandRank("gemm", "b", b, 2);
  const [rows, depth] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [columns, depthB] = transposeB ? [b.shape[0]!, b.shape[1]!] : [b.shape[1]!, b.shape[0]!];
  demand(depth === depthB, "gemm", `a has ${depth} columns, but b has ${depthB} rows`);
  return { rows, columns, depth };
}
