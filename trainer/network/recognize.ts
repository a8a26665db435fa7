/**
 * @file Reads a network off a float graph: constants become parameters, batch
 * normalisations and ReLUs join the step that feeds them.
 *
 * A final softmax is left out: training works on logits.
 */

import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../../model/ir/graph.ts";
import type { Network, Parameters } from "./network.ts";
import { NetworkDraft } from "./network-draft.ts";
import { type InputConvention, recognizeInput } from "./recognize-input.ts";
import { recognizeNode } from "./recognize-node.ts";

export interface RecognizedNetwork {
  readonly network: Network;
  readonly parameters: Parameters;
  /** What the graph does to its input first; absent if that is of another type. */
  readonly convention?: InputConvention;
}

/** @throws train/unsupported-model: every node that cannot be trained, at once */
export function recognizeNetwork(graph: Graph): RecognizedNetwork {
  if (graph.inputs.length !== 1 || graph.outputs.length !== 1) throw wrongEnds(graph);
  const draft = new NetworkDraft(graph);
  const convention = recognizeInput(draft);
  const problems: Diagnostic[] = [];
  for (const node of graph.nodes) {
    if (node.kind === "const" || node.kind === "input") continue;
    if (draft.stepOf(node.id) !== undefined) continue;
    const step = recognizeNode(draft, node);
    if (step !== undefined) draft.assign(node.id, step);
    // What reads a refused node is refused too, without a message of its own.
    else if (operandsKnown(draft, node)) problems.push(untrainable(node));
  }
  problems.push(...checkOutput(draft));
  if (problems.length > 0) throw new ModelError(...problems);
  const input = graph.nodes[graph.inputs[0]!] as Node<"input">;
  const { name } = input.attrs;
  return {
    network: {
      name: graph.name,
      input: { name, shape: input.type.shape.slice(1) },
      steps: draft.steps,
    },
    parameters: draft.parameters,
    ...(convention && { convention }),
  };
}

function operandsKnown(draft: NetworkDraft, node: Node): boolean {
  return node.inputs.every(
    id => draft.stepOf(id) !== undefined || draft.graph.nodes[id]!.kind === "const",
  );
}

/** The last step must give one score per class. */
function checkOutput(draft: NetworkDraft): Diagnostic[] {
  const [output] = draft.graph.outputs;
  const index = draft.stepOf(output!.id);
  if (index === undefined) return [];
  const last = draft.steps[index];
  const isLast = index === draft.steps.length - 1;
  if (isLast && last?.kind === "linear" && last.shape.length === 1) return [];
  return [
    problem("train/unsupported-model", "the model does not end in one score per class", {
      at: output!.name,
      help: "end it in a matrix product (a fully connected layer), with or without a softmax",
    }),
  ];
}

function untrainable(node: Node): Diagnostic {
  return problem(
    "train/unsupported-model",
    `cannot train through "${node.kind}" as it is used here`,
    {
      at: node.name ?? `%${node.id}`,
      notes: [
        "trainable: convolutions and matrix products with constant weights, each followed by " +
          "batch normalisation and ReLU or Clip; sums of two values; pooling; reshapes",
      ],
      help: "train a model of these parts, or compile this one without training",
    },
  );
}

function wrongEnds({ name, inputs, outputs }: Graph): ModelError {
  return new ModelError(
    problem("train/unsupported-model", "a trainable model has one input and one output", {
      at: name,
      notes: [`it has ${inputs.length} inputs and ${outputs.length} outputs`],
      help: "export the part that classifies, from the image to the scores",
    }),
  );
}
