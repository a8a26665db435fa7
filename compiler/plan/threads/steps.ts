/**
 * @file Divides the bundles of each level over the threads, where predicted
 * times say that waiting for each other costs less than what is gained.
 */

import type { Costs } from "../../costs/costs.ts";
import { priceOf } from "../../costs/costs.ts";
import type { ThreadCall } from "../plan.ts";
import type { Bundle } from "./bundles.ts";
import { splitCall } from "./split-call.ts";

/** Costs may have a price of this name: until all threads know that all have arrived. */
const BARRIER = "barrier";
/** Where they have none: on processors that do nothing else. */
const BARRIER_NS = 600;

/** Bundles for each thread, that run at one time. */
export type Step = readonly (readonly Bundle[])[];

export interface Division {
  readonly steps: readonly Step[];
  readonly serialNs: number;
  readonly predictedNs: number;
}

/** What division takes into account; `familyOf` by the name of a kernel. */
export interface DivisionFacts {
  readonly costs: Costs;
  readonly count: number;
  readonly familyOf: (kernel: string) => string;
}

/** A level both ways. */
interface Alternatives {
  readonly serial: Step;
  readonly parallel: Step;
  readonly serialNs: number;
  readonly parallelNs: number;
}

/** `levels`: the level of each bundle, from 0 without gaps. */
export function divide(
  bundles: readonly Bundle[],
  levels: readonly number[],
  facts: DivisionFacts,
): Division {
  const count = 1 + levels.reduce((most, level) => Math.max(most, level), -1);
  const members: Bundle[][] = Array.from({ length: count }, () => []);
  for (const [i, bundle] of bundles.entries()) members[levels[i]!]!.push(bundle);
  const alternatives = members.map(level => alternativesOf(level, facts));
  const { ns, choice } = cheapest(alternatives, facts.costs.kernels[BARRIER]?.call ?? BARRIER_NS);
  return {
    steps: joinSerial(alternatives, choice),
    serialNs: alternatives.reduce((sum, { serialNs }) => sum + serialNs, 0),
    predictedNs: ns,
  };
}

function alternativesOf(level: readonly Bundle[], facts: DivisionFacts): Alternatives {
  const { count } = facts;
  const nsOf = (bundle: Bundle): number => timeOf(bundle, facts.costs);
  const parts = level.flatMap(bundle => partsOf(bundle, facts));
  const parallel = assign(parts, nsOf, count);
  const idle = Array.from({ length: count - 1 }, (): Bundle[] => []);
  return {
    serial: [level, ...idle],
    parallel,
    serialNs: totalOf(level, nsOf),
    parallelNs: Math.max(...parallel.map(own => totalOf(own, nsOf))),
  };
}

function partsOf(bundle: Bundle, { count, familyOf }: DivisionFacts): Bundle[] {
  const [only, ...others] = bundle.calls as [ThreadCall, ...ThreadCall[]];
  const parts = others.length > 0 ? undefined : splitCall(only, familyOf(only.kernel), count);
  return parts?.map(call => ({ calls: [call] })) ?? [bundle];
}

/**
 * Each bundle to the thread of its share; those without one, the longest
 * first, to the thread that has least to do. In order on each thread.
 */
function assign(bundles: readonly Bundle[], nsOf: (bundle: Bundle) => number, count: number): Step {
  const threads = Array.from({ length: count }, () => ({ own: [] as number[], ns: 0 }));
  const isFree = (index: number): boolean => bundles[index]!.share === undefined;
  const order = [...bundles.keys()].sort(
    (a, b) =>
      Number(isFree(a)) - Number(isFree(b)) || nsOf(bundles[b]!) - nsOf(bundles[a]!) || a - b,
  );
  for (const index of order) {
    const { share } = bundles[index]!;
    const least = threads.reduce((best, thread) => (thread.ns < best.ns ? thread : best));
    const thread = share === undefined ? least : threads[share]!;
    thread.own.push(index);
    thread.ns += nsOf(bundles[index]!);
  }
  return threads.map(({ own }) => own.sort((a, b) => a - b).map(index => bundles[index]!));
}

type Way = "serial" | "parallel";
interface Chain {
  readonly ns: number;
  readonly choice: readonly Way[];
}

/**
 * The fastest choice: levels that follow each other on one thread take no
 * barrier between them, all others do.
 */
function cheapest(alternatives: readonly Alternatives[], barrier: number): Chain {
  let serial: Chain = { ns: 0, choice: [] };
  let parallel: Chain = serial;
  for (const { serialNs, parallelNs } of alternatives) {
    const alone = shorter(serial, longer(parallel, barrier));
    const together = longer(shorter(serial, parallel), barrier);
    serial = { ns: alone.ns + serialNs, choice: [...alone.choice, "serial"] };
    parallel = { ns: together.ns + parallelNs, choice: [...together.choice, "parallel"] };
  }
  return shorter(serial, longer(parallel, barrier));
}

function shorter(a: Chain, b: Chain): Chain {
  return b.ns < a.ns ? b : a;
}

function longer({ ns, choice }: Chain, more: number): Chain {
  return { ns: ns + more, choice };
}

function joinSerial(alternatives: readonly Alternatives[], choice: readonly Way[]): Step[] {
  const steps: Step[] = [];
  for (const [i, { serial, parallel }] of alternatives.entries()) {
    const last = steps.at(-1);
    if (choice[i] === "parallel") steps.push(parallel);
    else if (last === undefined || choice[i - 1] === "parallel") steps.push(serial);
    else steps[steps.length - 1] = last.map((own, t) => [...own, ...serial[t]!]);
  }
  return steps;
}

function totalOf(bundles: readonly Bundle[], nsOf: (bundle: Bundle) => number): number {
  return bundles.reduce((sum, bundle) => sum + nsOf(bundle), 0);
}

function timeOf({ calls }: Bundle, costs: Costs): number {
  return calls.reduce((sum, { kernel, work }) => sum + priceOf(costs, kernel, work), 0);
}
