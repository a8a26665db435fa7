/**
 * @file The float network quantised the way ONNX Runtime likes best: channels
 * first, unsigned activations, signed weights per channel.
 */

import { calibrate, preparePasses, runPasses, type Sample } from "../compiler/passes/index.ts";
import { insertQuantization } from "../compiler/passes/insert-quantization.ts";
import type { Graph } from "../model/ir/graph.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { rewrite } from "../model/ops/index.ts";

/** Passes that serve our own kernels, and would leave the rival with transposes. */
const LAYOUT_PASSES = ["assign-layout", "sink-transpose", "fold-transpose"];
/** From i8 to u8: the same steps, counted from 0. */
const SIGN_OFFSET = 128;

export function int8Rival(graph: Graph, samples: Iterable<Sample>): Uint8Array {
  const passes = preparePasses({ weights: "int8" });
  const prepared = runPasses(
    graph,
    passes.filter(({ name }) => !LAYOUT_PASSES.includes(name)),
  );
  const ranges = calibrate(prepared, samples);
  const quantized = runPasses(prepared, [insertQuantization(ranges)]);
  const unsigned = rewrite(quantized, {
    quantize: ({ attrs, inputs, name }, b) => {
      if (attrs.dtype !== "i8") return undefined;
      const zeroPoints = attrs.zeroPoints.map(zero => zero + SIGN_OFFSET);
      return b.add("quantize", inputs, { ...attrs, dtype: "u8", zeroPoints }, name);
    },
  });
  return writeOnnx(unsigned);
}
