/** @file Forms that operators had in older opsets, and forms that need more than one op. */

import { expect, test } from "vitest";
import { type Tensor, tensorOf } from "../../core/tensor.ts";
import { readOnnx } from "../../model/onnx/index.ts";
import { TensorProto_DataType } from "../../model/onnx/proto/onnx_pb.ts";
import { evaluate } from "../../model/ops/index.ts";
import { type ModelSketch, makeModel, type NodeSketch } from "./make-model.ts";
import { largestDifference, runOnnxRuntime } from "./onnx-runtime.ts";
import { wave } from "./op-graphs.ts";

const ints = (...values: number[]) => ({ ints: values });
const i64 = (...values: number[]): Tensor => tensorOf("i64", [values.length], values);
const scalar = (value: number): Tensor => tensorOf("f32", [], [value]);

/** One operator on the input `x`, then constants. */
function single(
  opset: number,
  op: string,
  shape: readonly number[],
  attributes: NonNullable<NodeSketch["attributes"]>,
  constants: Readonly<Record<string, Tensor>> = {},
  outputs: readonly string[] = ["y"],
): ModelSketch {
  return {
    opset,
    inputs: { x: shape },
    initializers: constants,
    nodes: [{ op, inputs: ["x", ...Object.keys(constants)], outputs, attributes }],
  };
}

const w = wave("f32", [4, 3, 3], 1);
const image = [1, 3, 7, 6];

const SKETCHES: Readonly<Record<string, ModelSketch>> = {
  "Clip-6": single(7, "Clip", [9], { min: { float: -0.5 }, max: { float: 1 } }),
  "Clip-11 without max": single(11, "Clip", [9], {}, { min: scalar(0.25) }),
  "Clip with a computed bound": {
    inputs: { x: [9], lo: [] },
    nodes: [{ op: "Clip", inputs: ["x", "lo"], outputs: ["y"] }],
  },
  "Slice-1": single(7, "Slice", [4, 5], {
    axes: ints(1, 0),
    starts: ints(-4, 1),
    ends: ints(1000, -1),
  }),
  "Slice-10 backwards": single(
    13,
    "Slice",
    [4, 5],
    {},
    {
      starts: i64(-1),
      ends: i64(-1000),
      axes: i64(1),
      steps: i64(-2),
    },
  ),
  "Pad-2": single(7, "Pad", [3, 4], { pads: ints(1, 0, 0, 2), value: { float: 1.5 } }),
  "Pad-11 with negative pads": single(11, "Pad", [3, 4], {}, { pads: i64(1, -1, -1, 2) }),
  "Squeeze-1": single(7, "Squeeze", [1, 3, 1], { axes: ints(0) }),
  "Squeeze of all": single(13, "Squeeze", [1, 3, 1], {}),
  "Unsqueeze-1": single(7, "Unsqueeze", [3], { axes: ints(0, 2) }),
  "Split-2": single(7, "Split", [5, 2], { split: ints(2, 3) }, {}, ["a", "b"]),
  "Split-18 unequal": single(18, "Split", [5, 2], { num_outputs: { int: 2 } }, {}, ["a", "b"]),
  "Softmax-1 flattens": single(7, "Softmax", [2, 3, 4], { axis: { int: 1 } }),
  "Softmax-11 along the last axis": single(11, "Softmax", [2, 3, 4], { axis: { int: -1 } }),
  "LogSoftmax-1 flattens": single(7, "LogSoftmax", [2, 3, 4], {}),
  "ReduceSum-1": single(11, "ReduceSum", [2, 3, 4], { axes: ints(-1), keepdims: { int: 0 } }),
  "ReduceMean-18": single(18, "ReduceMean", [2, 3, 4], {}, { axes: i64(0, 2) }),
  "ReduceL2-1": single(13, "ReduceL2", [2, 3, 4], { axes: ints(1) }),
  "Dropout-7": single(7, "Dropout", [4], { ratio: { float: 0.3 } }),
  "BatchNormalization-7": single(
    7,
    "BatchNormalization",
    [2, 4, 3, 3],
    { momentum: { float: 0.9 } },
    {
      scale: wave("f32", [4]),
      b: wave("f32", [4], 1),
      mean: wave("f32", [4], 2),
      variance: tensorOf("f32", [4], [1, 2, 0.5, 4]),
    },
  ),
  "Upside-down Flatten": single(9, "Flatten", [2, 3, 4], { axis: { int: 0 } }),
  "Conv over one dimension": single(
    11,
    "Conv",
    [2, 3, 9],
    { strides: ints(2), pads: ints(1, 2) },
    { w },
  ),
  "Conv SAME_UPPER": single(
    11,
    "Conv",
    image,
    { auto_pad: { string: "SAME_UPPER" }, strides: ints(2, 2) },
    { w: wave("f32", [4, 3, 2, 3]) },
  ),
  "Conv SAME_LOWER": single(
    11,
    "Conv",
    image,
    { auto_pad: { string: "SAME_LOWER" } },
    { w: wave("f32", [4, 3, 2, 2]), b: wave("f32", [4]) },
  ),
  "Conv VALID": single(
    11,
    "Conv",
    image,
    { auto_pad: { string: "VALID" } },
    { w: wave("f32", [4, 3, 2, 2]) },
  ),
  "ConvTranspose with an output shape": single(
    11,
    "ConvTranspose",
    image,
    { output_shape: ints(15, 13), strides: ints(2, 2) },
    { w: wave("f32", [3, 2, 3, 3]) },
  ),
  "MaxPool rounding up": single(10, "MaxPool", image, {
    kernel_shape: ints(3, 2),
    strides: ints(2, 3),
    pads: ints(1, 0, 0, 1),
    ceil_mode: { int: 1 },
  }),
  "AveragePool rounding up": single(10, "AveragePool", image, {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    ceil_mode: { int: 1 },
  }),
  "AveragePool rounding up, pads counted": single(19, "AveragePool", image, {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
    ceil_mode: { int: 1 },
    count_include_pad: { int: 1 },
  }),
  "GlobalMaxPool over one dimension": single(9, "GlobalMaxPool", [2, 3, 5], {}),
  "Gemm with a scalar bias": single(
    9,
    "Gemm",
    [2, 3],
    { transB: { int: 1 }, beta: { float: 0.5 } },
    {
      b: wave("f32", [4, 3]),
      c: tensorOf("f32", [1], [3]),
    },
  ),
  "MatMul with a vector": single(13, "MatMul", [4, 3], {}, { b: wave("f32", [3]) }),
  "Constant in every form": {
    opset: 13,
    inputs: { x: [2] },
    nodes: [
      { op: "Constant", inputs: [], outputs: ["a"], attributes: { value: scalar(2) } },
      { op: "Constant", inputs: [], outputs: ["b"], attributes: { value_float: { float: 3 } } },
      { op: "Constant", inputs: [], outputs: ["c"], attributes: { value_ints: ints(1, 2) } },
      { op: "Reshape", inputs: ["x", "c"], outputs: ["d"] },
      { op: "Sum", inputs: ["a", "b", "d"], outputs: ["y"] },
    ],
  },
  "a shape that is computed": {
    opset: 13,
    inputs: { x: [2, 3, 4] },
    initializers: { zero: tensorOf("i64", [], [0]), at: i64(0), rest: i64(-1) },
    nodes: [
      { op: "Shape", inputs: ["x"], outputs: ["shape"] },
      { op: "Gather", inputs: ["shape", "zero"], outputs: ["first"] },
      { op: "Unsqueeze", inputs: ["first", "at"], outputs: ["list"] },
      {
        op: "Concat",
        inputs: ["list", "rest"],
        outputs: ["wanted"],
        attributes: { axis: { int: 0 } },
      },
      { op: "Reshape", inputs: ["x", "wanted"], outputs: ["y"] },
    ],
  },
  "an input with a default": {
    inputs: { x: [3], k: [3] },
    initializers: { k: wave("f32", [3]) },
    nodes: [{ op: "Mul", inputs: ["x", "k"], outputs: ["y"] }],
  },
};

