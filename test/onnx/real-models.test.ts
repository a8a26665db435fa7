/** @file Real networks: read, written, read again; compared with ONNX Runtime and with recorded outputs. */

import { describe, expect, test } from "vitest";
import { hashOf } from "../../core/hash.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { readOnnx, readTensor, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, verifyGraph } from "../../model/ops/index.ts";
import { absent, readOriginal } from "../data/originals.ts";
import { diagnosticsOf } from "../errors/diagnostics.ts";
import { largestDifference, runOnnxRuntime } from "./onnx-runtime.ts";
import { wave } from "./op-graphs.ts";

const MODELS: Readonly<Record<string, { readonly nodes: number; readonly outputs: string }>> = {
  "mlperf-tiny/ad01.onnx": { nodes: 40, outputs: "f32[1,640]" },
  "mlperf-tiny/ic01_resnet8.onnx": { nodes: 46, outputs: "f32[1,10]" },
  "mlperf-tiny/kws01_dscnn.onnx": { nodes: 45, outputs: "f32[1,12]" },
  "mlperf-tiny/vww01_mobilenetv1_025.onnx": { nodes: 117, outputs: "f32[1,2]" },
  "models/alibaba-tiny/model_ic.onnx": { nodes: 209, outputs: "f32[1,10]" },
  "models/alibaba-tiny/model_kws.onnx": { nodes: 43, outputs: "f32[1,12]" },
  "models/mnist-8/model.onnx": { nodes: 19, outputs: "f32[1,10]" },
  "models/ultraface/version-slim-320_simplified.onnx": {
    nodes: 180,
    outputs: "f32[1,4420,2] f32[1,4420,4]",
  },
};

/** Fast enough for the oracle. */
const EVALUATED = Object.keys(MODELS).filter(path => !/ultraface|vww|model_ic/.test(path));

describe.skipIf(absent("mlperf-tiny"))("real models", () => {
  test.each(Object.entries(MODELS))("%s is read whole", (path, expected) => {
    const graph = readOnnx(readOriginal(path));
    verifyGraph(graph);
    expect(graph.nodes.length).toBe(expected.nodes);
    const types = graph.outputs.map(({ id }) => graph.nodes[id]!.type);
    expect(types.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(" ")).toBe(expected.outputs);
  });

  test.each(Object.keys(MODELS))("%s is the same after a round trip", path => {
    const graph = readOnnx(readOriginal(path));
    const again = readOnnx(writeOnnx(graph));
    expect(bare(again)).toEqual(bare(graph));
    expect(Buffer.from(writeOnnx(again)).equals(writeOnnx(graph))).toBe(true);
  });

  test.each(EVALUATED)("%s computes what ONNX Runtime computes", async path => {
    const original = readOriginal(path);
    const graph = readOnnx(original);
    const ports = graph.inputs.map(id => graph.nodes[id]!);
    const inputs = Object.fromEntries(
      ports.map(({ name, type }) => [name!, wave("f32", type.shape)]),
    );
    const own = evaluate(graph, inputs);
    for (const bytes of [original, writeOnnx(graph)]) {
      const theirs = await runOnnxRuntime(bytes, inputs);
      for (const { name } of graph.outputs) {
        expect(largestDifference(own[name]!, theirs[name]!)).toBeLessThan(1e-4);
      }
    }
  });

  test.each([0, 1, 2])("mnist-8 gives the recorded output of test set %i", index => {
    const folder = "models/mnist-8";
    const graph = readOnnx(readOriginal(`${folder}/model.onnx`));
    const input = readTensor(readOriginal(`${folder}/test_data_set_${index}/input_0.pb`));
    const expected = readTensor(readOriginal(`${folder}/test_data_set_${index}/output_0.pb`));
    const name = graph.nodes[graph.inputs[0]!]!.name!;
    const actual = evaluate(graph, { [name]: input })[graph.outputs[0]!.name]!;
    const largest = Math.max(...(expected.data as Float32Array).map(Math.abs));
    expect(largestDifference(actual, expected)).toBeLessThan(1e-5 * largest);
  });

  test("a custom operator is named with all its nodes", () => {
    const found = diagnosticsOf(() => readOnnx(readOriginal("models/qonnx/TFC_2W2A.onnx")));
    expect(found.map(({ code }) => code)).toEqual(["onnx/unsupported-op"]);
    expect(found[0]!.message).toContain("onnx.brevitas.Quant");
    expect(found[0]!.notes).toHaveLength(9);
  });
});

/** The nodes that outputs need, operands first and numbered anew, without names. */
function bare({ nodes, outputs, metadata }: Graph) {
  const order = new Map<NodeId, number>();
  const list: unknown[] = [];
  const visit = (id: NodeId): number => {
    const known = order.get(id);
    if (known !== undefined) return known;
    const { inputs, type, ...node } = nodes[id]!;
    const operands = inputs.map(visit);
    order.set(id, list.length);
    const facts = node.kind === "const" ? hashOf(node.attrs.tensor) : node.attrs;
    return list.push({ kind: node.kind, operands, facts, type }) - 1;
  };
  const results = outputs.map(({ name, id }) => ({ name, at: visit(id) }));
  return { list, results, metadata };
}
