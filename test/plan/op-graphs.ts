/** @file Small graphs, at least one for every lowering, with the awkward sizes and layouts. */

import { deriveAddRequantization, deriveRequantization } from "../../core/requantize.ts";
import { type Tensor, tensor, tensorOf } from "../../core/tensor.ts";
import type { ConvAttributes, Epilogue, Window } from "../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { Random } from "../fuzz/random.ts";
import { graphOf, type Inputs } from "./compile-and-compare.ts";

export interface OpCase {
  readonly name: string;
  readonly graph: Graph;
}

const random = new Random(7);
const ACTIVATION = { scales: [0.05], zeroPoints: [-3] } as const;

const UNIT: Window = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };

type ConvShape = Partial<Omit<ConvAttributes, "layout">>;

function convAttrs(shape: ConvShape): ConvAttributes {
  return { ...UNIT, group: 1, layout: "nhwc", ...shape };
}

function f32(b: GraphBuilder, name: string, shape: readonly number[]): NodeId {
  return b.input(name, "f32", shape);
}

/** An 8-bit value that is computed, not an input: it may get a halo. */
function int8(b: GraphBuilder, name: string, shape: readonly number[]): NodeId {
  const attrs = { ...ACTIVATION, dtype: "i8" } as const;
  return b.add("quantize", [f32(b, name, shape)], attrs);
}

type WeightForm = "f32" | "i8" | "i2";

function weights(b: GraphBuilder, form: WeightForm, shape: readonly number[]): NodeId {
  if (form === "f32") return b.constant(random.f32(shape, -1, 1));
  const limit = form === "i8" ? 127 : 1;
  const scales = Array.from({ length: shape[0]! }, () => random.real(0.01, 0.2));
  const quantization = { scales, zeroPoints: scales.map(() => 0), axis: 0 };
  return b.constant(random.integers(form, shape, -limit, limit), { quantization });
}

/** An epilogue for `n` channels whose sums are around `size`. */
function epilogueFor(kind: Epilogue["kind"], n: number, size: number): Epilogue {
  if (kind === "dequantize") {
    const scales = Array.from({ length: n }, () => random.real(0.001, 0.01));
    return { kind, scales, clamp: { min: -1, max: 4 } };
  }
  const ratios = Array.from({ length: n }, () => (60 / size) * random.real(0.5, 1));
  const bounds = ratios.map(() => size * 4);
  const range = { min: -120, max: 127, zeroPoint: 4 };
  return { kind, scale: 0.1, ...deriveRequantization(ratios, bounds, range) };
}

function conv(form: WeightForm, channels: number, n: number, shape: ConvShape, batch = 1): Graph {
  return graphOf(b => {
    const attrs = convAttrs(shape);
    const x = b.add("clamp", [f32(b, "x", [batch, 7, 6, channels])], { min: -1, max: 1.5 });
    const w = weights(b, form, [n, channels / attrs.group, ...attrs.kernel]);
    const bias = b.constant(random.f32([n]));
    return [b.add("conv", [x, w, bias], attrs)];
  });
}

function qconv(
  form: "i8" | "i2",
  [channels, n]: readonly [number, number],
  epilogue: Epilogue["kind"],
  shape: ConvShape,
  batch = 1,
): Graph {
  return graphOf(b => {
    const { clamp: _, ...attrs } = convAttrs(shape);
    const x = int8(b, "x", [batch, 7, 6, channels]);
    const perGroup = channels / attrs.group;
    const w = weights(b, form, [n, perGroup, ...attrs.kernel]);
    const depth = perGroup * attrs.kernel[0] * attrs.kernel[1];
    const size = (form === "i8" ? 2000 : 25) * Math.sqrt(depth);
    const bias = b.constant(random.integers("i32", [n], -100, 100));
    return [b.add("qconv", [x, w, bias], { ...attrs, epilogue: epilogueFor(epilogue, n, size) })];
  });
}

function gemm(form: WeightForm, m: number, k: number, n: number): Graph {
  return graphOf(b => {
    const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
    return [b.add("gemm", [f32(b, "x", [m, k]), weights(b, form, [n, k])], attrs)];
  });
}

