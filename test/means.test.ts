/** @file Zeros that stand for means: integers, kernels and whole networks against the oracle. */

import { describe, expect, test } from "vitest";
import type { Compilation } from "../compiler/index.ts";
import { detectTernary } from "../compiler/passes/detect-ternary.ts";
import { OVERREAD_BYTES } from "../compiler/plan/plan.ts";
import type { SimdTier } from "../core/abi.ts";
import { meanOf } from "../core/mean-term.ts";
import {
  deriveConvDequantization,
  deriveConvRequantization,
  type QuantizedLayer,
  summarizeWeights,
} from "../core/quantized-layer.ts";
import { requantize } from "../core/requantize.ts";
import { tensor, tensorOf, toNumbers } from "../core/tensor.ts";
import type { ConvAttributes } from "../model/ir/attributes.ts";
import type { GraphBuilder } from "../model/ir/build.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../model/onnx/index.ts";
import { evaluate, rewrite } from "../model/ops/index.ts";
import { Random } from "./fuzz/random.ts";
import { compileAsIs, compileGraph, graphOf, mismatch } from "./plan/compile-and-compare.ts";

describe("a quantised layer with means", () => {
  const random = new Random(3);
  const depth = 72;
  const trits = Int8Array.from({ length: 4 * depth }, () => random.integer(-1, 1));
  const scales = [0.02, 0.04, 0.013, 0.03];
  const means = [0.004, -0.011, 0, 0.03];
  const layer: QuantizedLayer = {
    input: { scale: 0.05, zeroPoint: -17, min: -128, max: 127 },
    weights: summarizeWeights(trits, scales, means),
    bias: [0.5, -1, 2, 0],
  };

  /** The real result of channel `c` for the integers `q`. */
  function real(q: Int8Array, c: number): number {
    let sum = layer.bias![c]!;
    for (let k = 0; k < depth; k++) {
      sum += (scales[c]! * trits[c * depth + k]! + means[c]!) * 0.05 * (q[k]! + 17);
    }
    return sum;
  }

  function sumsOf(q: Int8Array, c: number) {
    const products = q.reduce((sum, x, k) => sum + x * trits[c * depth + k]!, 0);
    return { products, window: q.reduce((sum, x) => sum + x, 0) };
  }

  test("requantises to the real result, and an input of zero points to the bias", () => {
    const output = { scale: 0.4, zeroPoint: 3, min: -128, max: 127 };
    const { bias, mean, requantization, holds } = deriveConvRequantization(layer, output);
    expect(holds).toBe(true);
    for (let trial = 0; trial < 200; trial++) {
      const fill = trial === 0;
      const q = Int8Array.from({ length: depth }, () => (fill ? -17 : random.integer(-128, 127)));
      for (let c = 0; c < 4; c++) {
        const { products, window } = sumsOf(q, c);
        const acc = products + meanOf(window, mean!, c) + bias[c]!;
        const ideal = Math.min(Math.max(3 + real(q, c) / 0.4, -128), 127);
        expect(Math.abs(requantize(acc, requantization, c) - ideal)).toBeLessThan(1);
        if (fill) expect(acc).toBe(Math.round(layer.bias![c]! / (0.05 * scales[c]!)));
      }
    }
  });

  test("dequantises to the real result", () => {
    const derived = deriveConvDequantization(layer);
    for (let trial = 0; trial < 50; trial++) {
      const q = Int8Array.from({ length: depth }, () => random.integer(-128, 127));
      for (let c = 0; c < 4; c++) {
        const { products, window } = sumsOf(q, c);
        const acc = products + meanOf(window, derived.mean!, c) + derived.bias[c]!;
        const unit = derived.scales[c]!;
        expect(Math.abs(acc * unit - real(q, c))).toBeLessThan(2 * unit);
      }
    }
  });
});

const UNIT = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
type Shape = Partial<Omit<ConvAttributes, "layout" | "clamp">>;
type Form = "i2" | "i8";

/** Weights whose zeros stand for means; if `isSparse`, few others and small means. */
function weights(
  b: GraphBuilder,
  random: Random,
  form: Form,
  shape: readonly number[],
  isSparse = false,
): NodeId {
  const limit = form === "i8" ? 90 : 1;
  const scales = Array.from({ length: shape[0]! }, () => random.real(0.01, 0.2));
  const reach = isSparse ? 0.01 : 0.6;
  const means = scales.map((scale, i) =>
    i % 3 === 2 ? 0 : random.real(-reach, reach) * scale * limit,
  );
  const quantization = { scales, means, zeroPoints: scales.map(() => 0), axis: 0 };
  const all = random.integers(form, shape, -limit, limit);
  const data = Int8Array.from(all.data as Int8Array, (w, i) => (isSparse && i % 40 > 0 ? 0 : w));
  return b.constant(tensor(form, shape, data), { quantization });
}

