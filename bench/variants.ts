/** @file How a network is compiled to be timed: weights, objective, share of zeros. */

import { type Compilation, type CompileOptions, compile } from "../compiler/index.ts";
import type { WeightChoice } from "../core/abi.ts";
import { TARGETS } from "../targets/index.ts";
import { loadKernelLibrary } from "../targets/kernel-files.ts";
import { type Net, ternaryNet } from "./nets.ts";

export interface Variant {
  readonly name: string;
  readonly weights: WeightChoice;
  /** Share of zeros that random ternary weights get, 0 to 1; absent: the network's own weights. */
  readonly zeros?: number;
  readonly options?: Partial<CompileOptions>;
}

/** 7-bit activations: the sums of nearly all layers then fit 16 bits. */
const SPEED = { optimize: "speed", activations: "u7" } as const;
const SHARES = [0.33, 0.5, 0.7, 0.9] as const;

/**
 * `ternary` is the library's kernels, `code-70` weights as code with 70 % zeros, `-relaxed` either on that tier, `loaded-70`
 * code written as the module is loaded, `lists-70` the kernels that stand in for it till then.
 */
export const VARIANTS: readonly Variant[] = [
  { name: "f32", weights: "f32" },
  { name: "int8", weights: "int8" },
  { name: "ternary", weights: "int8", zeros: 0.5 },
  { name: "ternary-relaxed", weights: "int8", zeros: 0.5, options: { simd: "relaxed" } },
  ...SHARES.map(zeros => ({
    name: `code-${100 * zeros}`,
    weights: "int8" as const,
    zeros,
    options: SPEED,
  })),
  ...SHARES.map(zeros => ({
    name: `code-${100 * zeros}-relaxed`,
    weights: "int8" as const,
    zeros,
    options: { ...SPEED, simd: "relaxed" as const },
  })),
  { name: "lists-70", weights: "int8", zeros: 0.7, options: { ...SPEED, method: "lists" } },
  { name: "loaded-70", weights: "int8", zeros: 0.7, options: { ...SPEED, specializeAtLoad: true } },
];

const kernels = loadKernelLibrary();

/** Compiles `net`; `trained` replaces its random weights. */
export function compileVariant(net: Net, variant: Variant, trained?: Net): Compilation {
  const { weights, zeros, options } = variant;
  const source = trained ?? (zeros === undefined ? net : ternaryNet(net, zeros));
  const samples = weights === "f32" ? {} : { samples: source.samples };
  return compile(source.graph, { target: TARGETS.node, kernels, weights, ...samples, ...options });
}
