/** @file Verification: the graph is made again from model and manifest, and modules are compared with it. */

import { describe, expect, test } from "vitest";
import { rebuild, verifyModule } from "../../compiler/index.ts";
import { printGraph } from "../../model/ir/print.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { TARGETS } from "../../targets/node.ts";
import { randomGraph, randomInputs } from "../fuzz/random-graph.ts";
import { compileGraph } from "../plan/compile-and-compare.ts";

const original = randomGraph(77, { layers: 5, head: true });
const model = writeOnnx(original);
const inputs = [1, 2, 3, 4].map(seed => randomInputs(original, seed));
const samples = inputs.slice(0, 2);

describe.each(["f32", "int8", "ternary"] as const)("a module with %s weights", weights => {
  const quantized = weights === "f32" ? {} : { samples };
  const compilation = compileGraph(model, { weights, ...quantized });
  const { wasm, manifest } = compilation;

  test("is identical to the graph made again from its model", () => {
    const graph = rebuild(model, manifest);
    expect(printGraph(graph)).toBe(printGraph(compilation.graph));
    expect(verifyModule(graph, wasm, manifest, inputs)).toEqual({ samples: 4, identical: true });
  });

  test("is told from one with another weight", () => {
    const weightBlocks = compilation.plan.statics.filter(({ role }) => role === "weights");
    const broken = wasm.slice();
    broken[
      placeOf(
        weightBlocks.map(({ data }) => data),
        wasm,
      )
    ]! ^= 0x55;
    const verdict = verifyModule(compilation.graph, broken, manifest, inputs);
    expect(verdict.identical).toBe(false);
    expect(verdict.firstDifference).toMatchObject({ output: "y", sample: verdict.samples - 1 });
  });
});

test("a WASI command is verified as any other module", () => {
  const { graph, wasm, manifest } = compileGraph(model, { target: TARGETS.wasi });
  expect(verifyModule(graph, wasm, manifest, inputs).identical).toBe(true);
});

test("another model's file is refused", () => {
  const { manifest } = compileGraph(model);
  expect(() => rebuild(writeOnnx(randomGraph(78)), manifest)).toThrow(/run\/not-tritc/);
});

const NEIGHBOURS = 8;

/** Where a byte stands in the module that holds weights: padding is the commonest byte of its block. */
function placeOf(blocks: readonly Uint8Array[], wasm: Uint8Array): number {
  for (const data of blocks) {
    const padding = commonest(data);
    for (let start = 0; start + NEIGHBOURS <= data.length; start++) {
      if (data[start] === padding) continue;
      const at = Buffer.from(wasm).indexOf(data.subarray(start, start + NEIGHBOURS));
      if (at >= 0) return at;
    }
  }
  throw new Error("no weights are in the module");
}

function commonest(data: Uint8Array): number {
  const counts = new Map<number, number>();
  for (const byte of data) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]![0];
}