function integers(b: GraphBuilder, shape: readonly number[], zeroPoint = -3): NodeId {
  const x = b.input("x", "f32", shape);
  const quantized = b.add("quantize", [x], {
    dtype: "i8",
    scales: [0.05],
    zeroPoints: [zeroPoint],
  });
  return b.add("dequantize", [quantized], {});
}

/** `compile`, called once for each tier. */
function once(compile: (simd: SimdTier) => Compilation): (simd: SimdTier) => Compilation {
  const made = new Map<SimdTier, Compilation>();
  return simd => {
    if (!made.has(simd)) made.set(simd, compile(simd));
    return made.get(simd)!;
  };
}

interface Layer {
  readonly form: Form;
  readonly channels: number;
  readonly n: number;
  readonly shape: Shape;
  readonly requantizes?: boolean;
  readonly batch?: number;
  readonly isSparse?: boolean;
  readonly columns?: number;
}

function convolution(seed: number, layer: Layer): Graph {
  const { form, channels, n, shape, requantizes = true, batch = 1, isSparse = false } = layer;
  const { columns = 7 } = layer;
  const random = new Random(seed);
  return graphOf(b => {
    const attrs = { ...UNIT, group: 1, layout: "nhwc" as const, ...shape };
    const x = integers(b, [batch, 9, columns, channels]);
    const w = weights(b, random, form, [n, channels / attrs.group, ...attrs.kernel], isSparse);
    const y = b.add("conv", [x, w, b.constant(random.f32([n]))], attrs);
    if (!requantizes) return [y];
    const scale = form === "i8" ? 4 : 0.25;
    const q = b.add("quantize", [y], { dtype: "i8", scales: [scale], zeroPoints: [5] });
    return [b.add("dequantize", [q], {})];
  });
}

function product(seed: number, form: Form, requantizes: boolean): Graph {
  const random = new Random(seed);
  return graphOf(b => {
    const w = weights(b, random, form, [11, 37]);
    const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
    const y = b.add("gemm", [integers(b, [3, 37]), w, b.constant(random.f32([11]))], attrs);
    if (!requantizes) return [y];
    const q = b.add("quantize", [y], { dtype: "i8", scales: [0.7], zeroPoints: [-9] });
    return [b.add("dequantize", [q], {})];
  });
}

function inputOf(graph: Graph, seed: number, size = 5) {
  const { shape } = graph.nodes[graph.inputs[0]!]!.type;
  return { x: new Random(seed).f32(shape, -size, size) };
}

const SAME: Shape = { kernel: [3, 3], pads: [1, 1, 1, 1] };
const LAYERS: Readonly<Record<string, Layer>> = {
  "3×3": { form: "i2", channels: 16, n: 16, shape: SAME },
  "3×3 of int8": { form: "i8", channels: 5, n: 9, shape: SAME },
  "few channels, real result": { form: "i2", channels: 3, n: 4, shape: SAME, requantizes: false },
  "int8, real result": { form: "i8", channels: 20, n: 3, shape: SAME, requantizes: false },
  "stride 2": { form: "i2", channels: 8, n: 12, shape: { ...SAME, strides: [2, 2] } },
  "1×1 of stride 2": { form: "i2", channels: 33, n: 8, shape: { strides: [2, 2] } },
  "uneven window": {
    form: "i8",
    channels: 4,
    n: 5,
    shape: { kernel: [2, 5], pads: [1, 0, 0, 3], dilations: [2, 1], strides: [1, 3] },
  },
  groups: { form: "i2", channels: 12, n: 9, shape: { ...SAME, group: 3 } },
  "a batch": { form: "i2", channels: 7, n: 10, shape: SAME, batch: 2 },
  "many sums": { form: "i2", channels: 48, n: 40, shape: { kernel: [5, 5], pads: [2, 2, 2, 2] } },
};

