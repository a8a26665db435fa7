import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, NodeId, OpKind } from "../../model/ir/graph.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { differentiate } from "../../trainer/autodiff/differentiate.ts";
import { GRADIENT_RULES } from "../../trainer/autodiff/rules/index.ts";
import { GRADIENT_CASES, type GradientCase, valuesFor } from "./gradient-cases.ts";

const STEP = 2 ** -7;
/** Of the largest gradient: f32 rounding over the step, and the step's own square. */
const TOLERANCE = 3e-3;

describe("gradients equal central differences", () => {
  for (const kind of Object.keys(GRADIENT_RULES) as OpKind[]) {
    test(`a case exists for ${kind}`, () => {
      expect(GRADIENT_CASES[kind]?.length ?? 0).toBeGreaterThan(0);
    });
    for (const gradientCase of GRADIENT_CASES[kind] ?? []) {
      test(`${kind}: ${gradientCase.name}`, () => check(kind, gradientCase));
      if (kind !== "conv" && kind !== "max-pool") continue;
      test(`${kind} in blocks: ${gradientCase.name}`, () => check(kind, gradientCase, 1));
    }
  }
});

test("every case belongs to a rule", () => {
  const rules = Object.keys(GRADIENT_RULES);
  expect(Object.keys(GRADIENT_CASES).filter(kind => !rules.includes(kind))).toEqual([]);
});

test("a value that the loss does not depend on has gradient zero", () => {
  const b = graphBuilder();
  const [x, y] = [b.input("x", "f32", [2]), b.input("y", "f32", [3])];
  const loss = b.add("reduce-sum", [x], { axes: [0], keepDims: false });
  const [, dy] = differentiate(b, loss, [x, y]);
  const graph = b.finish("g", [{ name: "dy", id: dy! }]);
  const result = evaluate(
    graph,
    feeds([[2], [3]], [new Float32Array(2), new Float32Array(3)], "xy"),
  );
  expect([...result.dy!.data]).toEqual([0, 0, 0]);
});

test("contributions of several readers add up", () => {
  const b = graphBuilder();
  const x = b.input("x", "f32", [2]);
  const y = b.add("add", [b.add("mul", [x, x], {}), x], {});
  const loss = b.add("reduce-sum", [y], { axes: [0], keepDims: false });
  const [dx] = differentiate(b, loss, [x]);
  const graph = b.finish("g", [{ name: "dx", id: dx! }]);
  const result = evaluate(graph, feeds([[2]], [Float32Array.of(3, -1)], "x"));
  expect([...result.dx!.data]).toEqual([7, -1]);
});

/** Compares d(Σ r·y)/dx, r random, with (f(x + h) − f(x − h)) / 2h. */
function check(kind: OpKind, gradientCase: GradientCase, block?: number): void {
  const random = new Random(1, kind, gradientCase.name);
  const values = valuesFor(gradientCase, () => random.uniform());
  const { forward, backward, weights } = graphs(gradientCase, random, block);
  const objective = (): number => weighted(run(forward, gradientCase, values)[0]!, weights);
  const analytic = run(backward, gradientCase, values);

  values.forEach((value, input) => {
    const gradient = analytic[input]!.data as Float32Array;
    expect(gradient.length).toBe(value.length);
    const numeric = Float64Array.from(value, (x, i) => {
      if (kind === "round") return weights[i]!;
      value[i] = x + STEP;
      const above = objective();
      const upper = value[i]!;
      value[i] = x - STEP;
      const below = objective();
      const width = upper - value[i]!;
      value[i] = x;
      return (above - below) / width;
    });
    const largest = Math.max(...numeric.map(Math.abs), 1e-3);
    numeric.forEach((expected, i) => {
      expect(Math.abs(gradient[i]! - expected) / largest, `input ${input}[${i}]`).toBeLessThan(
        TOLERANCE,
      );
    });
  });
}

function graphs(
  gradientCase: GradientCase,
  random: Random,
  block: number | undefined,
): { forward: Graph; backward: Graph; weights: Float32Array } {
  const b = graphBuilder();
  const inputs = gradientCase.shapes.map((shape, i) => b.input(`x${i}`, "f32", shape));
  const y = gradientCase.build(b, inputs);
  const { shape } = b.typeOf(y);
  const weights = Float32Array.from({ length: elementCount(shape) }, () => random.uniform() + 0.25);
  const product = b.add("mul", [y, b.constant({ dtype: "f32", shape, data: weights })], {});
  const axes = shape.map((_, axis) => axis);
  const loss =
    axes.length === 0 ? product : b.add("reduce-sum", [product], { axes, keepDims: false });
  const gradients: NodeId[] = differentiate(b, loss, inputs, new Map(), block);
  return {
    forward: b.finish("forward", [{ name: "out0", id: y }]),
    backward: b.finish(
      "backward",
      gradients.map((id, i) => ({ name: `out${i}`, id })),
    ),
    weights,
  };
}

function run(graph: Graph, { shapes }: GradientCase, values: readonly Float32Array[]): Tensor[] {
  const inputs = Object.fromEntries(
    shapes.map((shape, i): [string, Tensor] => [
      `x${i}`,
      { dtype: "f32", shape, data: values[i]! },
    ]),
  );
  const results = evaluate(graph, inputs);
  return graph.outputs.map(output => results[output.name]!);
}

function feeds(
  shapes: readonly number[][],
  values: readonly Float32Array[],
  names: string,
): Record<string, Tensor> {
  return Object.fromEntries(
    shapes.map((shape, i): [string, Tensor] => [
      names[i]!,
      { dtype: "f32", shape, data: values[i]! },
    ]),
  );
}

function weighted(y: Tensor, weights: Float32Array): number {
  return weights.reduce((sum, weight, i) => sum + weight * Number(y.data[i]), 0);
}