test.each(Object.entries(SKETCHES))("%s", async (_, sketch) => {
  const bytes = makeModel(sketch);
  const graph = readOnnx(bytes);
  const inputs = Object.fromEntries(
    graph.inputs.map((id, i) => {
      const node = graph.nodes[id]!;
      return [node.name!, wave("f32", node.type.shape, i)];
    }),
  );
  const own = evaluate(graph, inputs);
  const theirs = await runOnnxRuntime(bytes, inputs);
  expect(Object.keys(theirs)).toEqual(Object.keys(own));
  for (const [name, value] of Object.entries(theirs)) {
    expect(largestDifference(own[name]!, value), name).toBeLessThan(1e-5);
  }
});

test("pixels of a u8 input mean what DequantizeLinear says", () => {
  const graph = readOnnx(
    makeModel({
      inputs: { image: ["N", 1, 2, 2] },
      elementType: TensorProto_DataType.UINT8,
      initializers: { scale: scalar(0.5), zero: tensorOf("u8", [], [128]) },
      nodes: [{ op: "DequantizeLinear", inputs: ["image", "scale", "zero"], outputs: ["y"] }],
    }),
    { batch: 2 },
  );
  expect(graph.nodes.map(({ kind }) => kind)).toEqual(["input", "dequantize"]);
  expect(graph.nodes[0]!.type).toEqual({ dtype: "u8", shape: [2, 1, 2, 2] });
  const image = tensorOf("u8", [2, 1, 2, 2], [0, 1, 127, 128, 129, 130, 254, 255]);
  const { y } = evaluate(graph, { image });
  expect([...y!.data]).toEqual([-64, -63.5, -0.5, 0, 0.5, 1, 63, 63.5]);
});

test("a symbol that names the batch is bound wherever it occurs", () => {
  const sketch: ModelSketch = {
    inputs: { a: ["N", 3], b: [3, "N"] },
    nodes: [{ op: "MatMul", inputs: ["a", "b"], outputs: ["y"] }],
  };
  expect(readOnnx(makeModel(sketch), { batch: 5 }).nodes.at(-1)!.type.shape).toEqual([5, 5]);
  expect(readOnnx(makeModel(sketch)).nodes.at(-1)!.type.shape).toEqual([1, 1]);
});

test("nodes may come in any order", () => {
  const graph = readOnnx(
    makeModel({
      inputs: { x: [3] },
      nodes: [
        { op: "Neg", inputs: ["a"], outputs: ["y"] },
        { op: "Abs", inputs: ["x"], outputs: ["a"] },
      ],
      outputs: ["y"],
    }),
  );
  const { y } = evaluate(graph, { x: tensorOf("f32", [3], [1, -2, 3]) });
  expect([...y!.data]).toEqual([-1, -2, -3]);
});
