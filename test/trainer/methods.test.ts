import { describe, expect, test } from "vitest";
import type { Tensor } from "../../core/tensor.ts";
import { sparsityOf } from "../../core/ternary.ts";
import { METHOD_KINDS } from "../../trainer/methods/index.ts";
import { zerosAt } from "../../trainer/methods/prune.ts";
import { thresholdsOf } from "../../trainer/methods/thresholds.ts";
import {
  CHOICES,
  type Choice,
  dot,
  drawn,
  expectClose,
  filters,
  held,
  lengthOf,
  methodFor,
  run,
} from "./method-runs.ts";

const SHAPE = [4, 3, 3, 3];

test("every kind of method is tried", () => {
  const tried = new Set(CHOICES.map(({ choice }) => choice.kind));
  expect([...tried]).toEqual(METHOD_KINDS.map(kind => kind.name));
});

describe("the forward weight of the graph is the exported one", () => {
  for (const { name, choice } of CHOICES) {
    for (const normed of [true, false]) {
      test(`${name}${normed ? "" : ", without a norm"}`, () => {
        const method = methodFor(choice);
        const weight = drawn(SHAPE, 0.3, name);
        const values = held(method, weight, normed);
        const forward = run(method, weight, values, (ops, w, i) => method.forward(ops, w, i).value);
        if (method.quantize === undefined) {
          const realized = method.realize?.(weight.data, SHAPE, values) ?? weight.data;
          expectClose(forward, realized, 1e-6);
          return;
        }
        const { values: integers, scales } = method.quantize(weight.data, SHAPE, values);
        const product = Array.from(integers, (q, i) => q * scales[Math.floor(i / 27)]!);
        expectClose(forward, product, 1e-6);
        if (method.weights !== "ternary") return;
        const signs = (of: Iterable<number>) => Array.from(of, x => Math.sign(x) + 0);
        expect(signs(forward)).toEqual(signs(integers));
        expect(new Set(integers)).toEqual(new Set([-1, 0, 1]));
      });
    }
  }

  test("a weight of zeros is representable", () => {
    for (const { choice } of CHOICES) {
      const method = methodFor(choice);
      const zeros: Tensor<"f32"> = { dtype: "f32", shape: [2, 2], data: new Float32Array(4) };
      const values = held(method, zeros);
      const quantized = method.quantize?.(zeros.data, [2, 2], values);
      if (quantized) expect([...quantized.values]).toEqual([0, 0, 0, 0]);
      const forward = run(method, zeros, values, (ops, w, i) => method.forward(ops, w, i).value);
      expect([...forward].map(Math.abs)).toEqual([0, 0, 0, 0]);
    }
  });
});

describe("thresholds", () => {
  const weight = drawn([3, 40], 1, "thresholds");
  const keptOf = (data: ArrayLike<number>, threshold: number): number =>
    Array.from(data).filter(w => Math.abs(w) > threshold).length;

  test("sparsity keeps the largest, per filter and per layer", () => {
    const rows = filters(weight.data, weight.shape);
    for (const zeros of [0, 0.3, 0.5, 0.9, 1]) {
      const own = thresholdsOf(weight.data, weight.shape, {
        kind: "sparsity",
        zeros,
        scope: "filter",
      });
      const kept = Math.max(1, Math.round(40 * (1 - zeros)));
      rows.forEach((row, c) => {
        expect(keptOf(row, own[c]!)).toBe(kept);
      });
      const all = thresholdsOf(weight.data, weight.shape, {
        kind: "sparsity",
        zeros,
        scope: "layer",
      });
      expect(new Set(all).size).toBe(1);
      expect(keptOf(weight.data, all[0]!)).toBe(Math.max(1, Math.round(120 * (1 - zeros))));
    }
  });

  test("optimal makes the smallest angle of all thresholds", () => {
    const thresholds = thresholdsOf(weight.data, weight.shape, {
      kind: "optimal",
      scope: "filter",
    });
    filters(weight.data, weight.shape).forEach((row, c) => {
      const cosine = (threshold: number): number => {
        const trits = row.map(w => (Math.abs(w) > threshold ? Math.sign(w) : 0));
        return dot(row, trits) / (lengthOf(row) * lengthOf(trits) || 1);
      };
      const best = Math.max(...row.map(w => cosine(Math.abs(w) * 0.999999)));
      expect(cosine(thresholds[c]!)).toBeCloseTo(best, 12);
    });
  });

  test("optimal on a normal distribution leaves 46 % of zeros at a cosine of 0.900", () => {
    const uniform = drawn([40_000], 1, "normal").data;
    const normal = Float32Array.from({ length: 20_000 }, (_, i) => {
      const [a, b] = [(uniform[2 * i]! + 1) / 2 + 1e-9, uniform[2 * i + 1]!];
      return Math.sqrt(-2 * Math.log(a)) * Math.cos(Math.PI * b);
    });
    const [threshold] = thresholdsOf(normal, [1, 20_000], { kind: "optimal", scope: "filter" });
    const trits = Array.from(normal, w => (Math.abs(w) > threshold! ? Math.sign(w) : 0));
    expect(sparsityOf(trits)).toBeCloseTo(0.46, 1);
    expect(dot([...normal], trits) / (lengthOf([...normal]) * lengthOf(trits))).toBeCloseTo(0.9, 2);
  });

  test("twn and absmean are shares of the mean", () => {
    const [row] = filters(weight.data, weight.shape);
    const mean = row!.reduce((sum, w) => sum + Math.abs(w), 0) / 40;
    const of = (kind: "twn" | "absmean") =>
      thresholdsOf(weight.data, weight.shape, { kind, scope: "filter" })[0]!;
    expect(of("twn")).toBeCloseTo(0.7 * mean, 6);
    expect(of("absmean")).toBeCloseTo(0.5 * mean, 6);
  });

  test("maximum is a share of the largest", () => {
    const options = { kind: "maximum", factor: 0.25, scope: "layer" } as const;
    const largest = weight.data.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    expect(thresholdsOf(weight.data, weight.shape, options)[1]).toBeCloseTo(0.25 * largest, 6);
  });

  test("ties and weights already pruned are not kept", () => {
    const pruned = Float32Array.of(0.5, 0, -0.25, 0, 0, 0);
    const options = { kind: "sparsity", zeros: 0.5, scope: "filter" } as const;
    const [threshold] = thresholdsOf(pruned, [1, 6], options);
    expect(keptOf(pruned, threshold!)).toBe(2);
    const tied = Float32Array.of(1, -1, 1, 1);
    expect(keptOf(tied, thresholdsOf(tied, [1, 4], options)[0]!)).toBe(0);
    const optimal = { kind: "optimal", scope: "filter" } as const;
    expect(keptOf(tied, thresholdsOf(tied, [1, 4], optimal)[0]!)).toBe(4);
  });
});

