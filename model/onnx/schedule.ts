/** @file Checks the names of a graph's values and puts its nodes in an order that can be run. */

import { type Diagnostic, ModelError, problem } from "../diagnostics/diagnostic.ts";
import type { GraphProto, NodeProto } from "./proto/onnx_pb.ts";

/** `node "x" (Conv), output "y"`: how messages name a node. */
export function placeOf(node: NodeProto): string {
  const name = node.name === "" ? "" : ` "${node.name}"`;
  const output = node.output.find(value => value !== "");
  const shown = output === undefined ? "" : `, output "${output}"`;
  return `node${name} (${node.opType})${shown}`;
}

/**
 * The nodes, each after those that it reads; the given order where that is one.
 *
 * @throws onnx/bad-graph listing every duplicate name, missing value and cycle
 */
export function scheduleNodes(graph: GraphProto): readonly NodeProto[] {
  const names = new Names(graph);
  const found = [...names.problems, ...wrongUses(graph, names)];
  if (found.length > 0) throw new ModelError(...found);
  return sorted(graph.node, names.producers);
}

/** Who makes each value. */
class Names {
  /** Inputs and initialisers have no node. */
  readonly producers = new Map<string, NodeProto | undefined>();
  readonly problems: Diagnostic[] = [];

  constructor(graph: GraphProto) {
    // An initialiser may share its name with an input: it is then that input's default.
    for (const { name } of graph.initializer)
      this.#define(name, undefined, `initializer "${name}"`);
    const defaults = new Set(this.producers.keys());
    for (const { name } of graph.input) {
      if (!defaults.delete(name)) this.#define(name, undefined, `input "${name}"`);
    }
    for (const node of graph.node) {
      for (const name of node.output) if (name !== "") this.#define(name, node, placeOf(node));
    }
  }

  #define(name: string, node: NodeProto | undefined, at: string): void {
    if (name === "") {
      this.problems.push(badGraph("a value has no name", at));
    } else if (this.producers.has(name)) {
      this.problems.push(badGraph(`two values are named "${name}"`, at));
    } else {
      this.producers.set(name, node);
    }
  }
}

function badGraph(message: string, at: string): Diagnostic {
  return problem("onnx/bad-graph", message, {
    at,
    help: "export the model again; onnx.checker.check_model shows whether the file is valid",
  });
}

function wrongUses(graph: GraphProto, { producers }: Names): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const node of graph.node) {
    for (const name of node.input) {
      if (name !== "" && !producers.has(name)) {
        found.push(badGraph(`the node reads "${name}", which nothing produces`, placeOf(node)));
      }
    }
  }
  const outputs = new Set<string>();
  for (const { name } of graph.output) {
    if (!producers.has(name)) {
      found.push(badGraph("nothing produces this output of the graph", `output "${name}"`));
    }
    if (outputs.has(name)) {
      found.push(badGraph("the graph lists this output twice", `output "${name}"`));
    }
    outputs.add(name);
  }
  if (graph.output.length === 0) found.push(badGraph("the graph has no outputs", "graph"));
  return found;
}

type Producers = ReadonlyMap<string, NodeProto | undefined>;

/** Depth first, with a stack of its own: chains may be longer than the call stack. */
function sorted(nodes: readonly NodeProto[], producers: Producers): readonly NodeProto[] {
  const done = new Set<NodeProto>();
  const order: NodeProto[] = [];
  for (const root of nodes) {
    const path: NodeProto[] = done.has(root) ? [] : [root];
    const open = new Set(path);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const next = waitingFor(node, producers, done);
      if (next === undefined) {
        path.pop();
        open.delete(node);
        done.add(node);
        order.push(node);
        continue;
      }
      if (open.has(next)) throw cycle(path.slice(path.indexOf(next)));
      path.push(next);
      open.add(next);
    }
  }
  return order;
}

function waitingFor(
  node: NodeProto,
  producers: Producers,
  done: ReadonlySet<NodeProto>,
): NodeProto | undefined {
  for (const name of node.input) {
    const producer = producers.get(name);
    if (producer !== undefined && !done.has(producer)) return producer;
  }
  return undefined;
}

function cycle(nodes: readonly NodeProto[]): ModelError {
  const notes = nodes.map(node => `${placeOf(node)} is part of the cycle`);
  return new ModelError({
    ...badGraph("nodes read each other's results in a cycle", placeOf(nodes[0]!)),
    notes,
  });
}
