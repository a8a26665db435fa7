/**
 * @file Divides the calls of a plan over threads: steps, each of which begins
 * when all threads have ended the one before.
 *
 * Calls whose bytes are apart are of one level (levels.ts); a level becomes a
 * step in which all threads work, or calls of the first thread where waiting
 * would cost more (steps.ts). A checker that knows none of this proves it.
 *
 * Each thread has scratch memory of its own; the first takes that of the plan,
 * where a level's other bundles leave it alone.
 */

import { InternalError } from "../../../model/diagnostics/diagnostic.ts";
import type { Costs } from "../../costs/costs.ts";
import { alignUp, OVERREAD_BYTES, PAGE_BYTES, type Plan, type ThreadCall } from "../plan.ts";
import { printPlan } from "../print-plan.ts";
import type { KernelRow } from "../select.ts";
import { type Bundle, bundlesOf, withScratch } from "./bundles.ts";
import { checkSteps, type StepClaims } from "./check-steps.ts";
import { levelsOf } from "./levels.ts";
import { divide, type Step } from "./steps.ts";

/** Bytes that processors exchange at once: what threads write lies so far apart. */
export const LINE_BYTES = 64;
/** Lines of memory in which threads wait for each other. */
const SYNC_LINES = 4;

export interface ThreadRequest {
  readonly count: number;
  readonly costs: Costs;
  readonly table: readonly KernelRow[];
}

/** `plan` for `count` threads; one thread may still run its calls, one after the other. */
export function planThreads(plan: Plan, { count, costs, table }: ThreadRequest): Plan {
  const families = new Map(table.map(({ name, family }) => [name, family]));
  const familyOf = (kernel: string): string => families.get(kernel) ?? "";
  const bundles = bundlesOf(plan.calls, plan.code);
  const divided = (levels: readonly number[], first: number): Plan => {
    const scratch = placeScratch(plan, bundles, { first, count });
    const syncOffset = alignUp(scratch.end, LINE_BYTES);
    const end = syncOffset + SYNC_LINES * LINE_BYTES;
    const { steps, serialNs, predictedNs } = divide(bundles, levels, { costs, count, familyOf });
    const calls = steps.map(step => callsOf(step, scratch.buffers));
    return {
      ...plan,
      buffers: [...plan.buffers, ...scratch.buffers.values()],
      memory: { ...plan.memory, scratchOffset: end, totalBytes: alignUp(end, PAGE_BYTES) },
      threads: { count, steps: calls, syncOffset, serialNs, predictedNs },
    };
  };
  const levels = levelsOf(bundles, plan.memory);
  const sparing = divided(levels, 1);
  if (checkSteps(stepClaimsOf(sparing)).length === 0) return sparing;
  // The plan puts scratch memory where values are that one thread needs before or after.
  const apart = divided(levels, 0);
  const faults = checkSteps(stepClaimsOf(apart));
  if (faults.length === 0) return apart;
  throw new InternalError(`threads disturb each other: ${faults.join("; ")}`, printPlan(apart));
}

/** What a plan claims about its threads, for the checker. */
export function stepClaimsOf({ memory, calls, threads }: Plan): StepClaims {
  const { arenaOffset, totalBytes } = memory;
  const { count, steps } = threads!;
  const own = new Set(Array.from({ length: count }, (_, thread) => scratchName(thread)));
  return { arenaOffset, totalBytes, calls, own, steps };
}

function scratchName(thread: number): string {
  return `thread ${thread} (scratch)`;
}

/** Scratch memory for the threads from `first` on; those before use that of the plan. */
function placeScratch(
  { memory, calls }: Plan,
  bundles: readonly Bundle[],
  { first, count }: { readonly first: number; readonly count: number },
) {
  const sizes = bundles.map(({ scratch }) => scratch?.bytes ?? 0);
  const bytes = sizes.reduce((most, size) => Math.max(most, size), 0);
  const start = alignUp(memory.arenaOffset + memory.arenaBytes + OVERREAD_BYTES, LINE_BYTES);
  const step = alignUp(bytes, LINE_BYTES);
  const life = { firstUse: 0, lastUse: Math.max(0, calls.length - 1) };
  const threads = Array.from({ length: bytes === 0 ? 0 : count - first }, (_, i) => first + i);
  const buffers = new Map(
    threads.map((thread, i) => [
      thread,
      { name: scratchName(thread), offset: start + i * step, bytes, ...life },
    ]),
  );
  return { buffers, end: start + buffers.size * step };
}

type Scratch = ReturnType<typeof placeScratch>["buffers"];

function callsOf(step: Step, scratch: Scratch): readonly (readonly ThreadCall[])[] {
  return step.map((bundles, thread) =>
    bundles.flatMap(bundle => {
      const own = scratch.get(thread);
      if (own === undefined) return bundle.calls;
      return bundle.calls.map(call => withScratch(call, bundle, own.name, own.offset));
    }),
  );
}