describe("on the sphere", () => {
  const weight = drawn(SHAPE, 0.3, "sphere");
  const choices: readonly Choice[] = [
    { kind: "float", sphere: "project" },
    { kind: "float", sphere: "free" },
    { kind: "prune", sphere: "project" },
    { kind: "ternary", sphere: "project" },
  ];
  for (const choice of choices) {
    test(`${choice.kind}, ${choice.sphere}: filters have the radius`, () => {
      const method = methodFor(choice);
      for (const normed of [true, false]) {
        const values = held(method, weight, normed);
        const forward = run(method, weight, values, (ops, w, i) => method.forward(ops, w, i).value);
        filters(forward, SHAPE).forEach((filter, c) => {
          const own = lengthOf(filters(weight.data, SHAPE)[c]!);
          expect(lengthOf(filter)).toBeCloseTo(normed ? 1 : own, 5);
        });
      }
    });
  }

  test("projection puts weights onto it, without decay; free upkeep leaves both", () => {
    const projected = methodFor({ kind: "ternary", sphere: "project" });
    const values = held(projected, weight);
    const next = run(projected, weight, values, (ops, w, i) => projected.project!(ops, w, i));
    for (const filter of filters(next, SHAPE)) expect(lengthOf(filter)).toBeCloseTo(1, 6);
    expect(projected.decays).toBe(false);
    const free = methodFor({ kind: "ternary", sphere: "free" });
    expect([free.project, free.decays]).toEqual([undefined, true]);
  });

  test("a radius once held stays", () => {
    const { holding } = methodFor({ kind: "float", sphere: "free" });
    const request = {
      layer: "layer",
      weight: weight.data,
      shape: SHAPE,
      progress: 0,
      normed: false,
    };
    const before = new Map([["radius", Float32Array.of(1, 2, 3, 4)]]);
    expect(holding!.compute({ ...request, before }).get("radius")).toEqual(before.get("radius"));
  });
});

test("integers of fewer bits have fewer levels", () => {
  const data = Float32Array.of(1, -0.5, 0.25, -2.1, 0.4, 0);
  const levels = (bits: number) =>
    methodFor({ kind: "int8", bits }).quantize!(data, [2, 3], new Map());
  expect([...levels(4).values]).toEqual([7, -4, 2, -7, 1, 0]);
  expect([...levels(2).values]).toEqual([1, 0, 0, -1, 0, 0]);
  expect(levels(4).scales).toEqual([expect.closeTo(1 / 7, 6), expect.closeTo(0.3, 6)]);
  expect(() => methodFor({ kind: "int8", bits: 1 })).toThrow();
});

test("bitnet rounds w over the mean of all |w|", () => {
  const method = methodFor({ kind: "bitnet" });
  const data = Float32Array.of(1, -0.5, 0.25, -2.25, 0.4, 1.6);
  const { values, scales } = method.quantize!(data, [2, 3], new Map());
  expect([...values]).toEqual([1, 0, 0, -1, 0, 1]);
  expect(scales).toEqual([1, 1].map(() => expect.closeTo(1, 6)));
});

describe("pruning", () => {
  const options = { zeros: 0.8, initialZeros: 0.2, begin: 0.1, end: 0.6 } as const;

  test("follows the cubic schedule", () => {
    const at = (progress: number): number =>
      zerosAt({ ...options, scope: "layer", sphere: "off" }, progress);
    expect([0, 0.1, 0.6, 1].map(at)).toEqual([0.2, expect.closeTo(0.2), 0.8, 0.8]);
    expect(at(0.35)).toBeCloseTo(0.8 - 0.6 * 0.125);
  });

  test("masks the smallest, and what is masked stays zero and takes no gradient", () => {
    for (const sphere of ["off", "project"]) {
      const method = methodFor({ kind: "prune", ...options, sphere });
      const weight = drawn(SHAPE, 0.3, "prune");
      const values = held(method, weight, true, 0.35);
      const mask = values.get("mask")!;
      expect(sparsityOf(mask)).toBeCloseTo(0.725, 2);
      const sizes = (wanted: number) =>
        weight.data.filter((_, i) => mask[i] === wanted).map(Math.abs);
      expect(Math.min(...sizes(1))).toBeGreaterThan(Math.max(...sizes(0)));
      const next = run(method, weight, values, (ops, w, i) => method.project!(ops, w, i));
      const gradient = run(method, weight, values, (ops, w, i) =>
        method.forward(ops, w, i).gradient!(ops.filled(SHAPE, 1)),
      );
      mask.forEach((kept, i) => {
        expect(next[i] === 0).toBe(kept === 0);
        if (kept === 0) expect(gradient[i]).toBe(0);
      });
    }
  });
});
