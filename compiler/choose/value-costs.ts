/**
 * @file What values cost between layers: given each layer's method, in which
 * form every value is made and wanted, and what filling halos and copying
 * takes.
 *
 * A mirror of what assign-planes, fuse-add and the storage of a plan do with
 * a graph, without doing it: a value that a convolution on planes makes is on
 * planes; an addition is fused into the last convolution on planes that feeds
 * nothing else; pools of planes read them as they are; a transpose to or from
 * channel-last is gone where planes are all that reads or makes it; all else
 * is dense.
 */

import type { MethodName } from "../../core/abi.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { readersOf } from "../../model/ir/graph.ts";
import { TO_NCHW, TO_NHWC } from "../passes/assign-layout.ts";
import { NO_NEED, type Phases, type PlanesNeed, unionNeed } from "../plan/channel-planes.ts";
import { haloOf, planesUseOf, runsOnPlanes } from "../plan/lower/index.ts";
import { type Halo, NO_HALO, unionHalo } from "../plan/view.ts";
import { allOf, type Conversion, type Conversions, NO_CONVERSION } from "./conversions.ts";

/** The method of a layer, by its node; `undefined` for what is no layer. */
export type MethodOf = (id: NodeId) => MethodName | undefined;

type Want =
  | { readonly form: "dense"; readonly halo: Halo }
  | { readonly form: "planes"; readonly need: PlanesNeed }
  | { readonly form: "none" };

export class ValueCosts {
  readonly #graph: Graph;
  readonly #readers: readonly (readonly NodeId[])[];
  readonly #outputs: ReadonlySet<NodeId>;
  readonly #layers: ReadonlySet<NodeId>;
  readonly #conversions: Conversions;

  constructor(graph: Graph, layers: ReadonlySet<NodeId>, conversions: Conversions) {
    this.#graph = graph;
    this.#readers = readersOf(graph);
    this.#outputs = new Set(graph.outputs.map(({ id }) => id));
    this.#layers = layers;
    this.#conversions = conversions;
  }

