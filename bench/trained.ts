/**
 * @file Trained networks in place of random ones: those of `models/` that are
 * of the same architecture and about as sparse as a variant asks for.
 */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Random } from "../core/random.ts";
import { elementCount } from "../core/shape.ts";
import { type Tensor, tensorOf } from "../core/tensor.ts";
import type { Node } from "../model/ir/graph.ts";
import { readOnnx } from "../model/onnx/index.ts";
import type { Net } from "./nets.ts";
import type { Variant } from "./variants.ts";

const MODELS = fileURLToPath(new URL("../models/", import.meta.url));
/** A trained network stands in where its share of zeros is this close. */
const TOLERANCE = 0.05;

const index = z.array(
  z.looseObject({
    file: z.string(),
    /** Its name in `nets.ts`. */
    net: z.string().optional(),
    zeros: z.number(),
  }),
);

/** The network that stands in for `net` with random weights, if there is one. */
export function trainedNet(net: Net, { zeros }: Variant): Net | undefined {
  if (zeros === undefined) return undefined;
  const path = `${MODELS}index.json`;
  if (!existsSync(path)) return undefined;
  const entries = index.parse(JSON.parse(readFileSync(path, "utf8")));
  const near = entries
    .filter(entry => entry.net === net.name && Math.abs(entry.zeros - zeros) <= TOLERANCE)
    .toSorted((a, b) => Math.abs(a.zeros - zeros) - Math.abs(b.zeros - zeros));
  return near[0] && readNet(net.name, `${MODELS}${near[0].file}`);
}

/** The input of a trained network holds pixels; random ones serve a timing as well. */
function readNet(name: string, path: string): Net {
  const graph = readOnnx(readFileSync(path));
  const { attrs } = graph.nodes[graph.inputs[0]!] as Node<"input">;
  const random = new Random(1, "trained");
  const count = elementCount(attrs.shape);
  const pixels = tensorOf(
    attrs.dtype,
    attrs.shape,
    Array.from({ length: count }, () => random.integer(0, 255)),
  ) as Tensor<"f32">;
  return { name, graph, input: pixels, samples: [{ [attrs.name]: pixels }] };
}
