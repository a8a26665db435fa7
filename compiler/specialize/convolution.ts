/**
 * @file Weights as code: a convolution becomes functions that are written for
 * its own weights and for the planes that it reads and writes.
 */

import type { CodeFunction } from "./code-function.ts";
import { denseScratchBytes, generateDense, packDense, rejectsDense } from "./dense.ts";
import { byteScratchBytes, generateBytes, packBytes, prefersBytes } from "./dense-bytes.ts";
import { generateDepthwise, packDepthwise, rejectsDepthwise } from "./depthwise.ts";
import type { CodeConvolution } from "./layer.ts";
import { generateProducts, packProducts, rejectsProducts } from "./products.ts";

export type { CodeFunction } from "./code-function.ts";
export type { CodeConvolution } from "./layer.ts";
export { packMask } from "./pixel-loop.ts";

/** Why `conv` cannot become code, as a clause; `undefined` if it can. */
export function rejectsCode(conv: CodeConvolution): string | undefined {
  const { input, strides, addend } = conv;
  if (input.phases !== strides[1]) return "columns are not laid out for its stride";
  if (addend !== undefined && addend.planes.phases !== 1) return "its addend lies in two phases";
  if (!isDepthwise(conv)) return isTernary(conv) ? rejectsDense(conv) : rejectsProducts(conv);
  return conv.mean === undefined ? rejectsDepthwise(conv) : "its zeros stand for means in groups";
}

/** The functions of the layer, to be called in this order, all with the same arguments. */
export function generateConvolution(conv: CodeConvolution): CodeFunction[] {
  if (isDepthwise(conv)) return generateDepthwise(conv);
  if (!isTernary(conv)) return generateProducts(conv);
  return prefersBytes(conv) ? generateBytes(conv) : generateDense(conv);
}

/** The parameters at p. */
export function packCodeParameters(conv: CodeConvolution): Uint8Array {
  if (isDepthwise(conv)) return packDepthwise(conv);
  if (!isTernary(conv)) return packProducts(conv);
  return prefersBytes(conv) ? packBytes(conv) : packDense(conv);
}

/** Scratch memory that the layer needs at s, in bytes. */
export function scratchBytesOf(conv: CodeConvolution): number {
  if (!isTernary(conv) || isDepthwise(conv)) return 0;
  return prefersBytes(conv) ? byteScratchBytes(conv) : denseScratchBytes(conv);
}

/** Whether each filter has one input channel. */
function isDepthwise({ input, group }: CodeConvolution): boolean {
  return group > 1 && input.channels === group;
}

function isTernary({ weights }: CodeConvolution): boolean {
  for (let i = 0; i < weights.length; i++) if (Math.abs(weights[i]!) > 1) return false;
  return true;
}