  /** The layers whose methods the cost of `id` depends on. */
  scopeOf(id: NodeId): readonly NodeId[] {
    const readers = this.#readers[id]!.flatMap(reader =>
      this.#layers.has(reader) ? [reader] : this.#sourcesOf(reader),
    );
    return [...new Set([...this.#sourcesOf(id), ...readers])];
  }

  /** The layers that decide the form of a value. */
  #sourcesOf(id: NodeId): NodeId[] {
    const node = this.#graph.nodes[id]!;
    if (this.#layers.has(id)) return [id];
    if (node.kind === "qadd") return this.addersOf(node);
    if (this.#isPool(node)) return this.#sourcesOf(node.inputs[0]!);
    return [];
  }

  /** Layers that an addition could be fused into, were they on planes. */
  addersOf(node: Node<"qadd">): NodeId[] {
    return [...new Set(node.inputs)].filter(id => {
      const { kind, attrs } = this.#graph.nodes[id] as Node<"qconv">;
      if (kind !== "qconv" || !this.#layers.has(id) || attrs.add !== undefined) return false;
      return this.#readers[id]!.length === 1 && !this.#outputs.has(id);
    });
  }

  /** The layer that makes the sum, if one does. */
  adderOf(node: Node<"qadd">, methodOf: MethodOf): NodeId | undefined {
    const able = this.addersOf(node).filter(id => methodOf(id) !== "kernels");
    return able.toSorted((a, b) => b - a)[0];
  }

  /** What the forms of value `id` take. */
  priceOf(id: NodeId, methodOf: MethodOf): Conversion {
    const node = this.#graph.nodes[id]!;
    const wants = this.#readers[id]!.map(reader => this.#want(id, reader, methodOf));
    const needs = needsOf(wants);
    const halo = wants.reduce(
      (sum, want) => (want.form === "dense" ? unionHalo(sum, want.halo) : sum),
      NO_HALO,
    );
    const isDense = this.#outputs.has(id) || wants.some(({ form }) => form === "dense");
    if (wants.every(({ form }) => form === "none") && !isDense) return NO_CONVERSION;
    const price = this.#conversions;
    const dense = isDense ? price.denseHalo(node, halo) : NO_CONVERSION;
    if (!this.#isOnPlanes(id, methodOf)) {
      const isChannelFirst = node.kind === "transpose" && isTo(node, TO_NHWC);
      const copies = [...needs.values()].flatMap(need => [
        price.widen(node, need, isChannelFirst),
        price.planesHalo(node, need),
      ]);
      return allOf([dense, ...copies]);
    }
    const home = homeOf(needs);
    const narrow = isDense ? price.narrow(node, home) : NO_CONVERSION;
    const splits = [...needs.values()]
      .filter(({ phases }) => phases !== home.phases)
      .flatMap(need => [price.split(node, home, need), price.planesHalo(node, need)]);
    return allOf([dense, narrow, price.planesHalo(node, home), ...splits]);
  }

  /** The layers that decide whether a transpose is left. */
  transposeScopeOf(node: Node<"transpose">): readonly NodeId[] {
    if (isTo(node, TO_NHWC)) return this.scopeOf(node.id);
    return isTo(node, TO_NCHW) ? this.#sourcesOf(node.inputs[0]!) : [];
  }

  /** Whether anything wants the image as it was, besides planes: they take it in either order. */
  needsTranspose(node: Node<"transpose">, methodOf: MethodOf): boolean {
    if (isTo(node, TO_NHWC)) {
      const readers = this.#readers[node.id]!;
      if (this.#outputs.has(node.id) || readers.length === 0) return true;
      return readers.some(reader => this.#want(node.id, reader, methodOf).form === "dense");
    }
    return !isTo(node, TO_NCHW) || !this.#isOnPlanes(node.inputs[0]!, methodOf);
  }

  #isOnPlanes(id: NodeId, methodOf: MethodOf): boolean {
    const node = this.#graph.nodes[id]!;
    if (this.#layers.has(id)) return methodOf(id) !== "kernels";
    if (node.kind === "qadd") return this.adderOf(node, methodOf) !== undefined;
    if (!this.#isPool(node)) return false;
    return planesUseOf(onPlanes(node)).result && this.#isOnPlanes(node.inputs[0]!, methodOf);
  }

  #want(id: NodeId, reader: NodeId, methodOf: MethodOf): Want {
    const node = this.#graph.nodes[reader]!;
    if (this.#layers.has(reader) && methodOf(reader) !== "kernels") {
      const form = planesUseOf(onPlanes(node)).operands[node.inputs.indexOf(id)];
      return typeof form === "object" ? { form: "planes", need: form } : DENSE;
    }
    if (node.kind === "qadd") {
      const adder = this.adderOf(node, methodOf);
      if (adder === id) return { form: "none" };
      return adder === undefined ? DENSE : { form: "planes", need: NO_NEED };
    }
    if (this.#isPool(node) && this.#isOnPlanes(id, methodOf)) {
      const form = planesUseOf(onPlanes(node)).operands[0];
      return typeof form === "object" ? { form: "planes", need: form } : { form: "none" };
    }
    const halo = node.inputs[0] === id ? haloOf(node) : NO_HALO;
    return { form: "dense", halo };
  }

  #isPool(node: Node): boolean {
    const isPool = node.kind === "max-pool" || node.kind === "qaverage-pool";
    return isPool && runsOnPlanes(node, this.#graph);
  }
}

const DENSE: Want = { form: "dense", halo: NO_HALO };

function isTo({ attrs }: Node<"transpose">, permutation: readonly number[]): boolean {
  return attrs.permutation.join() === permutation.join();
}

/** The node as it is once it reads channel planes. */
function onPlanes(node: Node): Node {
  return { ...node, attrs: { ...node.attrs, layout: "nchw" } } as Node;
}

function needsOf(wants: readonly Want[]): Map<Phases, PlanesNeed> {
  const needs = new Map<Phases, PlanesNeed>();
  for (const want of wants) {
    if (want.form !== "planes") continue;
    const known = needs.get(want.need.phases);
    needs.set(want.need.phases, known === undefined ? want.need : unionNeed(known, want.need));
  }
  return needs;
}

/** Where a producer on planes writes: in two phases only if nobody wants one. */
function homeOf(needs: ReadonlyMap<Phases, PlanesNeed>): PlanesNeed {
  return needs.get(1) ?? needs.get(2) ?? NO_NEED;
}
