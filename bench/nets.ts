/** @file The networks that are timed: built here, with seeded random weights and inputs. */

import { Random } from "../core/random.ts";
import { elementCount, type Shape } from "../core/shape.ts";
import { type Tensor, tensorOf } from "../core/tensor.ts";
import type { Graph, Node, NodeId } from "../model/ir/graph.ts";
import type { Rewriter } from "../model/ir/rewrite.ts";
import { rewrite } from "../model/ops/index.ts";
import { modelKind } from "../trainer/models/index.ts";

export interface Net {
  readonly name: string;
  /** One f32 image, [1, C, H, W]. */
  readonly graph: Graph;
  readonly input: Tensor<"f32">;
  /** Inputs to calibrate 8-bit activations on. */
  readonly samples: readonly Readonly<Record<string, Tensor>>[];
}

interface Recipe {
  readonly kind: string;
  /** [C, H, W] */
  readonly image: Shape;
  readonly classes: number;
}

const RECIPES: readonly Recipe[] = [
  { kind: "lenet5", image: [1, 28, 28], classes: 10 },
  { kind: "dscnn", image: [1, 49, 10], classes: 12 },
  { kind: "resnet8", image: [3, 32, 32], classes: 10 },
];

const SEED = 1;
const SAMPLE_COUNT = 8;

export const NET_NAMES: readonly string[] = RECIPES.map(recipe => recipe.kind);

export function buildNet(name: string): Net {
  const recipe = RECIPES.find(({ kind }) => kind === name)!;
  const { image, classes } = recipe;
  const graph = modelKind(name)!.build({ input: image, classes, width: 1, seed: SEED });
  const random = new Random(SEED);
  const inputName = (graph.nodes[graph.inputs[0]!]! as Node<"input">).attrs.name;
  const images = Array.from({ length: SAMPLE_COUNT }, () => randomImage([1, ...image], random));
  return { name, graph, input: images[0]!, samples: images.map(x => ({ [inputName]: x })) };
}

/** The same network with random ternary weights of which `zeros` (0 to 1) are zero. */
export function ternaryNet(net: Net, zeros: number): Net {
  const random = new Random(SEED, "ternary", zeros);
  const replace = (node: Node<"conv" | "gemm">, b: Rewriter): NodeId | undefined => {
    const weights = b.constantOf(node.inputs[1]!);
    if (weights === undefined || weights.data.length === weights.shape[0]! * 9) return undefined;
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
