/** @file Compiles graphs in both tiers and compares the modules with the oracle, bit for bit. */

import {
  type BackendOptions,
  type Compilation,
  type CompileOptions,
  compile,
  compileLowered,
} from "../../compiler/index.ts";
import { EXPORTS, SIMD_TIERS, type SimdTier } from "../../core/abi.ts";
import { bytesOf, type Tensor } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { buildKernels } from "../../scripts/build-kernels.ts";
import { loadKernelLibrary, TARGETS } from "../../targets/node.ts";

await buildKernels();

export const TIERS: readonly SimdTier[] = SIMD_TIERS;
export const kernels = loadKernelLibrary();

export type Inputs = Readonly<Record<string, Tensor>>;

export function compileGraph(
  model: Graph | Uint8Array,
  options: Partial<CompileOptions> = {},
): Compilation {
  return compile(model, { target: TARGETS.web, kernels, ...options });
}

/** Compiles `graph` as it stands, without passes. */
export function compileAsIs(graph: Graph, options: Partial<BackendOptions> = {}): Compilation {
  const origin = { modelDigest: "0", weights: "auto" } as const;
  const backend = { target: TARGETS.web, kernels, ...options };
  return compileLowered({ graph, diagnostics: [] }, origin, backend);
}

/** A graph from its outputs. */
export function graphOf(build: (b: GraphBuilder) => readonly NodeId[], name = "test"): Graph {
  const b = graphBuilder();
  const ids = build(b);
  return b.finish(
    name,
    ids.map((id, i) => ({ name: i === 0 ? "y" : `y${i}`, id })),
  );
}

/**
 * What is wrong with what `compiled` makes of `inputs`; `undefined` if all
 * tiers give the oracle's bits. The arena holds garbage before the run, so
 * that bytes which are read before they are written show.
 */
export function mismatch(
  compiled: (simd: SimdTier) => Compilation,
  inputs: Inputs,
  tiers = TIERS,
): string | undefined {
  for (const simd of tiers) {
    const compilation = compiled(simd);
    const expected = evaluate(compilation.graph, inputs);
    for (const garbage of [0xa5, 0xff]) {
      const got = runModule(compilation, inputs, garbage);
      for (const [name, value] of Object.entries(expected)) {
        const fault = firstDifference(value, got[name]!);
        if (fault !== undefined) return `${simd}: ${name}${fault}`;
      }
    }
  }
  return undefined;
}

/** The outputs' bytes after a run over an arena full of `garbage`. */
export function runModule(
  { wasm, manifest }: Compilation,
  inputs: Inputs,
  garbage = 0,
): Readonly<Record<string, Uint8Array>> {
  const module = new WebAssembly.Module(wasm as BufferSource);
  const { exports } = new WebAssembly.Instance(module, {});
  const memory = new Uint8Array((exports[EXPORTS.memory] as WebAssembly.Memory).buffer);
  memory.fill(garbage, manifest.memory.arenaOffset);
  const address = (name: string, index: number) =>
    (exports[name] as (index: number) => number)(index);
  for (const [index, { name }] of manifest.inputs.entries()) {
    memory.set(bytesOf(inputs[name]!), address(EXPORTS.input, index));
  }
  (exports[EXPORTS.run] as () => number)();
  const outputs = manifest.outputs.map(({ name, shape, dtype }, index) => {
    const start = address(EXPORTS.output, index);
    const count = shape.reduce((product, dim) => product * dim, 1);
    return [name, memory.slice(start, start + count * (dtype === "f32" ? 4 : 1))] as const;
  });
  return Object.fromEntries(outputs);
}

function firstDifference(expected: Tensor, got: Uint8Array): string | undefined {
  const bytes = bytesOf(expected);
  if (bytes.length !== got.length) return `: ${bytes.length} bytes expected, got ${got.length}`;
  const size = bytes.length / expected.data.length;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === got[i]) continue;
    const index = Math.floor(i / size);
    if (Number.isNaN(Number(expected.data[index]))) continue;
    const raw = got.slice(index * size, (index + 1) * size);
    const value = size === 4 ? new Float32Array(raw.buffer)[0] : raw[0];
    return `[${index}]: expected ${expected.data[index]}, got ${value}`;
  }
  return undefined;
}
