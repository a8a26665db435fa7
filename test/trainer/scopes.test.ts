/** @file Zeros counted over all layers, and shares for layers by name. */

import { describe, expect, test } from "vitest";
import type { Tensor } from "../../core/tensor.ts";
import { sparsityOf } from "../../core/ternary.ts";
import { heldValues, holdAll } from "../../trainer/methods/held.ts";
import { buildMethod } from "../../trainer/methods/index.ts";
import { int8 } from "../../trainer/methods/int8.ts";
import { linearSteps, type Network, parameterNames } from "../../trainer/network/network.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { realizedWeights } from "../../trainer/quantize/realized-weights.ts";
import { checkNames } from "../../trainer/step/check-names.ts";
import { planFloat, planQuantized, type StagePlan } from "../../trainer/step/plan.ts";
import type { Choice } from "./method-runs.ts";
import { mixedNetwork } from "./networks.ts";

const { network, parameters } = recognizeNetwork(mixedNetwork(4));
/** Between the first and the last layer, but for the depthwise one. */
const BODY = ["a", "b", "shortcut", "hidden"];

function ternaryPlan(choice: Choice): StagePlan {
  const methods = { body: buildMethod(choice), first: int8, last: int8, depthwise: int8 };
  return planQuantized(network, methods, "int8");
}

/** The trits of every body layer, after the host has held what all have in common. */
function trits(choice: Choice): ReadonlyMap<string, ArrayLike<number> & Iterable<number>> {
  const plan = ternaryPlan(choice);
  const tensors = new Map(parameters);
  holdAll(network, plan.methods, tensors, 1);
  return new Map(
    bodySteps(network).map(step => {
      const method = plan.methods.get(step.name)!;
      const { data, shape } = tensors.get(parameterNames(step).weight)!;
      const held = heldValues(step, method, tensors);
      return [step.name, method.quantize!(data, shape, held).values];
    }),
  );
}

const bodySteps = (net: Network) => linearSteps(net).filter(step => BODY.includes(step.name));
const sparsities = (of: ReadonlyMap<string, Iterable<number> & ArrayLike<number>>) =>
  [...of.values()].map(values => sparsityOf(values));

describe("over all layers", () => {
  const zeros = 0.7;
  const choice = (scope: string): Choice => ({
    kind: "ternary",
    threshold: { kind: "sparsity", zeros, scope },
  });

  test("the share is that of all weights together, and layers differ", () => {
    const found = trits(choice("global"));
    const all = [...found.values()].flatMap(values => [...values]);
    expect(sparsityOf(all)).toBeCloseTo(zeros, 2);
    const own = sparsities(found);
    expect(Math.max(...own) - Math.min(...own)).toBeGreaterThan(0.05);
    const perLayer = sparsities(trits(choice("layer")));
    expect(Math.max(...perLayer) - Math.min(...perLayer)).toBeLessThan(0.05);
  });

  test("what is kept is the largest in shares of its filter's norm", () => {
    const shares: { kept: boolean; size: number }[] = [];
    const found = trits(choice("global"));
    for (const step of bodySteps(network)) {
      const { data, shape } = parameters.get(parameterNames(step).weight)!;
      const depth = data.length / shape[0]!;
      const norm = (c: number): number => Math.hypot(...data.subarray(c * depth, (c + 1) * depth));
      data.forEach((w, i) => {
        const size = Math.abs(w) / norm(Math.floor(i / depth));
        shares.push({ kept: found.get(step.name)![i] !== 0, size });
      });
    }
    const least = Math.min(...shares.filter(({ kept }) => kept).map(({ size }) => size));
    const most = Math.max(...shares.filter(({ kept }) => !kept).map(({ size }) => size));
    expect(least).toBeGreaterThan(most * (1 - 1e-5));
  });

  test("every filter keeps a weight", () => {
    const found = trits({
      kind: "ternary",
      threshold: { kind: "sparsity", zeros: 0.999, scope: "global" },
    });
    for (const step of bodySteps(network)) {
      const values = [...found.get(step.name)!];
      const depth = values.length / step.shape[0]!;
      for (let from = 0; from < values.length; from += depth) {
        expect(values.slice(from, from + depth).some(value => value !== 0)).toBe(true);
      }
    }
  });

  test("pruning follows its schedule over all layers", () => {
    const method = buildMethod({ kind: "prune", zeros, scope: "global" } as Choice);
    const plan = planFloat(network, method);
    for (const [progress, wanted] of [
      [0.25, zeros * (1 - (1 - 1 / 3) ** 3)],
      [1, zeros],
    ] as const) {
      const tensors = new Map<string, Tensor<"f32">>(parameters);
      holdAll(network, plan.methods, tensors, progress);
      const realized = realizedWeights(network, tensors, plan);
      const all = bodySteps(network).flatMap(step => [
        ...realized.get(parameterNames(step).weight)!.data,
      ]);
      const depthwise = realized.get("depthwise.weight")!.data;
      expect(sparsityOf(depthwise)).toBe(0);
      expect(sparsityOf(all)).toBeCloseTo(wanted, 2);
    }
  });
});

describe("by name of the layer", () => {
  const threshold = (zeros: Record<string, number>, scope = "layer") => ({
    kind: "sparsity",
    zeros,
    scope,
  });

  test("layers get their own share, the others that of *", () => {
    const zeros = { a: 0.9, hidden: 0.2, "*": 0.5 };
    const found = trits({ kind: "ternary", threshold: threshold(zeros) });
    expect(sparsityOf(found.get("a")!)).toBeCloseTo(0.9, 1);
    expect(sparsityOf(found.get("hidden")!)).toBeCloseTo(0.2, 1);
    expect(sparsityOf(found.get("b")!)).toBeCloseTo(0.5, 1);
  });

  test("names that are no such layers, and layers without a share, are told at once", () => {
    const messages = (zeros: Record<string, number>, scope?: string) =>
      ["ternary", "ttq", "soft"].map(kind =>
        checkNames(ternaryPlan({ kind, threshold: threshold(zeros, scope) }), "here").map(
          d => d.message,
        ),
      );
    const wanted = [
      "zeros for layers that there are not: conv1, nothing",
      "no zeros for the layers b, shortcut, hidden",
    ];
    expect(messages({ a: 0.5, conv1: 0.5, nothing: 0.5 })).toEqual([wanted, wanted, wanted]);
    expect(messages({ "*": 0.5, a: 0.3 })).toEqual([[], [], []]);
    const single = ["zeros over all layers have one share, not one for each layer"];
    expect(messages({ "*": 0.5 }, "global")).toEqual([single, single, single]);
    const plan = planFloat(network, buildMethod({ kind: "prune", zeros: { a: 1 } } as Choice));
    expect(checkNames(plan, "here")).toHaveLength(1);
  });
});
