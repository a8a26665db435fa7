/** @file Where values live: halos, values computed in place, and copies that do not happen. */

import { describe, expect, test } from "vitest";
import { printPlan } from "../compiler/plan/print-plan.ts";
import type { Window } from "../model/ir/attributes.ts";
import type { GraphBuilder } from "../model/ir/build.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { Random } from "./fuzz/random.ts";
import { compileAsIs, graphOf, mismatch } from "./plan/compile-and-compare.ts";
import { inputsFor } from "./plan/op-graphs.ts";

const random = new Random(21);
const SHAPE = [1, 6, 5, 4];
const IDENTITY: Window = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };

function conv(b: GraphBuilder, x: NodeId, window: Partial<Window>): NodeId {
  const attrs = { ...IDENTITY, ...window, group: 1, layout: "nhwc" } as const;
  const channels = b.typeOf(x).shape[3]!;
  const weights = b.constant(random.f32([4, channels, ...attrs.kernel]));
  return b.add("conv", [x, weights], attrs);
}

function planOf(graph: Graph) {
  const { plan } = compileAsIs(graph);
  const named = (part: string) => plan.buffers.filter(({ name }) => name.includes(part));
  const calls = (part: string) => plan.calls.filter(({ kernel }) => kernel.startsWith(part));
  return { plan, named, calls };
}

function check(graph: Graph): void {
  expect(mismatch(simd => compileAsIs(graph, { simd }), inputsFor(graph))).toBeUndefined();
}

describe("halos", () => {
  const graph = graphOf(b => {
    const x = b.add("sigmoid", [b.input("x", "f32", SHAPE)], {}, "shared");
    const small = conv(b, x, { kernel: [3, 3], pads: [1, 1, 1, 1] });
    const large = conv(b, x, { kernel: [3, 5], pads: [0, 3, 2, 1] });
    return [b.add("add", [small, conv(b, large, {})], {})];
  });

  test("are as large as the most demanding reader needs, and shared", () => {
    const { named, calls } = planOf(graph);
    expect(named("shared").map(({ bytes }) => bytes)).toEqual([(6 + 3) * (5 + 4) * 4 * 4]);
    expect(calls("x32_copy")).toEqual([]);
    check(graph);
  });

  test("of inputs and outputs are copies, since those are dense", () => {
    const pinned = graphOf(b => {
      const x = b.input("x", "f32", SHAPE);
      const y = conv(b, x, { kernel: [3, 3], pads: [1, 1, 1, 1] });
      return [y, conv(b, y, { kernel: [2, 2], pads: [1, 1, 0, 0] })];
    });
    const { named, calls } = planOf(pinned);
    expect(named("(padded)")).toHaveLength(2);
    expect(calls("x32_copy")).toHaveLength(2);
    check(pinned);
  });
});

describe("values computed in place", () => {
  test("elementwise results take their only operand's bytes", () => {
    const graph = graphOf(b => {
      const x = b.add("sigmoid", [b.input("x", "f32", SHAPE)], {});
      return [b.add("tanh", [b.add("exp", [x], {})], {})];
    });
    expect(planOf(graph).plan.buffers).toHaveLength(2);
    check(graph);
  });

  test("but not those of a value that is read again, or that is an output", () => {
    const graph = graphOf(b => {
      const x = b.add("sigmoid", [b.input("x", "f32", SHAPE)], {});
      const y = b.add("tanh", [x], {});
      const z = b.add("exp", [y], {});
      return [b.add("add", [x, z], {}), y];
    });
    check(graph);
    const twice = graphOf(b => {
      const x = b.add("sigmoid", [b.input("x", "f32", SHAPE)], {});
      return [b.add("mul", [x, x], {})];
    });
    check(twice);
  });

  test("operands of a concatenation are computed in their slices", () => {
    const graph = graphOf(b => {
      const x = b.input("x", "f32", SHAPE);
      const parts = [conv(b, x, {}), conv(b, x, { kernel: [1, 1] })];
      const joined = b.add("concat", parts, { axis: 3 });
      return [conv(b, joined, { kernel: [3, 3], pads: [1, 1, 1, 1] })];
    });
    expect(planOf(graph).calls("x32_copy")).toEqual([]);
    check(graph);
  });

  test("operands that stand twice in a concatenation, or are inputs, are copied", () => {
    const graph = graphOf(b => {
      const x = b.input("x", "f32", SHAPE);
      const y = b.add("exp", [x], {});
      return [b.add("concat", [y, x, y], { axis: 3 })];
    });
    expect(planOf(graph).calls("x32_copy")).toHaveLength(3);
    check(graph);
  });

  test("a reshape is a view, also of an input and for several readers", () => {
    const graph = graphOf(b => {
      const x = b.input("x", "f32", SHAPE);
      const flat = b.add("reshape", [x], { shape: [120] });
      const tall = b.add("reshape", [x], { shape: [60, 2] });
      const y = b.add("tanh", [flat], {});
      return [b.add("exp", [b.add("reshape", [y], { shape: [2, 60] })], {}), tall];
    });
    expect(planOf(graph).calls("x32_copy")).toEqual([]);
    check(graph);
  });

  test("a reshape of a value with a halo is a copy", () => {
    const graph = graphOf(b => {
      const x = b.add("sigmoid", [b.input("x", "f32", SHAPE)], {});
      const y = conv(b, x, { kernel: [3, 3], pads: [1, 1, 1, 1] });
      const flat = b.add("reshape", [x], { shape: [1, 120] });
      return [b.add("reshape", [y], { shape: [1, 120] }), flat];
    });
    check(graph);
  });

  test("outputs may be an input, a constant, or one value twice", () => {
    const graph = graphOf(b => {
      const x = b.input("x", "f32", [3]);
      const y = b.add("exp", [x], {});
      return [x, b.constant(random.f32([4])), y, y];
    });
    check(graph);
  });
});

test("the text form of a plan shows memory, buffers and calls", () => {
  const graph = graphOf(b => [b.add("exp", [b.input("x", "f32", [2, 3])], {})], "tiny");
  const { plan } = compileAsIs(graph);
  expect(printPlan(plan)).toBe(`plan tiny web simd128
memory 65536 bytes: static 16, arena 16 + 64 (lower bound 64)
buffer 16 24 0…0 %0 x
buffer 48 24 0…0 %1 exp
input 16 x: f32[2,3]
  0 f32_vexp__simd128(16, 48, 1, 6, 0, 0)  // %1 exp
output 48 y: f32[2,3]
`);
});

test("a node without a kernel is named, with all the others", () => {
  const graph = graphOf(b => {
    const x = b.input("x", "f32", [2, 3]);
    return [b.add("erf", [x], {}), b.add("log", [x], {})];
  });
  expect(() => compileAsIs(graph)).toThrow(/erf cannot be compiled[\s\S]*log cannot be compiled/);
});
