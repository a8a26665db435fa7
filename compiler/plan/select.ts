/**
 * @file Chooses kernels: every way to compute a node is a candidate with a
 * cost, and the cheapest runs.
 *
 * **Units:** time in cycles of an imagined machine that multiplies one vector
 * or loads two per cycle; bytes of packed weights. Both are estimates whose
 * order matters, not their value.
 */

import type { SimdTier } from "../../core/abi.ts";
import type { Tile } from "./pack.ts";

/** A row of assembly/kernels.json. */
export interface KernelRow extends Tile {
  readonly name: string;
  readonly family: string;
  readonly isa: SimdTier;
  /** Output pixels at once. */
  readonly mr: number;
}

export interface Cost {
  readonly cycles: number;
  readonly bytes: number;
}

export interface Candidate {
  readonly kernel: KernelRow;
  readonly cost: Cost;
  /** Emits the calls. */
  readonly run: () => void;
}

/** What a byte of packed weights is worth, in cycles. */
const CYCLES_PER_BYTE = 1;

/** The candidates, cheapest first. */
export function byCost(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((a, b) => scoreOf(a.cost) - scoreOf(b.cost));
}

function scoreOf({ cycles, bytes }: Cost): number {
  return cycles + bytes * CYCLES_PER_BYTE;
}

/** The work of a matrix product or convolution. */
export interface ProductWork {
  /** Output pixels of one call. */
  readonly pixels: number;
  readonly n: number;
  readonly segments: number;
  readonly length: number;
  /** Of an activation, and of a packed weight. */
  readonly activationBytes: number;
  readonly weightBits: number;
}

/** Bytes of a vector. */
const VECTOR_BYTES = 16;
const LOADS_PER_CYCLE = 2;
/** Turning eight packed weights into lanes that multiply, by their bits. */
const UNPACK_CYCLES: Readonly<Record<number, number>> = { 32: 0, 8: 0.25, 2: 0.6 };
const UNPACKED_AT_ONCE = 8;
/** Entering a tile and leaving it through the epilogue, per output. */
const CYCLES_PER_OUTPUT = 2;

/** Time of a product on `kernel`: all its tiles, padding included. */
export function productCycles(kernel: KernelRow, work: ProductWork): number {
  const { mr, nr, kr, isa } = kernel;
  const tiles = Math.ceil(work.pixels / mr) * Math.ceil(work.n / nr);
  const blocks = work.segments * Math.ceil(work.length / kr);
  const lanes = isa === "scalar" ? 1 : VECTOR_BYTES / Math.max(2, work.activationBytes);
  const multiplies = (mr * nr * kr) / lanes;
  const vectorBytes = isa === "scalar" ? Math.max(1, work.weightBits / 8) : VECTOR_BYTES;
  const loads = mr + (nr * kr * work.weightBits) / 8 / vectorBytes;
  const unpack = ((nr * kr) / UNPACKED_AT_ONCE) * (UNPACK_CYCLES[work.weightBits] ?? 0);
  const block = multiplies + loads / LOADS_PER_CYCLE + unpack;
  return tiles * (blocks * block + mr * nr * CYCLES_PER_OUTPUT);
}

/** Time of a depthwise convolution on `kernel`. */
export function depthwiseCycles(
  kernel: KernelRow,
  work: { readonly pixels: number; readonly channels: number; readonly taps: number },
): number {
  const { nr, kr, isa } = kernel;
  const steps = Math.ceil(work.channels / nr) * Math.ceil(work.taps / kr);
  const scalarFactor = isa === "scalar" ? kr : 1;
  return work.pixels * steps * scalarFactor * 2;
}
