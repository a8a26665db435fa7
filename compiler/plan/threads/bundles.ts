/**
 * @file Calls that have to run on one thread, in order: a block of generated
 * code whose sums wait in scratch memory from one function to the next.
 *
 * Nothing outside a bundle reads what waits, so each thread may have scratch
 * memory of its own, and bundles of one layer need not wait for each other.
 */

import { SCRATCH } from "../../specialize/code-function.ts";
import type { Call, CodeBlock, Region, ThreadCall } from "../plan.ts";

export interface Bundle {
  readonly calls: readonly ThreadCall[];
  /** Scratch memory that only these calls use among themselves; another of this size would do. */
  readonly scratch?: Region;
  /** The thread that makes the neighbouring parts of other results. */
  readonly share?: number;
}

export function bundlesOf(calls: readonly Call[], code: readonly CodeBlock[]): Bundle[] {
  const names = new Set(code.map(({ name }) => name));
  const bundles: Bundle[] = [];
  let waiting: ThreadCall[] = [];
  for (const [origin, call] of calls.entries()) {
    waiting.push({ ...call, origin });
    if (names.has(call.kernel) && call.writes.every(region => isScratch(region, call))) continue;
    bundles.push(bundleOf(waiting));
    waiting = [];
  }
  return bundles;
}

function bundleOf(calls: readonly ThreadCall[]): Bundle {
  const [first] = calls as [ThreadCall];
  const [scratch] = first.writes as [Region];
  const isShared = calls.some(call =>
    call.reads.some(region => region.block === scratch.block && !isScratch(region, call)),
  );
  const isOwn = calls.length > 1 && !isShared;
  const { share } = first;
  return { calls, ...(isOwn && { scratch }), ...(share !== undefined && { share }) };
}

/** Whether sums wait in `region` from one function of a block to the next. */
function isScratch({ offset }: Region, { args }: Call): boolean {
  return offset === args[SCRATCH];
}

/** `call` of `bundle` with its scratch memory in `block`, at `address`. */
export function withScratch(call: ThreadCall, { scratch }: Bundle, block: string, address: number) {
  if (scratch === undefined) return call;
  const move = (region: Region): Region =>
    region.block === scratch.block ? { ...region, block, offset: address } : region;
  return {
    ...call,
    args: call.args.with(SCRATCH, address),
    reads: call.reads.map(move),
    writes: call.writes.map(move),
  };
}
