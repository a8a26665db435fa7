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
import { type Conversion, Conversions, NO_CONVERSION } from "./conversions.ts";
import {
  type Factor,
  type FunctionPart,
  type Option,
  type Problem,
  sumOf,
  type Variable,
} from "./problem.ts";
import { type NodePrice, pricesIn, pricesOnPlanes, type TrialOptions } from "./trial.ts";
import { type MethodOf, ValueCosts } from "./value-costs.ts";

export interface LayerGraphOptions extends TrialOptions {
  /** The methods that may be chosen, in order of preference between equals. */
  readonly methods: readonly MethodName[];
  /** The functions of the library that each kernel brings along. */
  readonly kernelParts: ReadonlyMap<string, readonly FunctionPart[]>;
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
  const fixed = others.filter(({ kind }) => !DEPENDS.has(kind));
  const parts = new Map(
    [...options.kernelParts.values()].flat().map(part => [part.name, part.bytes]),
  );
  const partsOf = partsIn(options);
  const always = new Set(partsOf(fixed.flatMap(({ id }) => prices.get(id)?.kernels ?? [])));
  const problem: Problem = {
    variables: variables.map(variable => ({
      ...variable,
      options: variable.options.map(option => ({ ...option, kernels: partsOf(option.kernels) })),
    })),
    factors: factorsOf(dense, values, { indices, variables, prices, partsOf }),
    kernelBytes: new Map([...parts].filter(([name]) => !always.has(name))),
    ns: sumOf(fixed.map(({ id }) => prices.get(id)?.ns ?? 0)),
    bytes:
      sumOf(others.map(({ id }) => prices.get(id)?.bytes ?? 0)) +
      sumOf([...always].map(name => parts.get(name)!)),
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
  readonly partsOf: PartsOf;
}

/** Names of the functions that come along with kernels. */
type PartsOf = (kernels: readonly string[]) => string[];

function partsIn({ kernelParts }: LayerGraphOptions): PartsOf {
  return kernels => {
    const parts = kernels.flatMap(kernel => kernelParts.get(kernel) ?? []);
    return [...new Set(parts.map(({ name }) => name))];
  };
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
  const ownOf = (node: Node, isThere: boolean): Conversion =>
    (isThere ? numbering.prices.get(node.id) : undefined) ?? NO_CONVERSION;
  const sums = dense.nodes.flatMap(node => {
    if (node.kind !== "qadd") return [];
    const own = (methodOf: MethodOf): Conversion =>
      ownOf(node, values.adderOf(node, methodOf) === undefined);
    return [factor(values.addersOf(node), numbering, own)];
  });
  const transposes = dense.nodes.flatMap(node => {
    if (node.kind !== "transpose") return [];
    const own = (methodOf: MethodOf): Conversion =>
      ownOf(node, values.needsTranspose(node, methodOf));
    return [factor(values.transposeScopeOf(node), numbering, own)];
  });
  return [...forms, ...sums, ...transposes];
}

/** A factor that is priced once for each assignment. */
function factor(
  layers: readonly NodeId[],
  { indices, variables, partsOf }: Numbering,
  price: (methodOf: MethodOf) => Conversion,
): Factor {
  const scope = [...new Set(layers.map(id => indices.get(id)!))];
  const known = new Map<string, Conversion>();
  const conversionFor = (options: readonly number[]): Conversion => {
    const methods = options.map((option, i) => variables[scope[i]!]!.options[option]!.method);
    const key = methods.join();
    let found = known.get(key);
    if (found === undefined) {
      const { ns, kernels } = price(id => methods[scope.indexOf(indices.get(id) ?? -1)]);
      found = { ns, kernels: partsOf(kernels) };
      known.set(key, found);
    }
    return found;
  };
  return {
    scope,
    ns: options => conversionFor(options).ns,
    kernels: options => conversionFor(options).kernels,
  };
}
