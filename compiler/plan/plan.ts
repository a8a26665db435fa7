/**
 * @file The plan: kernel calls with addresses, for one target.
 *
 * Linear memory, from address 0: the kernel library's own data, then static
 * blocks (packed weights, parameters, tables), then the arena, in which
 * buffers share space over time. Calls run once each, in order.
 */

import type { BufferRecord, LayerReport, Port, SimdTier, TargetName } from "../../core/abi.ts";
import type { Work } from "../costs/work.ts";
import type { LayerSlot } from "../specialize/layer-slots.ts";

/** Alignment of static blocks and buffers. */
export const BLOCK_ALIGNMENT = 16;
/** Kernels may read this far past the end of an activation. */
export const OVERREAD_BYTES = 15;
export const PAGE_BYTES = 65536;

/** Runs of bytes at regular distances: where a call reads or writes. */
export interface Region {
  /** Name of a buffer or static block. */
  readonly block: string;
  /** Address of the first run. */
  readonly offset: number;
  /** Length of one run. */
  readonly bytes: number;
  /** How the run repeats, outermost first. */
  readonly repeats: readonly Repeat[];
}

export interface Repeat {
  readonly count: number;
  /** Bytes from one to the next. */
  readonly step: number;
}

/** One call of a kernel with constant arguments. */
export interface Call {
  /** A kernel of the library, or the name of a `CodeBlock`. */
  readonly kernel: string;
  readonly args: readonly number[];
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  /** The graph's value that the call works on. */
  readonly value: string;
  /** What the planner's costs are multiplied with. */
  readonly work: Work;
  /** The part of a result that the call makes, and the thread that makes it: the same of layer after layer. */
  readonly share?: number;
  /** Of a call through the function table: what a loader needs to write code in its place. */
  readonly slot?: LayerSlot;
}

/** A call of a thread, or part of one. */
export interface ThreadCall extends Call {
  /** Index of the call of the plan that it is, or is part of. */
  readonly origin: number;
}

/** How a run is divided over threads. */
export interface ThreadPlan {
  readonly count: number;
  /** Per step, per thread: calls in order. A step begins when all threads have ended the one before. */
  readonly steps: readonly (readonly (readonly ThreadCall[])[])[];
  /** Where the threads tell each other how far they are. */
  readonly syncOffset: number;
  /** Of a run on one thread, and on all of them. */
  readonly serialNs: number;
  readonly predictedNs: number;
}

/** What a static block holds: `weights` count as such in reports; `reserved` ones are zeros for a loader to fill. */
export type StaticRole = "weights" | "parameters" | "table" | "tensor" | "reserved";

/** Bytes that are in the module from the start and are never written. */
export interface StaticBlock {
  readonly name: string;
  readonly role: StaticRole;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** A function that was written for one layer: five i32 parameters, no result. */
export interface CodeBlock {
  readonly name: string;
  readonly layer: string;
  /** As it stands in the code section of a module. */
  readonly body: Uint8Array;
}

/** An input or output and where it lies. */
export interface PlannedPort {
  readonly port: Port;
  readonly block: string;
  readonly address: number;
  readonly bytes: number;
}

export interface MemoryLayout {
  /** Where static blocks begin: the end of the kernel library's own data. */
  readonly staticOffset: number;
  readonly arenaOffset: number;
  readonly arenaBytes: number;
  /** The largest sum of live buffers at any call: no plan can need less. */
  readonly arenaLowerBoundBytes: number;
  /** Behind the arena: bytes that the target keeps for itself. */
  readonly scratchOffset: number;
  readonly scratchBytes: number;
  /** The whole memory, in whole pages. */
  readonly totalBytes: number;
}

/** How one node's kernel was chosen: every candidate, the chosen one first. */
export interface Choice {
  readonly value: string;
  readonly candidates: readonly {
    readonly kernel: string;
    /** Predicted time in nanoseconds. */
    readonly ns: number;
    readonly bytes: number;
  }[];
}

export interface Plan {
  readonly name: string;
  readonly target: TargetName;
  readonly simd: SimdTier;
  readonly inputs: readonly PlannedPort[];
  readonly outputs: readonly PlannedPort[];
  readonly statics: readonly StaticBlock[];
  readonly code: readonly CodeBlock[];
  /** Offsets are addresses. */
  readonly buffers: readonly BufferRecord[];
  readonly calls: readonly Call[];
  readonly memory: MemoryLayout;
  readonly choices: readonly Choice[];
  readonly layers: readonly LayerReport[];
  readonly macs: number;
  /** Of a plan for more than one thread: the same calls, divided. */
  readonly threads?: ThreadPlan;
}

/** `bytes` rounded up to a multiple of `alignment`. */
export function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
