/**
 * @file Decides where every value lives: which buffer, with which halo, and
 * which values share one buffer.
 *
 * Goes through the graph backwards, so that a value's place is known before
 * its operands'. An operand is computed inside the place of its only reader
 * where that reader offers one: the same bytes for elementwise ops, a slice
 * for a concatenation. A reshape is another view of its operand.
 *
 * A value whose producer writes channel planes is at home there; else in a
 * dense place. Readers that want another form read a copy. A transpose that
 * is read through a view only is another view of its operand.
 *
 * **Halo:** room around the images of a value that padded windows read, as
 * much as the most demanding reader needs, filled with what stands for zero.
 * Inputs and outputs of the model are dense; a padded window reads a copy.
 */

import { dtypeBytes } from "../../core/dtype.ts";
import { elementCount } from "../../core/shape.ts";
import { type Graph, type Node, type NodeId, readersOf } from "../../model/ir/graph.ts";
import {
  NO_NEED,
  type Phases,
  type PlanesNeed,
  type PlanesPlace,
  planesBuffer,
} from "./channel-planes.ts";
import { borderFills, type Fill } from "./frame.ts";
import { haloOf, operandViewsOf } from "./lower/index.ts";
import { formsOf, homePhases, type ValueForms } from "./value-forms.ts";
import {
  type BufferBlock,
  denseView,
  extendView,
  type Halo,
  hasHalo,
  isDense,
  NO_HALO,
  permuteView,
  reshapeView,
  unionHalo,
  type View,
} from "./view.ts";

export interface Storage {
  /** The dense place of each value but constants, and values that are wanted as planes only. */
  readonly views: ReadonlyMap<NodeId, View>;
  /** Padded copies of values whose own place has no halo. */
  readonly copies: ReadonlyMap<NodeId, View>;
  /** Channel planes of values that have any. */
  readonly planes: ReadonlyMap<NodeId, PlanesForms>;
  /** Every buffer, by name; some may turn out to be unused. */
  readonly buffers: ReadonlyMap<string, BufferBlock>;
  /** How borders are filled, by buffer name. */
  readonly frames: ReadonlyMap<string, readonly Fill[]>;
}

export interface PlanesForms {
  /** Where the producer writes; absent if it writes to the dense place. */
  readonly home?: PlanesPlace;
  /** The home, and copies. */
  readonly places: ReadonlyMap<Phases, PlanesPlace>;
}

/** The name of a value in plans and reports. */
export function labelOf(node: Node): string {
  return node.name === undefined ? `%${node.id} ${node.kind}` : `%${node.id} ${node.name}`;
}

export function assignStorage(graph: Graph): Storage {
  return new Assignment(graph).run();
}

