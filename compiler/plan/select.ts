/**
 * @file Chooses kernels: every way to compute a node is a candidate with a
 * predicted time, and the cheapest runs.
 */

import type { SimdTier } from "../../core/abi.ts";
import { type Costs, priceOf } from "../costs/costs.ts";
import type { Work } from "../costs/work.ts";
import type { Tile } from "./pack.ts";

/** A row of assembly/kernels.json. */
export interface KernelRow extends Tile {
  readonly name: string;
  readonly family: string;
  readonly isa: SimdTier;
  /** Output pixels at once. */
  readonly mr: number;
  /** Which activations it takes: those in 0…127; absent: any of its type. */
  readonly x?: "u7";
}

/** One way to compute a node with library kernels. */
export interface Candidate {
  readonly kernel: KernelRow;
  /** What all its calls do together, and how many there are. */
  readonly work: Work;
  readonly calls: number;
  /** Of packed weights. */
  readonly bytes: number;
  /** Emits the calls. */
  readonly run: () => void;
}

export interface PricedCandidate extends Candidate {
  readonly ns: number;
}

/** What a byte of packed weights is worth: enough to decide between equals. */
const NS_PER_BYTE = 0.1;

/** The candidates, cheapest first. */
export function byCost(candidates: readonly Candidate[], costs: Costs): readonly PricedCandidate[] {
  const priced = candidates.map(candidate => ({ ...candidate, ns: nsOf(candidate, costs) }));
  return priced.toSorted((a, b) => scoreOf(a) - scoreOf(b));
}

function nsOf({ kernel, work, calls }: Candidate, costs: Costs): number {
  return priceOf(costs, kernel.name, work) + (calls - 1) * priceOf(costs, kernel.name, {});
}

function scoreOf({ ns, bytes }: PricedCandidate): number {
  return ns + bytes * NS_PER_BYTE;
}
