import { describe, expect, test } from "vitest";
import { channelAxes, channelColumn } from "../../trainer/methods/channels.ts";
import { emitPenalty, PENALTY_RAMP, type PenaltyOptions } from "../../trainer/methods/penalties.ts";
import { thresholdsOf } from "../../trainer/methods/thresholds.ts";
import {
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

const SHAPE = [3, 2, 3, 3];
const STEP = 2 ** -10;

/** (f(x + h) − f(x − h)) / 2h for every element. */
function numeric(data: Float32Array, objective: () => number): Float64Array {
  return Float64Array.from(data, (x, i) => {
    data[i] = x + STEP;
    const [upper, above] = [data[i]!, objective()];
    data[i] = x - STEP;
    const [lower, below] = [data[i]!, objective()];
    data[i] = x;
    return (above - below) / (upper - lower);
  });
}

describe("gradients of smooth forward weights equal central differences", () => {
  const choices: readonly Choice[] = [
    { kind: "float", sphere: "project" },
    { kind: "prune", zeros: 0.4, sphere: "free" },
    { kind: "prune", zeros: 0.4 },
  ];
  for (const choice of choices) {
    test(JSON.stringify(choice), () => {
      const method = methodFor(choice);
      const weight = drawn(SHAPE, 0.8, "smooth");
      const wanted = drawn(SHAPE, 1, "direction").data;
      const values = held(method, weight, false);
      const gradient = run(method, weight, values, (ops, w, i) =>
        method.forward(ops, w, i).gradient!(ops.constant(SHAPE, wanted)),
      );
      const objective = (): number => {
        const forward = run(method, weight, values, (ops, w, i) => method.forward(ops, w, i).value);
        return dot([...forward], [...wanted]);
      };
      const differences = numeric(weight.data, objective);
      const mask = values.get("mask");
      expectClose(
        gradient,
        differences.map((d, i) => d * (mask?.[i] ?? 1)),
        5e-3,
      );
    });
  }
});

describe("soft steps", () => {
  const method = methodFor({ kind: "soft", from: 2, to: 20, end: 0.8 });
  const weight = drawn(SHAPE, 0.8, "soft");
  const wanted = drawn(SHAPE, 1, "direction").data;
  const values = held(method, weight, false);
  const forward = (progress: number): Float32Array =>
    run(method, weight, values, (ops, w, i) => method.forward(ops, w, i).value, progress);

  for (const progress of [0, 0.4, 0.79]) {
    test(`at ${progress} of the stage the gradient equals central differences`, () => {
      const gradient = run(
        method,
        weight,
        values,
        (ops, w, i) => method.forward(ops, w, i).gradient!(ops.constant(SHAPE, wanted)),
        progress,
      );
      const objective = (): number => dot([...forward(progress)], [...wanted]);
      expectClose(gradient, numeric(weight.data, objective), 1e-2);
    });
  }

  test("grow sharp, and are steps from `end` on", () => {
    const { values: trits, scales } = method.quantize!(weight.data, SHAPE, values);
    const hard = Array.from(trits, (t, i) => t * scales[Math.floor(i / 18)]!);
    const distance = (progress: number): number =>
      lengthOf([...forward(progress)].map((w, i) => w - hard[i]!));
    expect(distance(0.4)).toBeLessThan(distance(0));
    expect(distance(0.79)).toBeLessThan(distance(0.4));
    expect(distance(0.79)).toBeGreaterThan(0);
    expect(distance(0.8)).toBeCloseTo(0, 6);
  });
});

describe("two learned scales", () => {
  for (const scales of ["layer", "filter"]) {
    test(`per ${scales}: gradients as stated, and as differences`, () => {
      const method = methodFor({
        kind: "ttq",
        scales,
        threshold: { kind: "maximum", factor: 0.3 },
      });
      const weight = drawn(SHAPE, 0.8, "ttq");
      const incoming = drawn(SHAPE, 1, "incoming").data;
      const values = held(method, weight, false);
      const thresholds = values.get("threshold")!;
      const [a, b] = [values.get("positive")!, values.get("negative")!];
      const place = (i: number): number => (scales === "filter" ? Math.floor(i / 18) : 0);
      const sideOf = (i: number): number => {
        const w = weight.data[i]!;
        return Math.abs(w) > thresholds[Math.floor(i / 18)]! ? Math.sign(w) : 0;
      };
      const objective = (p: ArrayLike<number>, n: ArrayLike<number>): number =>
        incoming.reduce((sum, d, i) => {
          const side = sideOf(i);
          return sum + d * (side > 0 ? p[place(i)]! : side < 0 ? -n[place(i)]! : 0);
        }, 0);
      const learned = (name: string): Float32Array =>
        run(
          method,
          weight,
          values,
          (ops, w, i) =>
            method.forward(ops, w, i).learnedGradients!(ops.constant(SHAPE, incoming))[name]!,
        );
      const root = Math.sqrt(scales === "filter" ? 18 : 54);
      const scaled = (differences: Float64Array): Float64Array => differences.map(d => d / root);
      expectClose(learned("positive"), scaled(numeric(a, () => objective(a, b))), 2e-3);
      expectClose(learned("negative"), scaled(numeric(b, () => objective(a, b))), 2e-3);
      const gradient = run(method, weight, values, (ops, w, i) =>
        method.forward(ops, w, i).gradient!(ops.constant(SHAPE, incoming)),
      );
      const wanted = incoming.map((d, i) => {
        const side = sideOf(i);
        return d * (side > 0 ? a[place(i)]! : side < 0 ? b[place(i)]! : 1);
      });
      expectClose(gradient, wanted, 1e-5);
    });
  }
});

describe("penalties", () => {
  const weight = drawn(SHAPE, 0.8, "penalty");
  const threshold = thresholdsOf(weight.data, SHAPE, {
    kind: "sparsity",
    zeros: 0.5,
    scope: "filter",
  });
  const emit = (kind: PenaltyOptions["kind"], part: "value" | "gradient") => (): Float32Array =>
    run(
      methodFor({ kind: "float" }),
      weight,
      new Map(),
      (ops, w) => emitPenalty(ops, w, ops.constant(channelColumn(SHAPE), threshold), kind)[part],
    );

  /** The formulas, plainly. */
  const plain = (kind: PenaltyOptions["kind"]): number => {
    const perFilter = filters(weight.data, SHAPE).map((filter, c) => {
      const u = filter.map(w => w / lengthOf(filter));
      const kept = filter.map(w => Math.abs(w) > threshold[c]!);
      if (kind === "tail-energy") return u.reduce((sum, x, i) => sum + (kept[i] ? 0 : x * x), 0);
      const trits = filter.map((w, i) => (kept[i] ? Math.sign(w) : 0));
      const distance = 1 - dot(u, trits) / lengthOf(trits);
      return kind === "cosine" ? distance : distance ** 2;
    });
    return perFilter.reduce((sum, value) => sum + value, 0) / perFilter.length;
  };

  for (const kind of ["tail-energy", "cosine", "squared-cosine"] as const) {
    test(`${kind}: value as stated, gradient as its differences`, () => {
      const value = emit(kind, "value");
      expect(value()[0]).toBeCloseTo(plain(kind), 5);
      const gradient = emit(kind, "gradient")();
      expectClose(
        gradient,
        numeric(weight.data, () => plain(kind)),
        5e-3,
      );
      filters(gradient, SHAPE).forEach((g, c) => {
        expect(dot(g, filters(weight.data, SHAPE)[c]!)).toBeCloseTo(0, 5);
      });
    });
  }

  test("grow with the cube of time between a tenth and eight tenths", () => {
    expect([0, 0.1, 0.8, 1].map(PENALTY_RAMP.at)).toEqual([0, 0, 1, 1]);
    expect(PENALTY_RAMP.at(0.45)).toBeCloseTo(0.125);
  });
});

describe("gradient shapes", () => {
  const PROGRESS = 0.25;
  const shapes: readonly (Choice & { readonly floor?: number })[] = [
    { kind: "ste" },
    { kind: "bell" },
    { kind: "floor", floor: 0.2 },
    { kind: "normalized", floor: 0.2 },
    { kind: "inverse", floor: 0.2 },
  ];
  for (const shape of shapes) {
    for (const sphere of ["off", "project"]) {
      test(`${shape.kind}, sphere ${sphere}: as stated`, () => {
        const method = methodFor({ kind: "ternary", gradient: shape, sphere });
        const weight = drawn(SHAPE, 1.3, "shape");
        const incoming = drawn(SHAPE, 1, "incoming").data;
        const values = held(method, weight, false);
        const gradient = run(
          method,
          weight,
          values,
          (ops, w, i) => method.forward(ops, w, i).gradient!(ops.constant(SHAPE, incoming)),
          PROGRESS,
        );
        const factors = factorsOf(weight.data, values.get("threshold")!, shape.kind, shape.floor);
        const wanted = filters(weight.data, SHAPE).flatMap((w, c) => {
          const g = filters(incoming, SHAPE)[c]!.map((d, i) => d * factors[c]![i]!);
          if (sphere === "off") return g.map((x, i) => (Math.abs(w[i]!) <= 1 ? x : 0));
          // r = ‖w‖: what is left is the projection.
          const along = dot(w, g) / dot(w, w);
          return g.map((x, i) => x - along * w[i]!);
        });
        expectClose(gradient, wanted, 1e-4);
      });
    }
  }

  function factorsOf(
    data: Float32Array,
    thresholds: Float32Array,
    kind: string,
    floor = 0,
  ): number[][] {
    const tau = 2 * 10 ** PROGRESS;
    const bells = filters(data, SHAPE).map((w, c) => {
      const k = w.filter(x => Math.abs(x) > thresholds[c]!).length;
      return w.map(x => {
        const z = (tau * (Math.abs(x) - thresholds[c]!) * Math.sqrt(k)) / lengthOf(w);
        return 1 / Math.cosh(z / 2) ** 2;
      });
    });
    const raised = bells.map(row => row.map(s => floor + (1 - floor) * s));
    const rms = lengthOf(raised.flat()) / Math.sqrt(raised.flat().length);
    if (kind === "ste") return bells.map(row => row.map(() => 1));
    if (kind === "bell") return bells;
    if (kind === "floor") return raised;
    if (kind === "normalized") return raised.map(row => row.map(s => s / rms));
    return bells.map(row => row.map(s => 1 - (1 - floor) * s));
  }

  test("the sharpness grows geometrically", () => {
    const [schedule] = methodFor({ kind: "ternary", gradient: { kind: "bell" } }).schedules;
    expect([0, 0.5, 1].map(schedule!.at)).toEqual([2, expect.closeTo(Math.sqrt(40)), 20]);
  });

  test("channel axes leave the filters", () => {
    expect(channelAxes(SHAPE)).toEqual([1, 2, 3]);
  });
});
