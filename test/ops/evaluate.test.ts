/** @file The evaluator of graphs. */

import { describe, expect, test } from "vitest";
import { toNumbers } from "../../core/tensor.ts";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph } from "../../model/ir/graph.ts";
import {
  evaluate,
  evaluateAll,
  evaluateNode,
  graphBuilder,
  opSummaries,
} from "../../model/ops/index.ts";
import { randomGraph, randomInputs } from "../fuzz/random-graph.ts";
import { f32, vector } from "./compute.ts";

function sumGraph(): Graph {
  const b = graphBuilder();
  const [x, y] = [b.input("x", "f32", [2]), b.input("y", "f32", [2])];
  const sum = b.add("add", [x, y], {});
  const twice = b.add("add", [sum, sum], {});
  return b.finish("g", [
    { name: "twice", id: twice },
    { name: "again", id: twice },
    { name: "x", id: x },
  ]);
}

describe("evaluate", () => {
  test("gives every output by name", () => {
    const outputs = evaluate(sumGraph(), { x: vector(1, 2), y: vector(10, 20) });
    expect(Object.keys(outputs).sort()).toEqual(["again", "twice", "x"]);
    expect(toNumbers(outputs.twice!)).toEqual([22, 44]);
    expect(outputs.again).toBe(outputs.twice);
    expect(toNumbers(outputs.x!)).toEqual([1, 2]);
  });

  test("reports every wrong input at once", () => {
    const run = (): unknown => evaluate(sumGraph(), { x: f32([3], [1, 2, 3]) });
    expect(run).toThrow(ModelError);
    expect(run).toThrow(/"x" is f32\[2\], but f32\[3\] is given/);
    expect(run).toThrow(/"y" is f32\[2\], but it is not given/);
    const { data, shape } = vector(1, 2);
    const wide = { dtype: "f64", shape, data: Float64Array.from(data) } as const;
    expect(() => evaluate(sumGraph(), { x: wide, y: wide })).toThrow(
      /^run\/wrong-dtype: input "x"/,
    );
  });

  test("is the same however often it runs", () => {
    for (let seed = 0; seed < 20; seed++) {
      const graph = randomGraph(seed);
      const inputs = randomInputs(graph, seed);
      expect(evaluate(graph, inputs)).toEqual(evaluate(graph, inputs));
    }
  });
});

test("evaluateAll visits each node once, in order, with a value of its type", () => {
  const graph = randomGraph(4);
  const seen: number[] = [];
  evaluateAll(graph, randomInputs(graph, 4), (node, value) => {
    seen.push(node.id);
    expect(value.dtype).toBe(node.type.dtype);
    expect(value.shape).toEqual(node.type.shape);
  });
  expect(seen).toEqual(graph.nodes.map(node => node.id));
});

test("evaluateNode computes one node", () => {
  const type = { dtype: "f32", shape: [2] } as const;
  const y = evaluateNode({ kind: "neg", attrs: {}, type }, [vector(1, 2)], [type]);
  expect(toNumbers(y)).toEqual([-1, -2]);
});

test("summaries are one line each, and no two alike", () => {
  const summaries = opSummaries();
  expect(summaries.length).toBeGreaterThan(60);
  expect(new Set(summaries.map(({ summary }) => summary)).size).toBe(summaries.length);
  for (const { summary } of summaries) expect(summary).toMatch(/^[^\n]{2,100}$/);
});

test("random networks: the same seed, the same graph; another seed, another", () => {
  expect(randomGraph(11)).toEqual(randomGraph(11));
  expect(randomGraph(11)).not.toEqual(randomGraph(12));
});
