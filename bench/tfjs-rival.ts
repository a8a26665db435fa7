/**
 * @file TensorFlow.js on its WebAssembly backend (XNNPACK), as a rival: our
 * float graph walked op by op, channels last, bias and activation fused into
 * the convolutions as that library offers it.
 *
 * Its input tensor and constants are made once, outside the timed call.
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { preparePasses, runPasses } from "../compiler/passes/index.ts";
import type { Interval } from "../core/interval.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Window } from "../model/ir/attributes.ts";
import type { Graph, Node, NodeId } from "../model/ir/graph.ts";
import type { Candidate } from "./timing.ts";

type Padding = tf.backend_util.ExplicitPadding | "valid";
type Operands = readonly tf.Tensor[];
/** What fused convolutions can end with. */
type Activation = "linear" | "relu" | "relu6";

/** A candidate named `tfjs-wasm`; its `run` returns the first output's values. */
export async function openTfjs(graph: Graph, input: Tensor<"f32">): Promise<Candidate> {
  const wasm = fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
  setWasmPaths(`${dirname(wasm)}/`);
  await tf.setBackend("wasm");
  const prepared = runPasses(graph, preparePasses({ weights: "f32" }));
  const constants = new Map<NodeId, tf.Tensor>();
  prepared.nodes.forEach((node, index) => {
    const id = index as NodeId;
    if (node.kind === "const") constants.set(id, constantOf(prepared, node, id));
  });
  const image = tf.tensor([...input.data], [...input.shape]);
  const run = (): Float32Array => {
    const result = tf.tidy(() => evaluate(prepared, constants, image));
    const values = result.dataSync() as Float32Array;
    result.dispose();
    return values;
  };
  return { name: "tfjs-wasm", run };
}

function evaluate(
  graph: Graph,
  constants: ReadonlyMap<NodeId, tf.Tensor>,
  image: tf.Tensor,
): tf.Tensor {
  const values: tf.Tensor[] = [];
  graph.nodes.forEach((node, index) => {
    if (node.kind === "const") values.push(constants.get(index as NodeId)!);
    else if (node.kind === "input") values.push(image);
    else values.push(applyNode(node, node.inputs.map(i => values[i]!) as Operands));
  });
  return values[graph.outputs[0]!.id]!;
}

/**
 * Convolution filters as that library keeps them: height, width, channels in,
 * channels out; matrices as [in, out], since its product with a transposed
 * operand is wrong for some sizes.
 */
function constantOf(graph: Graph, { attrs: { tensor } }: Node<"const">, id: NodeId): tf.Tensor {
  const value = tf.tensor([...(tensor.data as Float32Array)], [...tensor.shape]);
  const user = graph.nodes.find(
    node => (node.kind === "conv" || node.kind === "gemm") && node.inputs[1] === id,
  );
  if (user?.kind === "gemm") return user.attrs.transposeB ? tf.transpose(value) : value;
  if (user?.kind !== "conv") return value;
  return tf.transpose(value, user.attrs.group > 1 ? [2, 3, 0, 1] : [2, 3, 1, 0]);
}

function applyNode(node: Node, [x, y, z]: Operands): tf.Tensor {
  switch (node.kind) {
    case "conv":
      return convolve(node, x as tf.Tensor4D, y as tf.Tensor4D, z);
    case "gemm": {
      const operands = { a: x as tf.Tensor2D, b: y as tf.Tensor2D };
      const activation = activationOf(node.attrs.clamp);
      return tf.fused.matMul({ ...operands, ...withBias(z), activation });
    }
    case "clamp":
      return tf.clipByValue(x!, node.attrs.min, node.attrs.max);
    case "add":
      return tf.add(x!, y!);
    case "max-pool":
      return tf.maxPool(x as tf.Tensor4D, ...windowOf(node.attrs));
    case "average-pool":
      return tf.avgPool(x as tf.Tensor4D, ...windowOf(node.attrs));
    case "transpose":
      return tf.transpose(x!, [...node.attrs.permutation]);
    case "reshape":
      return tf.reshape(x!, [...node.attrs.shape]);
    case "softmax":
      return tf.softmax(x!, node.attrs.axis);
    default:
      throw new Error(`the TensorFlow.js rival has no ${node.kind}`);
  }
}

function convolve(
  { attrs }: Node<"conv">,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor | undefined,
): tf.Tensor {
  const request = {
    x,
    filter,
    strides: [...attrs.strides] as [number, number],
    pad: paddingOf(attrs) as unknown as number,
    dilations: [...attrs.dilations] as [number, number],
    ...withBias(bias),
    activation: activationOf(attrs.clamp),
  };
  if (attrs.group === 1) return tf.fused.conv2d(request);
  if (filter.shape[3] === 1) return tf.fused.depthwiseConv2d(request);
  throw new Error("the TensorFlow.js rival has no grouped convolution but depthwise ones");
}

const withBias = (bias: tf.Tensor | undefined): { bias?: tf.Tensor } =>
  bias === undefined ? {} : { bias };

function activationOf(clamp: Interval | undefined): Activation {
  if (clamp === undefined || (clamp.min === -Infinity && clamp.max === Infinity)) return "linear";
  if (clamp.min === 0 && clamp.max === Infinity) return "relu";
  if (clamp.min === 0 && clamp.max === 6) return "relu6";
  throw new Error(`the TensorFlow.js rival has no clamp to ${clamp.min} … ${clamp.max}`);
}

function windowOf(window: Window): [[number, number], [number, number], Padding] {
  const { kernel, strides } = window;
  return [[...kernel] as [number, number], [...strides] as [number, number], paddingOf(window)];
}

/** Not a number: that library takes the kernel for square then. */
function paddingOf({ pads: [top, left, bottom, right] }: Window): Padding {
  if (top + left + bottom + right === 0) return "valid";
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}