describe("compiled in every tier", () => {
  test.each(Object.entries(LAYERS))("%s", (_, layer) => {
    const graph = convolution(11, layer);
    const compiled = once(simd => compileGraph(graph, { simd }));
    const lowered = compiled("simd128").graph;
    const integer = lowered.nodes.find(node => node.kind === "qconv");
    expect(integer?.attrs).toHaveProperty("mean");
    for (const seed of [1, 2]) {
      expect(mismatch(compiled, inputOf(graph, seed, seed * 4))).toBeUndefined();
    }
  });

  test.each(["i2", "i8"] as const)("a matrix product with %s weights", form => {
    for (const requantizes of [true, false]) {
      const graph = product(5, form, requantizes);
      const compiled = (simd: SimdTier) => compileGraph(graph, { simd });
      expect(
        compiled("scalar").graph.nodes.find(({ kind }) => kind === "qgemm")?.attrs,
      ).toHaveProperty("mean");
      expect(mismatch(compiled, inputOf(graph, 3))).toBeUndefined();
    }
  });

  test("with real inputs", () => {
    const random = new Random(8);
    const graph = graphOf(b => {
      const x = b.input("x", "f32", [1, 5, 6, 4]);
      const w = weights(b, random, "i2", [6, 4, 3, 3]);
      const attrs = { ...UNIT, ...SAME, group: 1, layout: "nhwc" as const };
      return [b.add("conv", [x, w], { ...attrs, clamp: { min: 0, max: 6 } })];
    });
    const compiled = (simd: SimdTier) => compileGraph(graph, { simd });
    expect(mismatch(compiled, inputOf(graph, 4))).toBeUndefined();
    const given = inputOf(graph, 4);
    expect(evaluate(compiled("simd128").graph, given)).toEqual(evaluate(graph, given));
  });
});

const ON_PLANES: Readonly<Record<string, Layer>> = {
  "3×3": { form: "i2", channels: 16, n: 16, shape: SAME },
  "stride 2": { form: "i2", channels: 8, n: 20, shape: { ...SAME, strides: [2, 2] } },
  "uneven window": {
    form: "i2",
    channels: 5,
    n: 6,
    shape: { kernel: [2, 5], pads: [1, 0, 0, 3], dilations: [2, 1], strides: [1, 2] },
  },
  "1×1 of stride 2": { form: "i2", channels: 33, n: 8, shape: { strides: [2, 2] } },
  "chunks of taps": { form: "i2", channels: 300, n: 13, shape: SAME, isSparse: true },
};

/** The integer layer on planes, its input and its result dense. */
function onPlanes(graph: Graph): Graph {
  const { graph: lowered } = compileGraph(graph);
  return rewrite(lowered, {
    qconv: (node, b) => {
      const [x, ...parameters] = node.inputs;
      const image = b.add("transpose", [x!], { permutation: [0, 3, 1, 2] });
      const attrs = { ...node.attrs, layout: "nchw" as const };
      const y = b.add("qconv", [image, ...parameters], attrs, node.name);
      return b.add("transpose", [y], { permutation: [0, 2, 3, 1] });
    },
  });
}

type Seven = readonly [number, number, number, number, number, number, number];

describe("written as code", () => {
  test.each(Object.entries(ON_PLANES))("%s", (_, layer) => {
    const graph = onPlanes(convolution(11, layer));
    const compiled = once(simd => compileAsIs(graph, { simd }));
    expect(
      compiled("simd128")
        .manifest.layers.map(({ kernel }) => kernel)
        .join(),
    ).toContain("code");
    for (const seed of [1, 2]) {
      const given = inputOf(graph, seed, seed * 4);
      expect(mismatch(compiled, given, ["simd128", "relaxed"])).toBeUndefined();
    }
  });

  test("sums of lines read no further than any kernel may", () => {
    const wide = { kernel: [1, 2], dilations: [1, 3], strides: [1, 2] } as const;
    for (const columns of [23, 24, 25, 26, 27, 33]) {
      const layer = { form: "i2", channels: 1, n: 4, shape: wide, columns } as const;
      const { plan, manifest } = compileAsIs(onPlanes(convolution(11, layer)));
      const call = plan.calls.find(({ kernel }) => kernel.startsWith("s16_s32_linesum"))!;
      const [x, , rows, n, lines, xRow, xLine] = call.args as Seven;
      const end = x + (rows - 1) * xRow + (lines - 1) * xLine + n * 2;
      const { name, offset, bytes } = manifest.memory.buffers.find(
        buffer => buffer.name === call.reads[0]!.block,
      )!;
      expect(end, name).toBeLessThanOrEqual(offset + bytes + OVERREAD_BYTES);
    }
  });

  test("groups, and sums that 16 bits may not hold, take library kernels", () => {
    for (const layer of [
      LAYERS.groups!,
      { form: "i2", channels: 200, n: 4, shape: { kernel: [5, 5] } },
    ] as const) {
      const { graph } = compileGraph(convolution(3, layer), { optimize: "speed" });
      const [conv] = graph.nodes.filter(node => node.kind === "qconv");
      expect(conv!.attrs.layout).toBe("nhwc");
    }
  });
});