function qgemm(form: "i8" | "i2", m: number, k: number, n: number, kind: Epilogue["kind"]): Graph {
  return graphOf(b => {
    const bias = b.constant(random.integers("i32", [n], -50, 50));
    const size = (form === "i8" ? 2000 : 25) * Math.sqrt(k);
    const inputs = [int8(b, "x", [m, k]), weights(b, form, [n, k]), bias];
    return [b.add("qgemm", inputs, { epilogue: epilogueFor(kind, n, size) })];
  });
}

const SAME: ConvShape = { kernel: [3, 3], pads: [1, 1, 1, 1] };
const CONTRACTIONS: readonly [string, Graph][] = [
  ["conv f32 same", conv("f32", 3, 5, SAME)],
  ["conv f32 batch 2", conv("f32", 3, 5, SAME, 2)],
  ["conv f32 1x1", conv("f32", 5, 17, {})],
  ["conv f32 whole image", conv("f32", 3, 10, { kernel: [7, 6] })],
  ["conv f32 clamp", conv("f32", 4, 8, { ...SAME, clamp: { min: 0, max: 0.5 } })],
  ["conv f32 asymmetric pads", conv("f32", 2, 3, { kernel: [2, 3], pads: [0, 2, 1, 0] })],
  ["conv f32 strides", conv("f32", 3, 9, { ...SAME, strides: [2, 3] })],
  ["conv f32 dilated", conv("f32", 3, 4, { ...SAME, dilations: [2, 2], pads: [2, 2, 2, 2] })],
  ["conv f32 dilated rows", conv("f32", 3, 4, { kernel: [2, 2], dilations: [3, 1] })],
  ["conv f32 groups", conv("f32", 6, 9, { ...SAME, group: 3 })],
  ["conv f32 depthwise", conv("f32", 7, 7, { ...SAME, group: 7 })],
  ["conv f32 depthwise batch 2", conv("f32", 5, 5, { ...SAME, group: 5, strides: [2, 1] }, 2)],
  ["conv f32 multiplier", conv("f32", 3, 6, { ...SAME, group: 3 })],
  ["conv i8 weights", conv("i8", 5, 9, SAME)],
  ["conv i8 weights groups", conv("i8", 4, 6, { ...SAME, group: 2 })],
  ["conv ternary weights", conv("i2", 5, 9, SAME)],
  ["conv ternary weights depthwise", conv("i2", 3, 3, { ...SAME, group: 3 })],
  ["qconv i8 requantize", qconv("i8", [3, 5], "requantize", SAME)],
  ["qconv i8 batch 2", qconv("i8", [3, 5], "requantize", SAME, 2)],
  ["qconv i8 dequantize", qconv("i8", [4, 10], "dequantize", SAME)],
  ["qconv ternary requantize", qconv("i2", [16, 33], "requantize", SAME)],
  ["qconv ternary 1x1", qconv("i2", [5, 3], "requantize", {})],
  ["qconv ternary dequantize", qconv("i2", [3, 7], "dequantize", { ...SAME, strides: [2, 2] })],
  ["qconv ternary groups", qconv("i2", [6, 4], "requantize", { ...SAME, group: 2 })],
  ["qconv i8 dilated", qconv("i8", [3, 4], "requantize", { kernel: [2, 3], dilations: [2, 2] })],
  ["qconv i8 depthwise", qconv("i8", [9, 9], "requantize", { ...SAME, group: 9 })],
  ["qconv i8 depthwise to f32", qconv("i8", [3, 3], "dequantize", { ...SAME, group: 3 })],
  ["qconv ternary depthwise", qconv("i2", [5, 5], "requantize", { ...SAME, group: 5 })],
  ["gemm f32 1 row", gemm("f32", 1, 33, 10)],
  ["gemm f32 5 rows", gemm("f32", 5, 7, 19)],
  ["gemm i8", gemm("i8", 3, 20, 6)],
  ["gemm ternary", gemm("i2", 1, 37, 12)],
  ["qgemm i8", qgemm("i8", 1, 65, 10, "requantize")],
  ["qgemm i8 rows to f32", qgemm("i8", 6, 12, 9, "dequantize")],
  ["qgemm ternary", qgemm("i2", 1, 70, 11, "dequantize")],
  ["qgemm ternary rows", qgemm("i2", 5, 31, 18, "requantize")],
];

