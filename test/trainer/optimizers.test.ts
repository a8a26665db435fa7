import { describe, expect, test } from "vitest";
import type { Tensor } from "../../core/tensor.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../../trainer/autodiff/arithmetic.ts";
import { adam } from "../../trainer/optimizers/adam.ts";
import type { Optimizer } from "../../trainer/optimizers/optimizer.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { rateAt } from "../../trainer/schedules/schedule.ts";

const WEIGHTS = [0.5, -1.25, 2];
/** Gradients of three steps in a row. */
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.05, 0.2],
  [0.25, 0.25, -0.5],
];
const RATE = 0.1;

/** The weight after each of the three steps, by the graph. */
function trajectory(optimizer: Optimizer, decayed: boolean): number[][] {
  const b = graphBuilder();
  const ops = new Arithmetic(b);
  const shape = [WEIGHTS.length];
  const [w, g] = [b.input("w", "f32", shape), b.input("g", "f32", shape)];
  const slots = optimizer.slots.map(slot => b.input(slot, "f32", shape));
  const learningRate = b.input("rate", "f32", []);
  const scalar = (name: string) => b.input(name, "f32", []);
  const next = optimizer.update({
    ops,
    parameter: w,
    gradient: g,
    slots,
    learningRate,
    decayed,
    scalar,
  });
  const graph = b.finish("update", [
    { name: "w'", id: next.parameter },
    ...optimizer.slots.map((slot, i) => ({ name: `${slot}'`, id: next.slots[i]! })),
  ]);
  const vector = (values: Iterable<number>): Tensor => ({
    dtype: "f32",
    shape,
    data: Float32Array.from(values),
  });
  const number = (value: number): Tensor => ({
    dtype: "f32",
    shape: [],
    data: Float32Array.of(value),
  });
  let state: Record<string, Tensor> = {
    w: vector(WEIGHTS),
    ...Object.fromEntries(optimizer.slots.map(slot => [slot, vector([0, 0, 0])])),
  };
  return GRADIENTS.map((gradient, i) => {
    const scalars = Object.entries(optimizer.scalars(i + 1)).map(([name, v]) => [name, number(v)]);
    const inputs = {
      ...state,
      g: vector(gradient),
      rate: number(RATE),
      ...Object.fromEntries(scalars),
    };
    const results = evaluate(graph, inputs);
    state = Object.fromEntries(Object.entries(results).map(([name, t]) => [name.slice(0, -1), t]));
    return [...(state.w!.data as Float32Array)];
  });
}

/** The same by hand, in f64: `next` updates one weight, given its gradient and memory. */
function byHand(next: (w: number, g: number, memory: number[], t: number) => number): number[][] {
  const weights = [...WEIGHTS];
  const memories = weights.map(() => [0, 0]);
  return GRADIENTS.map((gradient, step) => {
    gradient.forEach((g, i) => {
      weights[i] = next(weights[i]!, g, memories[i]!, step + 1);
    });
    return [...weights];
  });
}

function expectClose(actual: number[][], expected: number[][]): void {
  actual.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i]!, 5);
  });
}

describe("updates equal their formulas over three steps", () => {
  test("plain gradient descent", () => {
    const plain = sgd({ momentum: 0, nesterov: false, weightDecay: 0 });
    expect(plain.slots).toEqual([]);
    expectClose(
      trajectory(plain, true),
      byHand((w, g) => w - RATE * g),
    );
  });

  test("momentum and weight decay", () => {
    const actual = trajectory(sgd({ momentum: 0.9, nesterov: false, weightDecay: 0.01 }), true);
    const expected = byHand((w, g, memory) => {
      memory[0] = 0.9 * memory[0]! + g + 0.01 * w;
      return w - RATE * memory[0];
    });
    expectClose(actual, expected);
  });

  test("Nesterov, and no decay where none applies", () => {
    const actual = trajectory(sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 }), false);
    const expected = byHand((w, g, memory) => {
      memory[0] = 0.9 * memory[0]! + g;
      return w - RATE * (g + 0.9 * memory[0]);
    });
    expectClose(actual, expected);
  });

  for (const decoupled of [false, true]) {
    test(decoupled ? "AdamW" : "Adam", () => {
      const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.05, decoupled };
      const expected = byHand((w, gradient, memory, t) => {
        const g = decoupled ? gradient : gradient + 0.05 * w;
        memory[0] = 0.9 * memory[0]! + 0.1 * g;
        memory[1] = 0.99 * memory[1]! + 0.01 * g * g;
        const mean = memory[0] / (1 - 0.9 ** t);
        const variance = memory[1] / (1 - 0.99 ** t);
        return w - RATE * (mean / (Math.sqrt(variance) + 1e-8) + (decoupled ? 0.05 * w : 0));
      });
      expectClose(trajectory(adam(options), true), expected);
    });
  }
});

describe("schedules", () => {
  test("constant", () => {
    expect(rateAt({ kind: "constant", rate: 0.3 }, 0.7)).toBe(0.3);
  });

  test("cosine rises linearly, then falls to its floor", () => {
    const schedule = { kind: "cosine", rate: 1, warmup: 0.2, floor: 0.1 } as const;
    expect(rateAt(schedule, 0.1)).toBeCloseTo(0.5);
    expect(rateAt(schedule, 0.2)).toBeCloseTo(1);
    expect(rateAt(schedule, 0.6)).toBeCloseTo(0.55);
    expect(rateAt(schedule, 1)).toBeCloseTo(0.1);
  });

  test("one-cycle peaks where its rise ends", () => {
    const schedule = { kind: "one-cycle", rate: 1, rise: 0.25, startDivisor: 20 } as const;
    expect(rateAt(schedule, 0)).toBeCloseTo(0.05);
    expect(rateAt(schedule, 0.25)).toBeCloseTo(1);
    expect(rateAt(schedule, 1)).toBeLessThan(0.001);
  });

  test("step multiplies at each of its places", () => {
    const schedule = { kind: "step", rate: 1, at: [0.5, 0.75], factor: 0.1 } as const;
    expect([0.4, 0.5, 0.8].map(p => rateAt(schedule, p))).toEqual([1, 0.1, 0.1 * 0.1]);
  });
});
