/**
 * @file Weights as code: a convolution becomes functions that are written for
 * its own weights and for the planes that it reads and writes.
 */

import {
  byteListScratchBytes,
  generateByteLists,
  packByteLists,
  prefersByteLists,
} from "./byte-lists.ts";
import type { CodeFunction } from "./code-function.ts";
import {
  denseOperations,
  denseScratchBytes,
  generateDense,
  packDense,
  rejectsDense,
} from "./dense.ts";
import { byteScratchBytes, generateBytes, packBytes, prefersBytes } from "./dense-bytes.ts";
import { generateDepthwise, packDepthwise, rejectsDepthwise } from "./depthwise.ts";
import { MAX_PLACES, mostPlaces } from "./digits.ts";
import type { CodeConvolution } from "./layer.ts";
import { generateProducts, packProducts, productOperations, rejectsProducts } from "./products.ts";
import { remembered } from "./remembered.ts";

export type { CodeFunction } from "./code-function.ts";
export type { CodeConvolution } from "./layer.ts";
export { packMask } from "./pixel-loop.ts";

/** A generator of code. */
interface Form {
  readonly generate: (conv: CodeConvolution) => CodeFunction[];
  readonly pack: (conv: CodeConvolution) => Uint8Array;
  readonly scratchBytes: (conv: CodeConvolution) => number;
  /** Whether weights are data, and code is short. */
  readonly isShort: boolean;
}

const DEPTHWISE: Form = {
  generate: generateDepthwise,
  pack: packDepthwise,
  scratchBytes: () => 0,
  isShort: true,
};
const PRODUCTS: Form = {
  generate: generateProducts,
  pack: packProducts,
  scratchBytes: () => 0,
  isShort: true,
};
const DENSE: Form = {
  generate: generateDense,
  pack: packDense,
  scratchBytes: denseScratchBytes,
  isShort: false,
};
const BYTES: Form = {
  generate: generateBytes,
  pack: packBytes,
  scratchBytes: byteScratchBytes,
  isShort: false,
};
const BYTE_LISTS: Form = {
  generate: generateByteLists,
  pack: packByteLists,
  scratchBytes: byteListScratchBytes,
  isShort: true,
};

/** Why `conv` cannot become code, as a clause; `undefined` if it can. */
export function rejectsCode(conv: CodeConvolution): string | undefined {
  const { input, strides, addend } = conv;
  if (input.phases !== strides[1]) return "columns are not laid out for its stride";
  if (addend !== undefined && addend.planes.phases !== 1) return "its addend lies in two phases";
  if (isDepthwise(conv)) {
    return conv.mean === undefined ? rejectsDepthwise(conv) : "its zeros stand for means in groups";
  }
  if (mostPlaces(conv) > 1) return rejectsProducts(conv);
  const reason = rejectsDense(conv);
  return reason === undefined || rejectsProducts(conv) === undefined ? undefined : reason;
}

/** The functions of the layer, to be called in this order, all with the same arguments. */
export function generateConvolution(conv: CodeConvolution): CodeFunction[] {
  return formOf(conv).generate(conv);
}

/** The parameters at p. */
export function packCodeParameters(conv: CodeConvolution): Uint8Array {
  return formOf(conv).pack(conv);
}

/** Scratch memory that the layer needs at s, in bytes. */
export function scratchBytesOf(conv: CodeConvolution): number {
  return formOf(conv).scratchBytes(conv);
}

/** Whether the layer's code is short, so that writing it once more costs little. */
export function isShortCode(conv: CodeConvolution): boolean {
  return formOf(conv).isShort;
}

function formOf(conv: CodeConvolution): Form {
  return remembered(conv, "form", () => chooseForm(conv));
}

function chooseForm(conv: CodeConvolution): Form {
  if (isDepthwise(conv)) return DEPTHWISE;
  const places = mostPlaces(conv);
  if (places > MAX_PLACES || rejectsDense(conv) !== undefined) return PRODUCTS;
  const operations = denseOperations(conv);
  if (places > 1) return operations < productOperations(conv) ? DENSE : PRODUCTS;
  if (prefersByteLists(conv, operations)) return BYTE_LISTS;
  return prefersBytes(conv) ? BYTES : DENSE;
}

/** Whether each filter has one input channel. */
function isDepthwise({ input, group }: CodeConvolution): boolean {
  return group > 1 && input.channels === group;
}