const POOL: Window = { kernel: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 1] };
const layout = "nhwc" as const;

function image(b: GraphBuilder, channels = 5, batch = 2): NodeId {
  return f32(b, "x", [batch, 7, 6, channels]);
}

function averageRequantization(count: number) {
  const range = { min: -128, max: 127, zeroPoint: 1 };
  return deriveRequantization([0.6 / count], [count * 256], range);
}

const WINDOWS: readonly [string, Graph][] = [
  ["max-pool f32", graphOf(b => [b.add("max-pool", [image(b)], { ...POOL, layout })])],
  [
    "max-pool i8",
    graphOf(b => [b.add("max-pool", [int8(b, "x", [1, 7, 6, 3])], { ...POOL, layout })]),
  ],
  [
    "average-pool f32",
    graphOf(b => {
      const attrs = { ...POOL, layout, countIncludePad: false };
      return [b.add("average-pool", [image(b)], attrs)];
    }),
  ],
  [
    "average-pool f32 with padding",
    graphOf(b => [b.add("average-pool", [image(b)], { ...POOL, layout, countIncludePad: true })]),
  ],
  [
    "qaverage-pool",
    graphOf(b => {
      const window = { ...UNIT, kernel: [7, 6] as const };
      const attrs = { ...window, layout, scale: 0.03, requantization: averageRequantization(42) };
      return [b.add("qaverage-pool", [int8(b, "x", [2, 7, 6, 19])], attrs)];
    }),
  ],
];

const TABLE = tensorOf(
  "i8",
  [256],
  Array.from({ length: 256 }, (_, i) => ((i * 37) % 256) - 128),
);
const LOOKUP = { table: TABLE, quantization: { scales: [0.1], zeroPoints: [0] } };

/** Elementwise ops after something computed, so that they may run in place. */
function computed(b: GraphBuilder, shape: readonly number[]): NodeId {
  return b.add("add", [f32(b, "x", shape), f32(b, "z", shape)], {});
}

function unary(kind: "sigmoid" | "tanh" | "exp" | "hard-swish"): [string, Graph] {
  return [kind, graphOf(b => [b.add(kind, [computed(b, [3, 7])], {})])];
}

function binary(kind: "add" | "sub" | "mul" | "div" | "min" | "max"): [string, Graph] {
  return [
    `${kind} with broadcasting`,
    graphOf(b => {
      const x = computed(b, [2, 3, 5, 7]);
      const constant = b.constant(random.f32([5, 1], 0.5, 2));
      const y = b.add(kind, [x, constant], {});
      return [b.add(kind, [b.constant(random.f32([1])), y], {})];
    }),
  ];
}

const ADDITION = {
  scale: 0.08,
  ...deriveAddRequantization([0.6, 0.5], [-3, -3], { min: -128, max: 127, zeroPoint: 5 }),
};

