/** @file The networks that are timed: built here, with seeded random weights and inputs. */

import { Random } from "../core/random.ts";
import { elementCount, type Shape } from "../core/shape.ts";
import { type Tensor, tensorOf } from "../core/tensor.ts";
import type { Graph, Node, NodeId } from "../model/ir/graph.ts";
import type { Rewriter } from "../model/ir/rewrite.ts";
import { rewrite } from "../model/ops/index.ts";
import { modelKind } from "../trainer/models/index.ts";
import type { ModelKind } from "../trainer/models/model.ts";
import { matrixVector } from "./matrix-vector.ts";
import { resnet18 } from "./resnet18.ts";

export interface Net {
  readonly name: string;
  /** One f32 image, [1, C, H, W]. */
  readonly graph: Graph;
  readonly input: Tensor<"f32">;
  /** Inputs to calibrate 8-bit activations on. */
  readonly samples: readonly Readonly<Record<string, Tensor>>[];
  /** What rivals run instead: a smaller dense network that is as accurate. */
  readonly rival?: Net;
}

export interface Recipe {
  readonly name: string;
  readonly kind: ModelKind;
  /** [C, H, W] */
  readonly image: Shape;
  readonly classes: number;
  /** 1 unless told. */
  readonly width?: number;
  /** Name of the network that rivals run. */
  readonly rival?: string;
}

const [lenet5, dscnn, resnet8, mobileNet] = ["lenet5", "dscnn", "resnet8", "mobilenet-v1"].map(
  name => modelKind(name)!,
) as [ModelKind, ModelKind, ModelKind, ModelKind];

const RECIPES: readonly Recipe[] = [
  { name: "lenet5", kind: lenet5, image: [1, 28, 28], classes: 10 },
  { name: "dscnn", kind: dscnn, image: [1, 49, 10], classes: 12 },
  { name: "resnet8", kind: resnet8, image: [3, 32, 32], classes: 10 },
  {
    name: "resnet8-1.5",
    kind: resnet8,
    image: [3, 32, 32],
    classes: 10,
    width: 1.5,
    rival: "resnet8",
  },
  { name: "mobilenet-0.25", kind: mobileNet, image: [3, 96, 96], classes: 2 },
  { name: "mobilenet", kind: mobileNet, image: [3, 224, 224], classes: 1000, width: 4 },
  { name: "resnet18", kind: resnet18, image: [3, 224, 224], classes: 1000 },
  { name: "gemv", kind: matrixVector, image: [1024, 1, 1], classes: 1024 },
];

const SEED = 1;
const SAMPLE_COUNT = 8;

export const NET_NAMES: readonly string[] = RECIPES.map(recipe => recipe.name);

export function buildNet(name: string): Net {
  return netOf(RECIPES.find(recipe => recipe.name === name)!);
}

export function netOf({ name, kind, image, classes, width = 1, rival }: Recipe): Net {
  const graph = kind.build({ input: image, classes, width, seed: SEED });
  const random = new Random(SEED);
  const inputName = (graph.nodes[graph.inputs[0]!]! as Node<"input">).attrs.name;
  const images = Array.from({ length: SAMPLE_COUNT }, () => randomImage([1, ...image], random));
  return {
    name,
    graph,
    input: images[0]!,
    samples: images.map(x => ({ [inputName]: x })),
    ...(rival === undefined ? {} : { rival: buildNet(rival) }),
  };
}

/**
 * The same network with random ternary weights of which `zeros` (0 to 1) are
 * zero; depthwise filters stay dense.
 */
export function ternaryNet(net: Net, zeros: number): Net {
  const random = new Random(SEED, "ternary", zeros);
  const replace = (node: Node<"conv" | "gemm">, b: Rewriter): NodeId | undefined => {
    const weights = b.constantOf(node.inputs[1]!);
    const isDepthwise = node.kind === "conv" && node.attrs.group > 1;
    if (weights === undefined || isDepthwise) return undefined;
    const trits = ternaryLike(weights, zeros, random);
    const inputs = node.inputs.with(1, b.constant(trits));
    return b.add(node.kind, inputs, node.attrs, node.name);
  };
  return { ...net, graph: rewrite(net.graph, { conv: replace, gemm: replace }) };
}

/** Variance as He et al. 2015 have it, so that activations neither die nor grow. */
function ternaryLike({ shape, data }: Tensor, zeros: number, random: Random): Tensor<"f32"> {
  const fanIn = data.length / shape[0]!;
  const scale = Math.fround(Math.sqrt(2 / (fanIn * (1 - zeros))));
  const trit = (): number => (random.uniform() < zeros ? 0 : 2 * random.integer(0, 1) - 1);
  return tensorOf(
    "f32",
    shape,
    Array.from({ length: data.length }, () => scale * trit()),
  );
}

function randomImage(shape: Shape, random: Random): Tensor<"f32"> {
  const pixels = Array.from({ length: elementCount(shape) }, () => 2 * random.uniform() - 1);
  return tensorOf("f32", shape, pixels);
}