describe("in whole", () => {
  test("a mean is found in a filter of any size", () => {
    const count = 400_000;
    const values = Float32Array.from(
      { length: count },
      (_, i) => [0.25, 0.75, -0.25, 0.25][i % 4]!,
    );
    const graph = graphOf(b => {
      const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
      const w = b.constant(tensor("f32", [1, count], values));
      return [b.add("gemm", [b.input("x", "f32", [1, count]), w], attrs)];
    });
    const detected = detectTernary.run(graph);
    const [w] = detected.nodes.filter(node => node.kind === "const");
    expect(w!.type).toMatchObject({ dtype: "i2", quantization: { scales: [0.5], means: [0.25] } });
  });

  test("one mean for all columns of a matrix with one row", () => {
    const graph = graphOf(b => {
      const trits = tensor("i8", [1, 5], Int8Array.of(1, 0, -1, 1, 0));
      const quantization = { scales: [0.5], zeroPoints: [0] };
      const w = b.add("dequantize", [b.constant(trits, { quantization })], {});
      const mean = b.constant(tensor("f32", [1], Float32Array.of(0.25)));
      const attrs = { transposeA: false, transposeB: false, alpha: 1, beta: 1 };
      return [b.add("gemm", [b.input("x", "f32", [3, 1]), b.add("add", [w, mean], {})], attrs)];
    });
    const compiled = (simd: SimdTier) => compileGraph(graph, { simd });
    expect(mismatch(compiled, inputOf(graph, 7))).toBeUndefined();
    const given = inputOf(graph, 7);
    expect(evaluate(compiled("simd128").graph, given)).toEqual(evaluate(graph, given));
  });

  test("ONNX holds weights and means as sums of constants, read back as they were", () => {
    const graph = convolution(2, LAYERS.groups!);
    const again = readOnnx(writeOnnx(graph));
    expect(again.nodes.some(node => node.kind === "add")).toBe(true);
    const given = inputOf(graph, 6);
    const [expected] = Object.values(evaluate(graph, given));
    const [got] = Object.values(evaluate(again, given));
    const step = 0.25;
    toNumbers(got!).forEach((value, i) => {
      expect(Math.abs(value - toNumbers(expected!)[i]!)).toBeLessThan(step * 1.01);
    });
    const compiled = compileGraph(writeOnnx(graph));
    const integer = compiled.graph.nodes.find(node => node.kind === "qconv")!;
    const lowered = compileGraph(graph).graph.nodes.find(node => node.kind === "qconv")!;
    expect(integer.attrs).toEqual(lowered.attrs);
  });

  test("an integer layer is written as the real one that it approximates", () => {
    const lowered = compileGraph(convolution(4, LAYERS["3×3"]!)).graph;
    const again = readOnnx(writeOnnx(lowered));
    const given = inputOf(lowered, 7);
    const [expected] = Object.values(evaluate(lowered, given)).map(toNumbers);
    const [got] = Object.values(evaluate(again, given)).map(toNumbers);
    expected!.forEach((value, i) => {
      expect(Math.abs(value - got![i]!)).toBeLessThan(2 * 0.25 + 1e-3);
    });
  });

  test("what no kernel can hold is refused", () => {
    const graph = graphOf(b => {
      const x = b.add("quantize", [b.input("x", "f32", [1, 2000])], {
        dtype: "i8",
        scales: [0.1],
        zeroPoints: [0],
      });
      const w = b.constant(tensor("i8", [1, 2000], new Int8Array(2000).fill(127)));
      const mean = { shift: 0, fraction: 15, multipliers: [5] };
      const epilogue = { kind: "dequantize" as const, scales: [1] };
      return [b.add("qgemm", [x, w, b.constant(tensorOf("i32", [1], [0]))], { epilogue, mean })];
    });
    expect(() => compileAsIs(graph)).toThrow(/too large for a mean term/);
  });
});