class Assignment {
  readonly #graph: Graph;
  readonly #readers: readonly (readonly NodeId[])[];
  readonly #outputs: ReadonlySet<NodeId>;
  readonly #halos: ReadonlyMap<NodeId, Halo>;
  readonly #views = new Map<NodeId, View>();
  readonly #copies = new Map<NodeId, View>();
  readonly #planes = new Map<NodeId, PlanesForms>();
  readonly #buffers = new Map<string, BufferBlock>();
  readonly #frames = new Map<string, readonly Fill[]>();
  /** Places with room for a halo around them. */
  readonly #framed = new Set<View>();
  readonly #forms: ValueForms;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#forms = formsOf(graph);
    this.#readers = readersOf(graph);
    this.#outputs = new Set(graph.outputs.map(output => output.id));
    this.#halos = halosOf(graph);
  }

  run(): Storage {
    for (const node of this.#graph.nodes) this.#placePlanes(node);
    for (const node of this.#graph.nodes.toReversed()) this.#place(node);
    for (const node of this.#graph.nodes) this.#resolveAlias(node);
    for (const [id, halo] of this.#halos) this.#makeCopy(this.#graph.nodes[id]!, halo);
    return {
      views: this.#views,
      copies: this.#copies,
      planes: this.#planes,
      buffers: this.#buffers,
      frames: this.#frames,
    };
  }

  #place(node: Node): void {
    if (node.kind === "const" || this.#isPlanesOnly(node)) return;
    if (this.#mayBeAlias(node)) return;
    if (!this.#views.has(node.id)) this.#views.set(node.id, this.#ownPlace(node));
    this.#offer(node, this.#views.get(node.id)!);
  }

  #placePlanes(node: Node): void {
    const home = homePhases(node, this.#forms);
    const needs = new Map(this.#forms.planes.get(node.id));
    if (home !== undefined && !needs.has(home)) needs.set(home, NO_NEED);
    if (needs.size === 0) return;
    const places = new Map(
      [...needs].map(([phases, need]) => [phases, this.#planesPlace(node, need)]),
    );
    this.#planes.set(node.id, { places, ...(home && { home: places.get(home)! }) });
  }

  #planesPlace(node: Node, need: PlanesNeed): PlanesPlace {
    const name = `${labelOf(node)} (planes${need.phases === 1 ? "" : ", even and odd"})`;
    const { place, frame } = planesBuffer(name, node.type.shape, need, zeroPointOf(node));
    this.#buffers.set(name, place.block);
    this.#frames.set(name, frame);
    return place;
  }

  #isPlanesOnly({ id }: Node): boolean {
    return this.#planes.get(id)?.home !== undefined && !this.#forms.dense.has(id);
  }

  /** A reshape that nobody gave a place takes its operand's, once that is known. */
  #mayBeAlias(node: Node): boolean {
    if (node.kind === "transpose") return this.#isView(node);
    return node.kind === "reshape" && !this.#views.has(node.id) && !this.#halos.has(node.id);
  }

  /** Whether readers can take a transpose through a view of its operand. */
  #isView({ id, inputs }: Node<"transpose">): boolean {
    const [operand] = inputs as [NodeId];
    const isDense =
      this.#graph.nodes[operand]!.kind !== "const" && !this.#planes.get(operand)?.home;
    return isDense && !this.#forms.dense.has(id);
  }

  #ownPlace(node: Node): View {
    const halo = this.#isPinned(node.id) ? undefined : this.#halos.get(node.id);
    return halo === undefined ? this.#denseBuffer(node) : this.#framedBuffer(node, halo, "");
  }

  #denseBuffer(node: Node): View {
    const bytes = elementCount(node.type.shape) * elementBytes(node);
    const block = this.#buffer(labelOf(node), bytes);
    return denseView(block, node.type.shape, elementBytes(node));
  }

  #buffer(name: string, bytes: number): BufferBlock {
    const block: BufferBlock = { kind: "buffer", name, bytes };
    this.#buffers.set(name, block);
    return block;
  }

  #framedBuffer(node: Node, halo: Halo, suffix: string): View {
    const [n, h, w, c] = node.type.shape as [number, number, number, number];
    const outer = [n, h + halo.top + halo.bottom, w + halo.left + halo.right, c];
    const bytes = elementCount(outer) * elementBytes(node);
    const block = this.#buffer(`${labelOf(node)}${suffix}`, bytes);
    const whole = denseView(block, outer, elementBytes(node));
    const back = { top: -halo.top, left: -halo.left, bottom: -halo.bottom, right: -halo.right };
    const interior = extendView(whole, back);
    this.#frames.set(block.name, borderFills(interior, halo, zeroPointOf(node) & 255));
    this.#framed.add(interior);
    return interior;
  }

  /** Offers the operands of `node` places within its own. */
  #offer(node: Node, place: View): void {
    const operands = node.inputs.map(id => this.#graph.nodes[id]!);
    const taken = new Set<View>();
    for (const [index, view] of operandViewsOf(node, operands, place).entries()) {
      if (view === undefined || taken.has(view) || !this.#mayMove(operands[index]!, view)) continue;
      taken.add(view);
      this.#views.set(operands[index]!.id, view);
    }
  }

  #mayMove(operand: Node, view: View): boolean {
    return view.elementBytes === elementBytes(operand) && this.#isFree(operand);
  }

  /**
   * Whether the value may be computed anywhere, its only reader knowing where.
   * A reshape goes where its operand goes: alone it would be a copy.
   */
  #isFree({ id, kind, inputs }: Node): boolean {
    const own =
      kind !== "const" &&
      !this.#isPinned(id) &&
      !this.#views.has(id) &&
      !this.#halos.has(id) &&
      this.#readers[id]!.length === 1;
    return own && (kind !== "reshape" || this.#isFree(this.#graph.nodes[inputs[0]!]!));
  }

  /** Inputs and outputs of the model have buffers of their own, dense. */
  #isPinned(id: NodeId): boolean {
    return this.#outputs.has(id) || this.#graph.nodes[id]!.kind === "input";
  }

  #resolveAlias(node: Node): void {
    if (node.kind === "transpose" && this.#isView(node)) {
      const view = permuteView(this.#views.get(node.inputs[0]!)!, node.attrs.permutation);
      this.#views.set(node.id, view);
    }
    if (node.kind !== "reshape" || this.#views.has(node.id)) return;
    const source = this.#views.get(node.inputs[0]!);
    const view =
      source !== undefined && isDense(source)
        ? reshapeView(source, node.type.shape)
        : this.#denseBuffer(node);
    this.#views.set(node.id, view);
  }

  #makeCopy(node: Node, halo: Halo): void {
    const own = this.#views.get(node.id);
    if (own !== undefined && this.#framed.has(own)) return;
    this.#copies.set(node.id, this.#framedBuffer(node, halo, " (padded)"));
  }
}

/** The halo of each value that a padded window reads. */
function halosOf(graph: Graph): ReadonlyMap<NodeId, Halo> {
  const halos = new Map<NodeId, Halo>();
  for (const node of graph.nodes) {
    const halo = haloOf(node);
    if (!hasHalo(halo)) continue;
    const id = node.inputs[0]!;
    halos.set(id, unionHalo(halos.get(id) ?? NO_HALO, halo));
  }
  return halos;
}

/** What stands for zero: the zero point of quantised values. */
function zeroPointOf({ type }: Node): number {
  return type.quantization?.zeroPoints[0] ?? 0;
}

export function elementBytes({ type }: Node): number {
  return dtypeBytes(type.dtype);
}
