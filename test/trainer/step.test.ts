import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import { sparsityOf } from "../../core/ternary.ts";
import { evaluate } from "../../model/ops/index.ts";
import { completeState, inputNames } from "../../trainer/loop/state.ts";
import { heldName, holdAll } from "../../trainer/methods/held.ts";
import { buildMethod } from "../../trainer/methods/index.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { balanceName, lambdaOf } from "../../trainer/step/penalty.ts";
import { planFloat, type StagePlan } from "../../trainer/step/plan.ts";
import { reinitialized, rewound } from "../../trainer/step/reinitialize.ts";
import {
  BALANCE_RATE,
  LABELS,
  LEARNING_RATE,
  NEXT,
  STATISTICS_RATE,
  scheduleInput,
  trainingGraph,
  WEIGHT_RATE,
} from "../../trainer/step/training-graph.ts";
import { type Choice, drawn, filters, lengthOf } from "./method-runs.ts";
import { scalarTensor, tinyNetwork } from "./networks.ts";

const BATCH = 4;
const WEIGHT = "conv2.weight";

/** One step of plain gradient descent on a small network whose body has the method `choice`. */
function step(
  choice: Choice,
  rates: { weight: number; balance?: number },
  state: Readonly<Record<string, number>> = {},
): { before: ReadonlyMap<string, Tensor<"f32">>; next: (name: string) => Float32Array } {
  const { network, parameters } = recognizeNetwork(tinyNetwork(2));
  const method = buildMethod(choice);
  const plan: StagePlan = planFloat(network, method);
  const optimizer = sgd({ momentum: 0, nesterov: false, weightDecay: 0 });
  const input = { dtype: "u8", mean: 120, scale: 0.02 } as const;
  const graph = trainingGraph({
    network,
    parameters,
    input,
    plan,
    optimizer,
    batch: BATCH,
    labelSmoothing: 0,
  });
  const tensors = new Map(parameters);
  holdAll(network, plan.methods, tensors, 1);
  for (const [name, value] of Object.entries(state)) tensors.set(name, scalarTensor(value));
  completeState(graph, tensors, new Set([network.input.name]));
  const random = new Random(3, "step");
  const pixels = new Uint8Array(BATCH * 64).map(() => random.integer(0, 255));
  const feeds: Record<string, Tensor> = {
    ...Object.fromEntries(tensors),
    [network.input.name]: { dtype: "u8", shape: [BATCH, 1, 8, 8], data: pixels },
    [LABELS]: { dtype: "f32", shape: [BATCH, 1], data: Float32Array.of(0, 1, 2, 1) },
    [LEARNING_RATE]: scalarTensor(1),
    [WEIGHT_RATE]: scalarTensor(rates.weight),
    [STATISTICS_RATE]: scalarTensor(0.1),
    [BALANCE_RATE]: scalarTensor(rates.balance ?? 0),
  };
  for (const { name, at } of method.schedules) {
    feeds[scheduleInput(plan, method, name)] = scalarTensor(at(1));
  }
  const wanted = inputNames(graph);
  const own = Object.entries(feeds).filter(([name]) => wanted.has(name));
  const results = evaluate(graph, Object.fromEntries(own));
  return { before: tensors, next: name => results[NEXT + name]!.data as Float32Array };
}

/** The change of the body's weights in one step at rate 1: minus their gradient. */
function change(choice: Choice, state: Readonly<Record<string, number>> = {}): number[] {
  const { before, next } = step(choice, { weight: 1 }, state);
  const old = before.get(WEIGHT)!.data;
  return Array.from(next(WEIGHT), (w, i) => w - old[i]!);
}

