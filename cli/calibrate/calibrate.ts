/** @file Measures the calls of the suite and fits prices to them. */

import {
  CODE_KERNEL,
  type Costs,
  costName,
  type Prices,
  priceOf,
} from "../../compiler/costs/costs.ts";
import { splitRun } from "../../compiler/emit/split-run.ts";
import { SIMD_TIERS, type SimdTier } from "../../core/abi.ts";
import type { Timer } from "../measure/timers.ts";
import { type Fit, fitPrices, type MeasuredCall } from "./fit.ts";
import { type SuiteModule, suiteModules } from "./suite.ts";

export interface Calibration {
  readonly costs: Costs;
  /** By kernel, most expensive calls first. */
  readonly fits: readonly (readonly [string, Fit])[];
  /** |predicted − measured| / measured of whole runs of the suite's modules: median and largest. */
  readonly medianRunError: number;
  readonly largestRunError: number;
}

/** The lower quartile: other programs that run beside only ever add time. */
const TIMES = { warmMs: 60, budgetMs: 140, quantile: 0.25 };
/** Kernels with fewer calls are priced like others of their instruction set. */
const FEWEST_CALLS = 3;

/** `known`: what is kept of kernels that the suite does not call. */
export async function calibrate(
  known: Costs,
  measuredOn: string,
  timer: Timer,
  report: (module: SuiteModule) => void,
): Promise<Calibration> {
  const runs: { readonly measured: number; readonly calls: readonly MeasuredCall[] }[] = [];
  for (const module of suiteModules(await timer.tiers())) {
    report(module);
    const { wasm, calls } = splitRun(module.wasm);
    const inputs = module.plan.inputs.map(({ port }) => port);
    const times = await timer.time(wasm, calls, { ...TIMES, inputs });
    const measured = module.plan.calls.map(({ kernel, work }, i) => ({
      kernel: costName(kernel),
      work,
      ns: times.calls[i]!,
    }));
    runs.push({ measured: times.run, calls: measured });
  }
  const calls = runs.flatMap(run => run.calls);
  const others = othersOf(calls);
  const names = [...new Set(calls.map(({ kernel }) => kernel))].toSorted();
  const fits = names
    .map(name => [name, calls.filter(({ kernel }) => kernel === name)] as const)
    .filter(([, own]) => own.length >= FEWEST_CALLS)
    .map(([name, own]) => [name, fitPrices(own, priorOf(name, others))] as const);
  const fitted = Object.fromEntries(fits.map(([kernel, { prices }]) => [kernel, prices]));
  const kernels = sortedByName({ ...known.kernels, ...fitted });
  const costs = { engine: known.engine, measuredOn, kernels, others };
  return { costs, fits, ...runErrors(runs, costs) };
}

/** What is expected before anything of a kernel itself is known. */
function priorOf(kernel: string, others: Record<SimdTier, Prices>): Prices {
  if (kernel === CODE_KERNEL) return CODE_PRIOR;
  return others[SIMD_TIERS.find(tier => kernel.includes(`__${tier}`)) ?? "simd128"];
}

/** Two loads and four additions a cycle, at 3.5 GHz. */
const CODE_PRIOR: Prices = {
  ...{ call: 20, pass: 1, load: 0.14, add: 0.07, finish: 0.7, addend: 1, spill: 0.3 },
  ...{ code: 0.02, excess: 0.02 },
};

/** What a kernel costs of which nothing is known but its instruction set; most is known of simd128. */
function othersOf(calls: readonly MeasuredCall[]): Record<SimdTier, Prices> {
  const pricesOf = (tier: SimdTier, prior: Prices): Prices => {
    const own = calls.filter(({ kernel }) => kernel.includes(`__${tier}`));
    return own.length < FEWEST_CALLS ? prior : fitPrices(own, prior).prices;
  };
  const simd128 = pricesOf("simd128", {});
  const entries = SIMD_TIERS.map(tier => [
    tier,
    tier === "simd128" ? simd128 : pricesOf(tier, simd128),
  ]);
  return Object.fromEntries(entries) as Record<SimdTier, Prices>;
}

function sortedByName(kernels: Costs["kernels"]): Costs["kernels"] {
  return Object.fromEntries(Object.entries(kernels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function runErrors(
  runs: readonly { readonly measured: number; readonly calls: readonly MeasuredCall[] }[],
  costs: Costs,
) {
  const errors = runs.map(({ measured, calls }) => {
    const predicted = calls.reduce(
      (sum, { kernel, work }) => sum + priceOf(costs, kernel, work),
      0,
    );
    return Math.abs(predicted - measured) / measured;
  });
  const sorted = errors.toSorted((a, b) => a - b);
  return {
    medianRunError: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    largestRunError: sorted.at(-1) ?? 0,
  };
}
