/**
 * @file From a legalised graph to the plan for one target.
 *
 * Storage says which values share a buffer; lowering makes calls over blocks
 * without addresses; linking gives the addresses; a checker that knows none of
 * this proves the result.
 */

import type { SimdTier } from "../../core/abi.ts";
import {
  collectProblems,
  InternalError,
  ModelError,
  problem,
} from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../../model/ir/graph.ts";
import { checkMemory, type MemoryClaims } from "./check-memory.ts";
import { linkPlan, type PlanOptions } from "./link.ts";
import { planesUseOf, supports } from "./lower/index.ts";
import { OVERREAD_BYTES, type Plan, type PlannedPort } from "./plan.ts";
import { printPlan } from "./print-plan.ts";
import { type Choices, scheduleCalls } from "./schedule.ts";
import type { KernelRow } from "./select.ts";
import { assignStorage, labelOf } from "./storage.ts";
import { planThreads } from "./threads/index.ts";

export interface PlanRequest extends Omit<PlanOptions, "fillsEarly">, Choices {
  readonly table: readonly KernelRow[];
}

/** @throws compile/unsupported, for every node that no kernel computes */
export function planGraph(graph: Graph, request: PlanRequest): Plan {
  demandSupport(graph, request.simd);
  const storage = assignStorage(graph);
  const schedule = scheduleCalls(graph, storage, request.table, request.simd, request);
  const { threads: count = 1, costs, table } = request;
  const linked = linkPlan(graph, storage, schedule, { ...request, fillsEarly: count > 1 });
  const plan = count > 1 ? planThreads(linked, { count, costs, table }) : linked;
  const faults = checkMemory(claimsOf(plan));
  if (faults.length === 0) return plan;
  throw new InternalError(`the memory plan is unsound: ${faults.join("; ")}`, printPlan(plan));
}

/** What a plan claims about memory, for the checker. */
export function claimsOf(plan: Plan): MemoryClaims {
  const { memory, buffers, calls, statics, inputs, outputs } = plan;
  return {
    totalBytes: memory.totalBytes,
    overreadBytes: OVERREAD_BYTES,
    reservedBytes: memory.staticOffset,
    arenaOffset: memory.arenaOffset,
    statics: statics.map(({ name, offset, data }) => ({ name, offset, bytes: data.length })),
    buffers,
    calls,
    inputs: inputs.map(extentOf),
    outputs: outputs.map(extentOf),
  };
}

function extentOf({ block, address, bytes }: PlannedPort) {
  return { block, offset: address, bytes, repeats: [] };
}

function demandSupport(graph: Graph, tier: SimdTier): void {
  collectProblems(graph.nodes, node => {
    const reason = rejectsTier(node, tier) ?? supports(node, graph);
    if (reason === undefined) return;
    throw new ModelError(
      problem("compile/unsupported", `${node.kind} cannot be compiled: ${reason}`, {
        at: labelOf(node),
        help: "tritc kernels lists what can be computed, and on which types",
      }),
    );
  });
}

function rejectsTier(node: Node, tier: SimdTier): string | undefined {
  if (tier !== "scalar" || !planesUseOf(node).result) return undefined;
  return "code on channel planes takes vectors, which the scalar tier does not have";
}
