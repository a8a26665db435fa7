/**
 * @file Lowers a whole graph with every layer computed by one method, and
 * prices what each layer then is.
 */

import type { MethodName, SimdTier } from "../../core/abi.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { type Costs, costName, priceOf } from "../costs/costs.ts";
import { planePasses, runPasses } from "../passes/index.ts";
import { runsOnPlanes } from "../plan/lower/index.ts";
import { planeMethodsOf } from "../plan/lower/plane-methods.ts";
import { type Schedule, scheduleCalls, weightsOf } from "../plan/schedule.ts";
import type { KernelRow } from "../plan/select.ts";
import { assignStorage, labelOf } from "../plan/storage.ts";

/** What trials need to know of the target. */
export interface TrialOptions {
  readonly table: readonly KernelRow[];
  readonly simd: SimdTier;
  readonly costs: Costs;
  readonly codeAtLoad?: boolean;
}

/** What a node costs, without copies of its operands. */
export interface NodePrice {
  readonly ns: number;
  readonly bytes: number;
  /** Library kernels that it calls. */
  readonly kernels: readonly string[];
}

/** Prices of all nodes of `graph`, as it stands. */
export function pricesIn(
  graph: Graph,
  options: TrialOptions,
  methods: ReadonlyMap<Tensor, MethodName> = new Map(),
): ReadonlyMap<NodeId, NodePrice> {
  const schedule = scheduleCalls(graph, assignStorage(graph), options.table, options.simd, {
    ...options,
    methods,
  });
  return new Map(
    schedule.shares.map(share => [share.id, priceNode(graph, schedule, share, options)]),
  );
}

/** Prices of layers, by their weights, where each that can is computed by `method` on planes. */
export function pricesOnPlanes(
  dense: Graph,
  layers: readonly Node<"qconv">[],
  method: Exclude<MethodName, "kernels">,
  options: TrialOptions,
): ReadonlyMap<Tensor, NodePrice> {
  const able = layers.filter(node => canUse(node, method, dense));
  const weights = new Set(able.map(node => weightsOf(node, dense)!));
  const passes = planePasses((node, graph) =>
    node.kind === "qconv" ? weights.has(weightsOf(node, graph)!) : runsOnPlanes(node, graph),
  );
  const planes = runPasses(dense, passes);
  const methods = new Map([...weights].map(tensor => [tensor, method]));
  const prices = pricesIn(planes, options, methods);
  const found = new Map<Tensor, NodePrice>();
  for (const [id, price] of prices) {
    const tensor = weightsOf(planes.nodes[id]!, planes);
    if (tensor === undefined || !weights.has(tensor)) continue;
    const known = found.get(tensor);
    found.set(tensor, known === undefined ? price : { ...price, ns: price.ns + known.ns });
  }
  return found;
}

/** Whether `method`, on planes, can compute a layer. */
export function canUse(node: Node<"qconv">, method: MethodName, graph: Graph): boolean {
  const operands = node.inputs.map(id => graph.nodes[id]!);
  return planeMethodsOf(node, operands, graph).some(({ name }) => name === method);
}

function priceNode(
  graph: Graph,
  { draft }: Schedule,
  { id, calls, dataBytes, codeBytes }: Schedule["shares"][number],
  { costs }: TrialOptions,
): NodePrice {
  const label = labelOf(graph.nodes[id]!);
  const own = draft.calls.slice(...calls).filter(({ value }) => value === label);
  const kernels = own.map(({ kernel }) => kernel);
  return {
    ns: own.reduce((sum, { kernel, work }) => sum + priceOf(costs, kernel, work), 0),
    bytes: dataBytes + codeBytes,
    kernels: [...new Set(kernels.filter(kernel => costName(kernel) === kernel))],
  };
}
