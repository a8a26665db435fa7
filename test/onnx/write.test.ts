/** @file Written models compute what their graphs do: under ONNX Runtime, and read back. */

import { describe, expect, test } from "vitest";
import { tensorOf } from "../../core/tensor.ts";
import { listOperators, readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, graphBuilder, opSummaries, verifyGraph } from "../../model/ops/index.ts";
import { largestDifference, runOnnxRuntime } from "./onnx-runtime.ts";
import { opGraphs } from "./op-graphs.ts";

const graphs = opGraphs();

describe("every op", () => {
  test("has a graph here", () => {
    const shown = new Set(graphs.flatMap(({ graph }) => graph.nodes.map(node => node.kind)));
    const missing = opSummaries().filter(({ kind }) => !shown.has(kind));
    expect(missing.map(({ kind }) => kind)).toEqual([]);
  });

  test.each(graphs)("$title: ONNX Runtime agrees", async testCase => {
    const { graph, inputs, tolerance, optimize } = testCase;
    const own = evaluate(graph, inputs).y!;
    const theirs = await runOnnxRuntime(writeOnnx(graph), inputs, { optimize });
    expect(largestDifference(theirs.y!, own)).toBeLessThanOrEqual(tolerance);
  });

  test.each(graphs)("$title: reads back", ({ graph, inputs, tolerance }) => {
    const again = readOnnx(writeOnnx(graph));
    verifyGraph(again);
    const own = evaluate(graph, inputs).y!;
    expect(largestDifference(evaluate(again, inputs).y!, own)).toBeLessThanOrEqual(tolerance);
    // What was read is written and read without any further change.
    const once = again.nodes.map(({ kind, attrs, inputs: ids, type }) => ({
      kind,
      attrs,
      ids,
      type,
    }));
    const twice = readOnnx(writeOnnx(again)).nodes;
    expect(twice.map(({ kind, attrs, inputs: ids, type }) => ({ kind, attrs, ids, type }))).toEqual(
      once,
    );
  });
});

describe("a written model", () => {
  test("is the same bytes each time", () => {
    const again = opGraphs();
    for (const [i, { graph }] of graphs.entries()) {
      expect(Buffer.from(writeOnnx(again[i]!.graph)).equals(writeOnnx(graph))).toBe(true);
    }
  });

  test("keeps names, metadata and order of inputs and outputs", () => {
    const b = graphBuilder();
    const [x, unused] = [b.input("x", "f32", [2]), b.input("unused", "u8", [3, 4])];
    const y = b.add("neg", [x], {}, "middle");
    const z = b.add("abs", [y], {}, "last");
    const outputs = [
      { name: "z", id: z },
      { name: "again", id: z },
      { name: "as-is", id: unused },
    ];
    const graph = b.finish("named", outputs, { labels: "a,b", task: "none" });
    const again = readOnnx(writeOnnx(graph));
    expect(again.name).toBe("named");
    expect(again.metadata).toEqual({ labels: "a,b", task: "none" });
    expect(again.outputs.map(({ name }) => name)).toEqual(["z", "again", "as-is"]);
    expect(again.inputs.map(id => again.nodes[id]!.name)).toEqual(["x", "unused"]);
    expect(again.nodes.map(({ name }) => name)).toEqual(["x", "unused", "middle", "z"]);
  });

  test("gives constants and inputs as outputs", async () => {
    const b = graphBuilder();
    const x = b.input("x", "f32", [2]);
    const c = b.constant(tensorOf("f32", [1], [7]), { name: "seven" });
    const graph = b.finish("passing", [
      { name: "y", id: x },
      { name: "c", id: c },
    ]);
    const results = await runOnnxRuntime(writeOnnx(graph), { x: tensorOf("f32", [2], [1, 2]) });
    expect([...results.y!.data]).toEqual([1, 2]);
    expect([...results.c!.data]).toEqual([7]);
  });

  test("is refused where an output has the name of an input or of another output", () => {
    const b = graphBuilder();
    const y = b.add("neg", [b.input("w", "f32", [2])], {});
    const write = (...names: string[]) =>
      writeOnnx(
        b.finish(
          "clash",
          names.map(name => ({ name, id: y })),
        ),
      );
    expect(() => write("w")).toThrow("onnx/bad-graph");
    expect(() => write("y", "y")).toThrow("onnx/bad-graph");
    expect(readOnnx(write("y", "z")).outputs).toHaveLength(2);
  });

  test("uses FusedMatMul where it may, and no other way of transposing", async () => {
    const { graph, inputs } = graphs.find(({ title }) => title === "matmul transposed")!;
    const bytes = writeOnnx(graph, { extensions: ["com.microsoft"] });
    expect(listOperators(bytes)).toEqual([
      { op: "FusedMatMul", domain: "com.microsoft", count: 1 },
    ]);
    const own = evaluate(graph, inputs).y!;
    expect(largestDifference((await runOnnxRuntime(bytes, inputs)).y!, own)).toBeLessThan(1e-5);
    expect(readOnnx(bytes).nodes.map(({ kind }) => kind)).toEqual(["input", "input", "matmul"]);
    expect(listOperators(writeOnnx(graph)).map(({ op }) => op)).toEqual(["MatMul", "Transpose"]);
  });

  test("turns a chain of channel-last layers once at each end", () => {
    const { graph } = graphs.find(({ title }) => title === "conv nhwc")!;
    const transposes = listOperators(writeOnnx(graph)).find(({ op }) => op === "Transpose");
    expect(transposes?.count).toBe(2);
  });
});
