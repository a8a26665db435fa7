/**
 * @file Writes a graph for an ONNX Runtime whose convolutions work on blocks of
 * channels: convolutions, and what lies between them, stay in that form.
 *
 * ONNX Runtime does this by itself only where weights are constants.
 */

import type { Node } from "../../../model/ir/graph.ts";
import type { NodeOverride } from "../../../model/onnx/export/index.ts";
import { writeAffineSum, writeNormalization, writeRectified, writeScaling } from "./affine.ts";
import { Blocks } from "./blocks.ts";
import { writeDepthwiseGradient, writeMoment } from "./channel-products.ts";
import { writeConvolution } from "./convolution.ts";
import { writeCrop } from "./crop.ts";
import { writeElementwise } from "./elementwise.ts";
import { writePool, writeRepetition } from "./pooling.ts";
import { writeChannelReduction, writeExtreme, writeImageMean, writeSpread } from "./reduction.ts";
import { writeTransposedConvolution } from "./transposed-convolution.ts";
import { writeWeightGradient } from "./weight-gradient.ts";

/** Writes nodes in blocks of `size` channels where that pays. For one graph only. */
export function inBlocks(size: number): NodeOverride {
  let blocks: Blocks | undefined;
  return (node, e) => {
    blocks ??= new Blocks(e, size);
    return special(node, blocks) ?? writeElementwise(node, blocks);
  };
}

function special(node: Node, b: Blocks): string | undefined {
  switch (node.kind) {
    case "conv":
      return (
        writeWeightGradient(node, b) ?? writeDepthwiseGradient(node, b) ?? writeConvolution(node, b)
      );
    case "conv-transpose":
      return writeRepetition(node, b) ?? writeTransposedConvolution(node, b);
    case "max-pool":
      return writePool(node, b);
    case "batch-normalization":
      return writeNormalization(node, b);
    case "mul":
      return writeScaling(node, b);
    case "add":
      return writeAffineSum(node, b);
    case "clamp":
      return writeRectified(node, b);
    case "reduce-sum":
    case "reduce-mean":
      return writeMoment(node, b) ?? writeChannelReduction(node, b);
    case "reduce-max":
    case "reduce-min":
      return writeExtreme(node, b);
    case "average-pool":
      return writeImageMean(node, b) ?? writePool(node, b);
    case "slice":
      return writeCrop(node, b);
    case "expand":
      return writeSpread(node, b);
    default:
      return undefined;
  }
}
