import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../../trainer/autodiff/arithmetic.ts";
import { differentiate } from "../../trainer/autodiff/differentiate.ts";
import { batchNorm } from "../../trainer/layers/batch-norm.ts";
import { fakeQuantize } from "../../trainer/layers/fake-quantize.ts";
import { twn } from "../../trainer/methods/twn.ts";
import { activationQuantization } from "../../trainer/quantize/activation.ts";

const random = new Random(7, "layers");
const drawn = (shape: Shape, from = -1, to = 1): Tensor<"f32"> => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(
    { length: elementCount(shape) },
    () => from + (to - from) * random.uniform(),
  ),
});

describe("batch normalisation in training", () => {
  for (const shape of [
    [4, 3, 2, 3],
    [5, 3],
  ]) {
    test(`its own gradient equals the derived one, [${shape}]`, () => {
      const b = graphBuilder();
      const ops = new Arithmetic(b);
      const [x, scale, bias] = [
        b.input("x", "f32", shape),
        b.input("s", "f32", [3]),
        b.input("b", "f32", [3]),
      ];
      const norm = batchNorm(ops, x, scale, bias, 1e-3);
      const weights = b.constant(drawn(shape));
      const axes = shape.map((_, axis) => axis);
      const loss = ops.sum(ops.mul(norm.value, weights), axes);
      const wanted = [x, scale, bias];
      const own = differentiate(b, loss, wanted, new Map([[norm.value, norm.gradient]]));
      const derived = differentiate(b, loss, wanted);
      const outputs = [...own, ...derived].map((id, i) => ({ name: `${i}`, id }));
      const values = evaluate(b.finish("bn", outputs), {
        x: drawn(shape),
        s: drawn([3], 0.5, 2),
        b: drawn([3]),
      });
      for (let i = 0; i < 3; i++) {
        values[i]!.data.forEach((value, k) => {
          expect(Number(value)).toBeCloseTo(Number(values[i + 3]!.data[k]), 4);
        });
      }
    });
  }
});

describe("fake quantisation", () => {
  const cases = [
    { name: "int8 after a ReLU", nonNegative: true, format: "int8", range: { min: 0, max: 3 } },
    { name: "u7 after a ReLU", nonNegative: true, format: "u7", range: { min: 0, max: 3 } },
    { name: "signed", nonNegative: false, format: "int8", range: { min: -1.7, max: 2.2 } },
    {
      name: "signed, all above zero",
      nonNegative: false,
      format: "int8",
      range: { min: 0.5, max: 2.2 },
    },
  ] as const;
  for (const { name, nonNegative, format, range } of cases) {
    test(`${name}: values are the format's levels, the gradient stops outside`, () => {
      const { scale, zeroPoint } = activationQuantization(range, nonNegative, format);
      const [low, high] = nonNegative && format === "u7" ? [0, 127] : [-128, 127];
      const b = graphBuilder();
      const ops = new Arithmetic(b);
      const x = b.input("x", "f32", [40]);
      const [min, max] = [range.min, range.max].map(v => ops.constant([], [v])) as [NodeId, NodeId];
      const quantized = fakeQuantize(ops, x, { min, max }, nonNegative, format);
      const loss = ops.sum(quantized.value, [0]);
      const [dx] = differentiate(b, loss, [x], new Map([[quantized.value, quantized.gradient]]));
      const graph = b.finish("fq", [
        { name: "y", id: quantized.value },
        { name: "dx", id: dx! },
      ]);
      const input = {
        dtype: "f32",
        shape: [40],
        data: Float32Array.from({ length: 40 }, (_, i) => -4.03 + 0.2137 * i),
      } as const;
      const { y, dx: gradient } = evaluate(graph, { x: input });
      input.data.forEach((value, i) => {
        const exact = value / scale + zeroPoint;
        const q = Math.min(Math.max(Math.round(exact), low), high);
        expect(Number(y!.data[i])).toBeCloseTo((q - zeroPoint) * scale, 4);
        if (Math.abs(exact - low) > 1e-3 && Math.abs(exact - high) > 1e-3) {
          expect(gradient!.data[i]).toBe(exact > low && exact < high ? 1 : 0);
        }
      });
    });
  }
});

describe("weight methods", () => {
  test("twn keeps what exceeds 0.7 of the mean, and cuts gradients beyond 1", () => {
    const data = Float32Array.of(0.5, -0.2, 0.05, -2);
    expect(twn.quantize!(data, [1, 4], new Map())).toEqual({
      values: Int8Array.of(1, 0, 0, -1),
      scales: [1.25],
    });
    const b = graphBuilder();
    const ops = new Arithmetic(b);
    const w = b.input("w", "f32", [1, 4]);
    const ones = ops.filled([1, 4], 1);
    const gradient = twn.forward(ops, w, { schedule: () => w, held: () => w }).gradient!(ones);
    const { g } = evaluate(b.finish("g", [{ name: "g", id: gradient }]), {
      w: { dtype: "f32", shape: [1, 4], data },
    });
    expect([...g!.data]).toEqual([1, 1, 1, 0]);
  });
});