describe("penalties in the training graph", () => {
  const penalized = (strength: unknown): Choice => ({
    kind: "float",
    penalty: { kind: "tail-energy", strength },
  });
  const loss = change({ kind: "float" }).map(x => -x);
  const whole = change(penalized({ lambda: 1 })).map(x => -x);
  const penalty = whole.map((x, i) => x - loss[i]!);

  test("lambda multiplies the gradient of the penalty", () => {
    expect(lengthOf(penalty)).toBeGreaterThan(1e-3);
    const tenfold = change(penalized({ lambda: 10 })).map((x, i) => -x - loss[i]!);
    tenfold.forEach((x, i) => {
      expect(x).toBeCloseTo(10 * penalty[i]!, 4);
    });
  });

  test("the balance is the quotient of both norms, and ratio multiplies it", () => {
    const name = balanceName(WEIGHT);
    const { next } = step(penalized({ ratio: 0.5 }), { weight: 1, balance: 1 });
    const balance = next(name)[0]!;
    expect(balance).toBeCloseTo(lengthOf(loss) / lengthOf(penalty), 3);
    const scaled = change(penalized({ ratio: 0.5 }), { [name]: balance });
    const added = scaled.map((x, i) => -x - loss[i]!);
    expect(lengthOf(added) / lengthOf(loss)).toBeCloseTo(0.5, 3);
    const weight = buildMethod(penalized({ ratio: 0.5 })).penalty!;
    expect(lambdaOf(weight, balance, 1)).toBeCloseTo(lengthOf(added) / lengthOf(penalty), 2);
  });

  test("at rate 0 the balance stays", () => {
    const { next } = step(penalized({ ratio: 0.5 }), { weight: 1 }, { [balanceName(WEIGHT)]: 7 });
    expect(next(balanceName(WEIGHT))[0]).toBe(7);
  });
});

test("a weight rate of 0 freezes weights to the bit, and nothing else", () => {
  const { before, next } = step({ kind: "prune", zeros: 0.5, sphere: "project" }, { weight: 0 });
  expect(next(WEIGHT)).toEqual(before.get(WEIGHT)!.data);
  expect(next("conv2.norm.bias")).not.toEqual(before.get("conv2.norm.bias")!.data);
  const moving = step({ kind: "prune", zeros: 0.5, sphere: "project" }, { weight: 0.1 });
  expect(sparsityOf(moving.next(WEIGHT))).toBe(0.5);
  expect(moving.before.has(heldName(WEIGHT, "mask"))).toBe(true);
});

describe("reinitialisation", () => {
  const shape = [3, 2, 3, 3];
  const weight = drawn(shape, 0.5, "reinitialize").data.map(w => (Math.abs(w) < 0.2 ? 0 : w));
  const trits = Int8Array.from(weight, Math.sign);
  const run = (options: Parameters<typeof reinitialized>[3]): number[][] =>
    filters(reinitialized(weight, shape, trits, options, new Random(1)), shape);
  const old = filters(weight, shape);
  const signs = filters(trits, shape);

  test("signs: every kept weight of a filter has one size", () => {
    run({ kind: "signs" }).forEach((filter, c) => {
      const size = lengthOf(old[c]!) / lengthOf(signs[c]!);
      filter.forEach((w, i) => {
        expect(w).toBeCloseTo(size * signs[c]![i]!, 6);
      });
    });
  });

  test("blend: lies between, at the old length", () => {
    run({ kind: "blend", share: 0.3 }).forEach((filter, c) => {
      const mixed = old[c]!.map(
        (w, i) => (0.7 * w) / lengthOf(old[c]!) + (0.3 * signs[c]![i]!) / lengthOf(signs[c]!),
      );
      filter.forEach((w, i) => {
        expect(w).toBeCloseTo((mixed[i]! * lengthOf(old[c]!)) / lengthOf(mixed), 6);
      });
    });
  });

  test("rewind: the earlier weights where the present ones are not 0, at the present length", () => {
    const earlier = drawn(shape, 2, "earlier").data;
    filters(rewound(weight, shape, earlier), shape).forEach((filter, c) => {
      const own = filters(earlier, shape)[c]!;
      const masked = own.map((w, i) => (old[c]![i] === 0 ? 0 : w));
      filter.forEach((w, i) => {
        expect(w).toBeCloseTo((masked[i]! * lengthOf(old[c]!)) / lengthOf(masked), 6);
      });
    });
  });

  test("revive: zeros come back small, the others keep their proportions", () => {
    run({ kind: "revive", noise: 0.1 }).forEach((filter, c) => {
      const kept = old[c]!.flatMap((w, i) => (w === 0 ? [] : [filter[i]! / w]));
      const revived = filter.filter((_, i) => old[c]![i] === 0);
      expect(Math.max(...kept) - Math.min(...kept)).toBeLessThan(1e-6);
      expect(revived.length).toBeGreaterThan(0);
      const rms = lengthOf(old[c]!) / Math.sqrt(kept.length);
      for (const w of revived) {
        expect(w).not.toBe(0);
        expect(Math.abs(w)).toBeLessThan(0.1 * Math.sqrt(3) * rms);
      }
      expect(lengthOf(filter)).toBeCloseTo(lengthOf(old[c]!), 6);
    });
  });
});
