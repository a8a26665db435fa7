/** @file Conv and ConvTranspose. */

import type { Pair, Window } from "../../ir/attributes.ts";
import type { NodeId } from "../../ir/graph.ts";
import { reach } from "../../ops/window.ts";
import type { Importer, ImportNode } from "./context.ts";
import {
  closeWindow,
  liftActivation,
  lifted,
  liftWeights,
  lower,
  type OpenWindow,
  pair,
  readWindow,
  spatialRank,
  spatialSizes,
  splitPads,
} from "./window.ts";

export const importConv: Importer = n => {
  const x = n.input(0);
  const rank = spatialRank(n, x);
  return lower(n, convolve(n, x, n.input(1), n.optional(2)), rank);
};

/** A convolution with this node's attributes, of rank 4. */
export function convolve(
  n: ImportNode,
  x: NodeId,
  weights: NodeId,
  bias: NodeId | undefined,
): NodeId {
  const rank = spatialRank(n, x);
  checkWeights(n, weights, rank);
  const open = readWindow(n, rank, n.shapeOf(weights).slice(2));
  const image = liftActivation(n, x);
  const operands = [image, liftWeights(n, weights), ...(bias === undefined ? [] : [bias])];
  return n.add("conv", operands, {
    ...closeWindow(open, spatialSizes(n, image)),
    group: n.attributes.int("group", 1),
    layout: "nchw",
  });
}

function checkWeights(n: ImportNode, weights: NodeId, rank: 1 | 2): void {
  const shape = n.shapeOf(weights);
  if (shape.length === rank + 2) return;
  n.fail("graph/bad-shape", `weights [${shape.join(",")}] do not have ${rank + 2} dimensions`);
}

export const importConvTranspose: Importer = n => {
  const x = n.input(0);
  const rank = spatialRank(n, x);
  const weights = n.input(1);
  checkWeights(n, weights, rank);
  const open = readWindow(n, rank, n.shapeOf(weights).slice(2));
  const image = liftActivation(n, x);
  const bias = n.optional(2);
  const operands = [image, liftWeights(n, weights), ...(bias === undefined ? [] : [bias])];
  const y = n.add("conv-transpose", operands, {
    ...transposedWindow(n, rank, open, spatialSizes(n, image)),
    group: n.attributes.int("group", 1),
    layout: "nchw",
  });
  return lower(n, y, rank);
};

/** `output_shape` and `auto_pad` fix the result's size; pads make up the difference. */
function transposedWindow(
  n: ImportNode,
  rank: 1 | 2,
  open: OpenWindow,
  sizes: Pair,
): Window & { readonly outputPadding: Pair } {
  const { kernel, strides, dilations, autoPad, givenPads } = open;
  const outputPadding = pair(
    n,
    "output_padding",
    n.attributes.ints("output_padding") ?? [],
    rank,
    0,
  );
  const wanted = wantedSizes(n, rank, open, sizes);
  const window = { kernel, strides, dilations };
  if (wanted === undefined) {
    return { ...window, pads: autoPad === "VALID" ? [0, 0, 0, 0] : givenPads, outputPadding };
  }
  const excess = sizes.map(
    (size, i) => strides[i]! * (size - 1) + outputPadding[i]! + reach(open, i) - wanted[i]!,
  );
  const missing = excess.map((value, i) => outputPadding[i]! + Math.max(0, -value));
  return {
    ...window,
    pads: splitPads(
      excess.map(value => Math.max(0, value)),
      autoPad !== "SAME_UPPER",
    ),
    outputPadding: [missing[0]!, missing[1]!],
  };
}

function wantedSizes(
  n: ImportNode,
  rank: 1 | 2,
  { autoPad, strides }: OpenWindow,
  sizes: Pair,
): Pair | undefined {
  const given = n.attributes.ints("output_shape");
  if (given !== undefined) {
    // Some exporters list batch and channels too.
    const shape = given.length === rank + 2 ? given.slice(2) : given;
    const [, , height, width] = lifted([1, 1, ...shape]);
    if (height === undefined || width === undefined) {
      n.unsupported(`"output_shape" is [${given}], expected ${rank} values`);
    }
    return [height, width];
  }
  if (!autoPad.startsWith("SAME")) return undefined;
  return [sizes[0] * strides[0], sizes[1] * strides[1]];
}
