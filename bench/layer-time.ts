/**
 * @file How long one layer takes: half of what a chain of three takes longer
 * than a single one, so that calls and the conversion of input and output do
 * not count.
 *
 * Both chains of all contenders run in every round. Differences are taken
 * round by round, of neighbours in time. What counts is the time that the
 * process spends on processors, all its threads together: every contender has
 * one at work, and what else the machine does leaves it nearly alone.
 */

import type { OptimizeChoice } from "../core/abi.ts";
import type { Candidate, RoundOptions } from "./timing.ts";

export interface LayerTime {
  readonly channels: number;
  readonly side: number;
  /** Multiplications of a dense layer, in millions. */
  readonly mmac: number;
  readonly zeros: number;
  /** Microseconds of a processor per layer, by contender, median of all rounds; 0 where the difference drowned in noise. */
  readonly us: Readonly<Record<string, number>>;
  /** The contender that the planner takes. */
  readonly chosen: Readonly<Record<OptimizeChoice, string>>;
}

/** What `node bench/layers.ts --json` prints. */
export interface LayerReport {
  readonly machine: string;
  readonly processors: number;
  /** How many threads wanted a processor in the last minute, this one included. */
  readonly load: number;
  readonly node: string;
  readonly rows: readonly LayerTime[];
}

/** Layers of the chains. */
export const [SHORT, LONG] = [1, 3] as const;

export interface Chains {
  readonly name: string;
  readonly short: Candidate;
  readonly long: Candidate;
}

/** Microseconds per layer, by contender. */
export async function timeLayers(
  contenders: readonly Chains[],
  { rounds, roundMs }: RoundOptions,
): Promise<Record<string, number>> {
  const counted: { chains: Chains; count: number; us: number[] }[] = [];
  for (const chains of contenders) {
    await runsIn(chains.short, roundMs);
    counted.push({ chains, count: await runsIn(chains.long, roundMs), us: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { chains, count, us } of counted) {
      const short = await timeRuns(chains.short, count);
      us.push(((await timeRuns(chains.long, count)) - short) / (count * (LONG - SHORT)));
    }
  }
  return Object.fromEntries(counted.map(({ chains, us }) => [chains.name, medianOf(us)]));
}

/** Warms up; how many runs fill `ms`. */
async function runsIn(candidate: Candidate, ms: number): Promise<number> {
  await timeRuns(candidate, 2);
  for (let count = 1; ; count *= 2) {
    const us = await timeRuns(candidate, count);
    if (us >= 1000 * ms) return Math.max(1, Math.ceil((count * 1000 * ms) / us));
  }
}

async function timeRuns({ run }: Candidate, count: number): Promise<number> {
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.max(0, sorted[Math.floor(sorted.length / 2)]!);
}
