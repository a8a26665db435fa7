/**
 * @file What calls cost on an engine: predicted times, linear in the work that
 * calls count (compiler/plan/work.ts).
 *
 * Files `compiler/costs/*.json` hold one engine family each, made by `tritc
 * calibrate-costs`. Predictions choose; they never change a result.
 */

import type { Engine, SimdTier } from "../../core/abi.ts";
import { SIMD_TIERS } from "../../core/abi.ts";
import type { Work } from "./work.ts";

/** Nanoseconds per unit of each quantity. */
export type Prices = Readonly<Record<string, number>>;

export interface Costs {
  readonly engine: Engine;
  /** Where the prices come from. */
  readonly measuredOn: string;
  /** By kernel; `code` is every function that is written for a layer. */
  readonly kernels: Readonly<Record<string, Prices>>;
  /** Of kernels that are not listed, by their instruction set. */
  readonly others: Readonly<Record<SimdTier, Prices>>;
}

/** What all functions that are written for layers are called in costs. */
export const CODE_KERNEL = "code";

/** The predicted time of a call of `kernel`, in nanoseconds. */
export function priceOf(costs: Costs, kernel: string, work: Work): number {
  const prices = pricesOf(costs, kernel);
  const counted = Object.entries(work).map(([name, count]) => count * (prices[name] ?? 0));
  return counted.reduce((sum, ns) => sum + ns, prices.call ?? 0);
}

/** The name under which costs list `kernel`. */
export function costName(kernel: string): string {
  return kernel.startsWith(`${CODE_KERNEL}:`) ? CODE_KERNEL : kernel;
}

function pricesOf({ kernels, others }: Costs, kernel: string): Prices {
  return kernels[costName(kernel)] ?? others[isaOf(kernel)];
}

/** The end of a kernel's name says its instruction set. */
function isaOf(kernel: string): SimdTier {
  const isa = kernel.slice(kernel.lastIndexOf("__") + 2);
  return SIMD_TIERS.find(tier => isa.startsWith(tier)) ?? "simd128";
}
