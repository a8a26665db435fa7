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
import { learnedQuantize } from "../../trainer/layers/learned-quantize.ts";
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
    { name: "int8 after a ReLU", format: "int8", range: { min: 0, max: 3 }, q: [-128, 127] },
    { name: "u7 after a ReLU", format: "u7", range: { min: 0, max: 3 }, q: [0, 127] },
    { name: "u4 after a ReLU", format: "u4", range: { min: 0, max: 3 }, q: [0, 15] },
    { name: "signed", format: "signed", range: { min: -1.7, max: 2.2 }, q: [-128, 127] },
    { name: "signed, above zero", format: "signed", range: { min: 0.5, max: 2.2 }, q: [-128, 127] },
  ] as const;
  for (const { name, format, range, q: bounds } of cases) {
    test(`${name}: values are the format's levels, the gradient stops outside`, () => {
      const { scale, zeroPoint } = activationQuantization(range, format);
      const [low, high] = bounds;
      const b = graphBuilder();
      const ops = new Arithmetic(b);
      const x = b.input("x", "f32", [40]);
      const [min, max] = [range.min, range.max].map(v => ops.constant([], [v])) as [NodeId, NodeId];
      const quantized = fakeQuantize(ops, x, { min, max }, format);
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

describe("learned ranges", () => {
  const LENGTH = 60;
  const x = Float32Array.from({ length: LENGTH }, (_, i) => -3.1 + 0.1071 * i);
  const dy = drawn([1, LENGTH]).data;
  const cases = [
    { format: "u4", low: 0, high: 1.7, q: [0, 15] },
    { format: "u7", low: 0, high: 2.1, q: [0, 127] },
    { format: "int8", low: 0, high: 1.3, q: [-128, 127] },
    { format: "signed", low: -1.3, high: 1.9, q: [-128, 127] },
  ] as const;

  /** Rounding errors at the given range; integers of values within it. */
  function roundings(low: number, high: number, [least, most]: readonly [number, number]) {
    const step = (high - low) / (most - least);
    const zero = low === 0 ? least : Math.round(least - low / step);
    const zeroError = zero - (least - low / step);
    const errors = Array.from(x, value => {
      const exact = value / step + zero;
      return exact < least || exact > most ? undefined : Math.round(exact) - exact;
    });
    return { zeroError, errors };
  }

  for (const { format, low, high, q } of cases) {
    test(`${format}: gradients are the differences with roundings held`, () => {
      const b = graphBuilder();
      const ops = new Arithmetic(b);
      const input = b.input("x", "f32", [1, LENGTH]);
      const [min, max] = [b.input("min", "f32", []), b.input("max", "f32", [])];
      const quantized = learnedQuantize(ops, input, { min, max }, format, 1);
      const loss = ops.sum(ops.mul(quantized.value, ops.constant([1, LENGTH], dy)), [0, 1]);
      const wanted = [input, min, max];
      const gradients = differentiate(
        b,
        loss,
        wanted,
        new Map([[quantized.value, quantized.gradient]]),
      );
      const outputs = gradients.map((id, i) => ({ name: `${i}`, id }));
      const scalarOf = (value: number): Tensor<"f32"> => ({
        dtype: "f32",
        shape: [],
        data: Float32Array.of(value),
      });
      const found = evaluate(b.finish("learned", outputs), {
        x: { dtype: "f32", shape: [1, LENGTH], data: x },
        min: scalarOf(low),
        max: scalarOf(high),
      });
      const { zeroError, errors } = roundings(low, high, q);
      const [least, most] = q;
      const objective = (l: number, h: number): number => {
        const step = (h - l) / (most - least);
        return x.reduce((sum, value, i) => {
          const error = errors[i];
          const end = value > low ? h : l;
          const y = error === undefined ? end - zeroError * step : value + error * step;
          return sum + dy[i]! * y;
        }, 0);
      };
      const factor = (most - least) ** 1.5 / Math.sqrt(LENGTH);
      const h = 1e-4;
      const dHigh = (objective(low, high + h) - objective(low, high - h)) / (2 * h);
      const dLow = (objective(low + h, high) - objective(low - h, high)) / (2 * h);
      expect(Number(found[2]!.data[0]) / factor).toBeCloseTo(dHigh, 3);
      if (format === "signed") expect(Number(found[1]!.data[0]) / factor).toBeCloseTo(dLow, 3);
      else expect(found[1]!.data[0]).toBe(0);
      errors.forEach((error, i) => {
        expect(found[0]!.data[i]).toBe(error === undefined ? 0 : dy[i]);
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
    const gradient = twn.forward(ops, w, { schedule: () => w, held: () => w, learned: () => w })
      .gradient!(ones);
    const { g } = evaluate(b.finish("g", [{ name: "g", id: gradient }]), {
      w: { dtype: "f32", shape: [1, 4], data },
    });
    expect([...g!.data]).toEqual([1, 1, 1, 0]);
  });
});
