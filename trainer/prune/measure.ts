/**
 * @file What a graph computes on samples, on average: graphs whose outputs are
 * statistics of one sample, and the run that averages them.
 */

import { type Tensor, toNumbers } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import type { Engine } from "../engine/engine.ts";

/** Averages by name of the output. */
export type Averages = ReadonlyMap<string, Float64Array>;

export interface Measuring {
  /** Absent: the reference evaluator, which is slow. */
  readonly engine?: Engine | undefined;
  /** Inputs of the graph, one batch each. */
  readonly inputs: readonly Tensor[];
  /** Called after each input. */
  readonly tick?: (() => void) | undefined;
}

/** The statistics that `add` makes of a graph's values, as the only outputs. */
export function graphOfStatistics(
  graph: Graph,
  add: (builder: GraphBuilder, idOf: (id: NodeId) => NodeId) => Readonly<Record<string, NodeId>>,
): Graph {
  const builder = graphBuilder();
  const copies: NodeId[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(id => copies[id]!);
    copies.push(builder.copy({ ...node, inputs } as typeof node));
  }
  const outputs = add(builder, id => copies[id]!);
  return builder.finish(
    graph.name,
    Object.entries(outputs).map(([name, id]) => ({ name, id })),
  );
}

/** Each output of `graph`, averaged over `inputs`. */
export async function averageOutputs(
  graph: Graph,
  { engine, inputs, tick }: Measuring,
): Promise<Averages> {
  const sums = new Map<string, Float64Array>();
  const name = inputName(graph);
  const session = await engine?.open(writeOnnx(graph));
  try {
    for (const input of inputs) {
      const feeds = { [name]: input };
      const outputs = session === undefined ? evaluate(graph, feeds) : await session.run(feeds);
      for (const [output, value] of Object.entries(outputs)) accumulate(sums, output, value);
      tick?.();
    }
  } finally {
    await session?.release();
  }
  return new Map([...sums].map(([output, sum]) => [output, sum.map(v => v / inputs.length)]));
}

function accumulate(sums: Map<string, Float64Array>, name: string, value: Tensor): void {
  const values = toNumbers(value);
  const sum = sums.get(name) ?? new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) sum[i]! += values[i]!;
  sums.set(name, sum);
}

function inputName(graph: Graph): string {
  const node = graph.nodes[graph.inputs[0]!]!;
  return node.kind === "input" ? node.attrs.name : "";
}
