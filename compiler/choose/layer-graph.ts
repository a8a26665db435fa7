/**
 * @file The problem of a graph: its layers with their methods, priced by trial,
 * and what values cost between them.
 */

import type { MethodName } from "../../core/abi.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { kernelsOf } from "../plan/kernel-library.ts";
import { runsOnPlanes } from "../plan/lower/index.ts";
import type { PlaneMethodName } from "../plan/lower/methods.ts";
import { weightsOf } from "../plan/schedule.ts";
import { labelOf } from "../plan/storage.ts";
import { Conversions } from "./conversions.ts";
import { type Factor, type Option, type Problem, sumOf, type Variable } from "./problem.ts";
import { type NodePrice, pricesIn, pricesOnPlanes, type TrialOptions } from "./trial.ts";
import { type MethodOf, ValueCosts } from "./value-costs.ts";

export interface LayerGraphOptions extends TrialOptions {
  /** The methods that may be chosen, in order of preference between equals. */
  readonly methods: readonly MethodName[];
  /** Sizes of library kernels. */
  readonly kernelBytes: ReadonlyMap<string, number>;
}

export interface LayerGraph {
  readonly problem: Problem;
  /** The weights that name each variable's layer. */
  readonly weights: readonly Tensor[];
}

/** `dense`: before any layer is on planes. */
export function layerGraphOf(dense: Graph, options: LayerGraphOptions): LayerGraph {
  const nodes = dense.nodes.filter(node => isLayer(node, dense));
  const weights = [...new Set(nodes.map(node => weightsOf(node, dense)!))];
  const indices = new Map(nodes.map(node => [node.id, weights.indexOf(weightsOf(node, dense)!)]));
  const prices = pricesIn(dense, options);
  const variables = variablesOf(dense, nodes, weights, prices, options);
  const kernel = (family: string) => kernelsOf(options.table, family, options.simd)[0]!;
  const values = new ValueCosts(
    dense,
    new Set(indices.keys()),
    new Conversions(options.costs, kernel),
  );
  const others = dense.nodes.filter(({ id }) => !indices.has(id));
  const always = new Set(others.flatMap(({ id }) => prices.get(id)?.kernels ?? []));
  const problem: Problem = {
    variables,
    factors: factorsOf(dense, values, { indices, variables, prices }),
    kernelBytes: new Map(
      variables
        .flatMap(variable => variable.options.flatMap(({ kernels }) => kernels))
        .filter(name => !always.has(name))
        .map(name => [name, options.kernelBytes.get(name) ?? 0]),
    ),
    ns: sumOf(
      others.filter(({ kind }) => !DEPENDS.has(kind)).map(({ id }) => prices.get(id)?.ns ?? 0),
    ),
    bytes:
      sumOf(others.map(({ id }) => prices.get(id)?.bytes ?? 0)) +
      sumOf([...always].map(name => options.kernelBytes.get(name) ?? 0)),
  };
  return { problem, weights };
}

/** Whether there may be more than one way to compute `node`. */
export function isLayer(node: Node, graph: Graph): node is Node<"qconv"> {
  return node.kind === "qconv" && weightsOf(node, graph) !== undefined && runsOnPlanes(node, graph);
}

function variablesOf(
  dense: Graph,
  nodes: readonly Node<"qconv">[],
  weights: readonly Tensor[],
  prices: ReadonlyMap<NodeId, NodePrice>,
  options: LayerGraphOptions,
): Variable[] {
  const byMethod = options.methods.map(method => {
    const found =
      method === "kernels"
        ? pricesOfKernels(dense, nodes, prices)
        : pricesOf(dense, nodes, method, options);
    return [method, found] as const;
  });
  return weights.map(tensor => ({
    name: labelOf(nodes.find(node => weightsOf(node, dense) === tensor)!),
    options: byMethod.flatMap(([method, found]): Option[] => {
      const price = found.get(tensor);
      return price === undefined ? [] : [{ method, ...price }];
    }),
  }));
}

/** Where the loader writes the code, the module has lists in its place. */
function pricesOf(
  dense: Graph,
  nodes: readonly Node<"qconv">[],
  method: PlaneMethodName,
  { codeAtLoad = false, ...options }: LayerGraphOptions,
): ReadonlyMap<Tensor, NodePrice> {
  const prices = pricesOnPlanes(dense, nodes, method, options);
  if (method !== "code" || !codeAtLoad) return prices;
  const lists = pricesOnPlanes(dense, nodes, "lists", options);
  return new Map(
    [...prices].map(([tensor, price]) => {
      const { bytes, kernels } = lists.get(tensor) ?? price;
      return [tensor, { ...price, bytes, kernels }];
    }),
  );
}

function pricesOfKernels(
  dense: Graph,
  nodes: readonly Node[],
  prices: ReadonlyMap<NodeId, NodePrice>,
): ReadonlyMap<Tensor, NodePrice> {
  const found = new Map<Tensor, NodePrice>();
  for (const node of nodes) {
    const [tensor, price] = [weightsOf(node, dense)!, prices.get(node.id)!];
    const known = found.get(tensor);
    found.set(tensor, known === undefined ? price : { ...price, ns: price.ns + known.ns });
  }
  return found;
}

interface Numbering {
  /** The variable of each layer. */
  readonly indices: ReadonlyMap<NodeId, number>;
  readonly variables: readonly Variable[];
  readonly prices: ReadonlyMap<NodeId, NodePrice>;
}

/** Whether there is anything to compute depends on the layers around. */
const DEPENDS: ReadonlySet<string> = new Set(["qadd", "transpose"]);

/** A factor for each value whose forms depend on methods, and for each addition and transpose. */
function factorsOf(dense: Graph, values: ValueCosts, numbering: Numbering): Factor[] {
  const images = dense.nodes.filter(({ type }) => type.dtype === "i8" && type.shape.length === 4);
  const forms = images
    .filter(({ kind }) => kind !== "const")
    .map(({ id }) =>
      factor(values.scopeOf(id), numbering, methodOf => values.priceOf(id, methodOf)),
    );
  const sums = dense.nodes.flatMap(node => {
    if (node.kind !== "qadd") return [];
    const ns = numbering.prices.get(node.id)?.ns ?? 0;
    const own = (methodOf: MethodOf): number =>
      values.adderOf(node, methodOf) === undefined ? ns : 0;
    return [factor(values.addersOf(node), numbering, own)];
  });
  const transposes = dense.nodes.flatMap(node => {
    if (node.kind !== "transpose") return [];
    const ns = numbering.prices.get(node.id)?.ns ?? 0;
    const own = (methodOf: MethodOf): number => (values.needsTranspose(node, methodOf) ? ns : 0);
    return [factor(values.transposeScopeOf(node), numbering, own)];
  });
  return [...forms, ...sums, ...transposes];
}

function factor(
  layers: readonly NodeId[],
  { indices, variables }: Numbering,
  price: (methodOf: MethodOf) => number,
): Factor {
  const scope = [...new Set(layers.map(id => indices.get(id)!))];
  return {
    scope,
    ns: options =>
      price(id => {
        const variable = indices.get(id);
        if (variable === undefined) return undefined;
        return variables[variable]!.options[options[scope.indexOf(variable)]!]!.method;
      }),
  };
}