const ELEMENTWISE: readonly [string, Graph][] = [
  unary("sigmoid"),
  unary("tanh"),
  unary("exp"),
  unary("hard-swish"),
  ...(["add", "sub", "mul", "div", "min", "max"] as const).map(binary),
  ["clamp f32", graphOf(b => [b.add("clamp", [computed(b, [37])], { min: 0, max: Infinity })])],
  ["clamp i8", graphOf(b => [b.add("clamp", [int8(b, "x", [3, 21])], { min: -5, max: Infinity })])],
  ["lookup i8", graphOf(b => [b.add("lookup", [int8(b, "x", [5, 9])], LOOKUP)])],
  ["lookup u8", graphOf(b => [b.add("lookup", [b.input("x", "u8", [5, 9])], LOOKUP)])],
  [
    "quantize u8 and back",
    graphOf(b => {
      const attrs = { scales: [0.02], zeroPoints: [100], dtype: "u8" } as const;
      const q = b.add("quantize", [f32(b, "x", [41])], attrs);
      return [b.add("dequantize", [q], {}), q];
    }),
  ],
  ["dequantize i8", graphOf(b => [b.add("dequantize", [int8(b, "x", [3, 11])], {})])],
  ["qadd", graphOf(b => [b.add("qadd", [int8(b, "x", [5, 9]), int8(b, "z", [5, 9])], ADDITION)])],
  ["softmax", graphOf(b => [b.add("softmax", [computed(b, [3, 11])], { axis: 1 })])],
  ["softmax of columns", graphOf(b => [b.add("softmax", [image(b)], { axis: 3 })])],
  ["softmax before 1s", graphOf(b => [b.add("softmax", [f32(b, "x", [2, 9, 1, 1])], { axis: 1 })])],
];

function padded(mode: "constant" | "edge" | "reflect"): [string, Graph] {
  const attrs = { mode, before: [0, 2, 1, 0], after: [0, 1, 3, 2], value: 0.25 };
  return [`pad ${mode}`, graphOf(b => [b.add("pad", [image(b, 3)], attrs)])];
}

const MOVEMENT: readonly [string, Graph][] = [
  padded("constant"),
  padded("edge"),
  padded("reflect"),
  [
    "pad i8",
    graphOf(b => {
      const attrs = { mode: "constant", before: [0, 1], after: [2, 0], value: -3 } as const;
      return [b.add("pad", [int8(b, "x", [3, 4])], attrs)];
    }),
  ],
  ["transpose", graphOf(b => [b.add("transpose", [image(b)], { permutation: [0, 3, 1, 2] })])],
  [
    "transpose i8",
    graphOf(b => {
      return [b.add("transpose", [int8(b, "x", [2, 3, 4, 5])], { permutation: [3, 1, 0, 2] })];
    }),
  ],
  ["reshape", graphOf(b => [b.add("reshape", [computed(b, [2, 6])], { shape: [3, 4] })])],
  [
    "slice backwards",
    graphOf(b => {
      const attrs = { starts: [0, 5, 1, 4], sizes: [2, 2, 4, 3], steps: [1, -3, 1, -2] };
      return [b.add("slice", [image(b)], attrs)];
    }),
  ],
  ["expand", graphOf(b => [b.add("expand", [computed(b, [3, 1, 4])], { shape: [2, 3, 5, 4] })])],
  [
    "concat of rows",
    graphOf(b => [b.add("concat", [computed(b, [2, 3]), f32(b, "w", [4, 3])], { axis: 0 })]),
  ],
  [
    "concat i8 of channels",
    graphOf(b => {
      const parts = [int8(b, "x", [1, 3, 2, 5]), int8(b, "z", [1, 3, 2, 3])];
      return [b.add("concat", parts, { axis: 3 })];
    }),
  ],
];

export const OP_CASES: readonly OpCase[] = [
  ...CONTRACTIONS,
  ...WINDOWS,
  ...ELEMENTWISE,
  ...MOVEMENT,
].map(([name, graph]) => ({ name, graph }));

/** Values for every input: reals in −4…4, all bytes. */
export function inputsFor(graph: Graph, seed = 1): Inputs {
  const source = new Random(seed);
  const entries = graph.inputs.map(id => {
    const { attrs } = graph.nodes[id] as Extract<Graph["nodes"][number], { kind: "input" }>;
    return [attrs.name, valuesFor(source, attrs.dtype, attrs.shape)] as const;
  });
  return Object.fromEntries(entries);
}

function valuesFor(source: Random, dtype: string, shape: readonly number[]): Tensor {
  if (dtype === "u8") return source.integers("u8", shape, 0, 255);
  if (dtype === "i8") return source.integers("i8", shape, -128, 127);
  const values = source.f32(shape, -4, 4);
  return tensor("f32", shape, values.data);
}
