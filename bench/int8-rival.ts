/**
 * @file The float network quantised the way ONNX Runtime likes best: channels
 * first, unsigned activations, signed weights per channel.
 */

import { calibrate, preparePasses, runPasses, type Sample } from "../compiler/passes/index.ts";
import { insertQuantization } from "../compiler/passes/insert-quantization.ts";
import { type Tensor, tensorOf } from "../core/tensor.ts";
import type { Graph, Node } from "../model/ir/graph.ts";
import { elementTypeOf } from "../model/onnx/element-type.ts";
import type { ExportGraph } from "../model/onnx/export/context.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { rewrite } from "../model/ops/index.ts";

/** Passes that serve our own kernels, and would leave the rival with transposes. */
const LAYOUT_PASSES = ["assign-layout", "sink-transpose", "fold-transpose"];
/** Weights of a product from which on MatMulInteger is the faster form; it runs more operators. */
const LARGE_PRODUCT = 1 << 16;
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
  return writeOnnx(unsigned, { override: largeProduct });
}

/**
 * A large matrix product as MatMulInteger: several times as fast, in that
 * runtime, as the same one between QuantizeLinear and DequantizeLinear.
 */
function largeProduct(node: Node, e: ExportGraph): string | undefined {
  if (node.kind !== "gemm" || node.attrs.clamp !== undefined) return undefined;
  const [read, weights, bias] = node.inputs.map(id => e.node(id));
  const x = read?.kind === "reshape" ? e.node(read.inputs[0]!) : read;
  if (x?.kind !== "dequantize" || weights?.kind !== "const") return undefined;
  const { tensor, quantization } = weights.attrs;
  const source = e.node(x.inputs[0]!);
  if (tensor.dtype !== "i8" || source.kind !== "quantize" || quantization === undefined) {
    return undefined;
  }
  const [outputs, inputs] = tensor.shape as [number, number];
  if (outputs * inputs < LARGE_PRODUCT || !node.attrs.transposeB) return undefined;
  const columns = e.constant(transposed(tensor as Tensor<"i8">, outputs, inputs), "columns");
  const rows = e.reshape(e.value(source.id), [node.type.shape[0]!, inputs]);
  const zeroPoint = e.constant(tensorOf("u8", [], source.attrs.zeroPoints), "zero-point");
  const sums = e.emit("MatMulInteger", [rows, columns, zeroPoint]);
  const real = e.emit("Cast", [sums], { to: { int: elementTypeOf("f32") } });
  const scales = quantization.scales.map(scale => Math.fround(scale * source.attrs.scales[0]!));
  const scaled = e.emit("Mul", [real, e.constant(tensorOf("f32", [outputs], scales), "scales")]);
  return bias === undefined ? scaled : e.emit("Add", [scaled, e.value(bias.id)]);
}

function transposed({ data }: Tensor<"i8">, rows: number, columns: number): Tensor<"i8"> {
  const values = Array.from(
    { length: rows * columns },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!,
  );
  return tensorOf("i8", [columns, rows], values);
}
