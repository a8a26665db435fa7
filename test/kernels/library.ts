/** @file The built kernel libraries, ready to be called on a scene. */

import { readFileSync } from "node:fs";
import type { SimdTier } from "../../core/abi.ts";
import { buildKernels, kernelLibrary } from "../../scripts/build-kernels.ts";
import { MEMORY_BYTES } from "./scene.ts";

export type KernelFunction = (...args: number[]) => void;

/** Calls `name` with `args` on the bytes of `memory`, in place. */
export type Call = (memory: Uint8Array, name: string, args: readonly number[]) => void;

/** Instantiates all tiers, built if need be. */
export async function openLibraries(): Promise<Record<SimdTier, Call>> {
  await buildKernels();
  return { scalar: open("scalar"), simd128: open("simd128"), relaxed: open("relaxed") };
}

function open(tier: SimdTier): Call {
  const module = new WebAssembly.Module(readFileSync(kernelLibrary(tier)));
  const { exports } = new WebAssembly.Instance(module);
  const memory = exports.memory as WebAssembly.Memory;
  const missing = MEMORY_BYTES - memory.buffer.byteLength;
  memory.grow(missing / 65536);
  const bytes = new Uint8Array(memory.buffer);
  return (scene, name, args) => {
    bytes.set(scene);
    (exports[name] as KernelFunction)(...args);
    scene.set(bytes);
  };
}
