/**
 * @file Calls that have to run on one thread, in order: generated code that
 * leaves something in scratch memory, and the functions that take it.
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
  const bundles: ThreadCall[][] = [];
  for (const [origin, call] of calls.entries()) {
    const before = bundles.at(-1);
    const isNext =
      before !== undefined &&
      names.has(call.kernel) &&
      call.reads.some(region => isScratch(region, call)) &&
      leavesScratch(before[0]!, names);
    if (isNext) before.push({ ...call, origin });
    else bundles.push([{ ...call, origin }]);
  }
  return bundles.map(bundleOf);
}

/** Whether a function leaves something in scratch memory, and writes nothing else. */
function leavesScratch(call: Call, names: ReadonlySet<string>): boolean {
  return names.has(call.kernel) && call.writes.every(region => isScratch(region, call));
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

/** Whether something waits in `region` for the next functions. */
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
