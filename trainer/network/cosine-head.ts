/**
 * @file A last layer that compares directions only.
 *
 *     logit_c = s · ⟨w_c / ‖w_c‖, f / ‖f‖⟩            s is learned
 *
 * s and ‖f‖ are positive and the same for all classes, so the largest logit is
 * that of ⟨w_c / ‖w_c‖, f⟩: what is exported is a plain product with rows of
 * length 1 and without a bias. In training a margin m makes the logit of a
 * sample's own class smaller by s·m.
 *
 * **Source** Wang et al. 2018 (CosFace, arXiv 1801.09414), section 3.
 */

import { z } from "zod";
import type { Tensor } from "../../core/tensor.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import { channelNorms } from "../methods/channels.ts";
import {
  classCount,
  type LinearStep,
  type Network,
  type Parameters,
  parameterNames,
} from "./network.ts";

const options = z.strictObject({
  kind: z.literal("cosine"),
  /** s before the first update; default: 10 for up to 12 classes, 16 for more. */
  scale: z.number().positive().optional(),
  margin: z.number().min(0).max(1).default(0),
});

export const headOptions = z
  .union([z.enum(["linear", "cosine"]), options])
  .transform((choice): HeadOptions | undefined => {
    if (choice === "linear") return undefined;
    return choice === "cosine" ? options.parse({ kind: choice }) : choice;
  });

export type HeadOptions = z.output<typeof options>;

const FEW_CLASSES = 12;
const TINY = 1e-12;

/** `network` with the head that `head` asks for. @throws train/bad-config */
export function withHead(
  { network, parameters }: { readonly network: Network; readonly parameters: Parameters },
  head: HeadOptions | undefined,
): { readonly network: Network; readonly parameters: Parameters } {
  if (head === undefined) return { network, parameters };
  const last = network.steps.at(-1)!;
  if (last.kind !== "linear" || last.product.kind !== "gemm" || last.norm || last.clamp) {
    throw new UsageError(
      problem("train/bad-config", "only a plain matrix product can be a cosine head", {
        at: "head",
        notes: [`the last layer is "${last.name}"`],
        help: 'end the model in a fully connected layer, or leave the head "linear"',
      }),
    );
  }
  const names = parameterNames(last);
  const scale = head.scale ?? (classCount(network) <= FEW_CLASSES ? 10 : 16);
  const values = new Map(parameters);
  values.delete(names.bias);
  values.set(names.headScale, { dtype: "f32", shape: [], data: Float32Array.of(scale) });
  const step: LinearStep = { ...last, bias: false, head: { margin: head.margin } };
  return {
    network: { ...network, steps: [...network.steps.slice(0, -1), step] },
    parameters: values,
  };
}

/** The logits of a cosine head. */
export function emitCosines(ops: Arithmetic, x: NodeId, weight: NodeId, scale: NodeId): NodeId {
  const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
  return ops.mul(ops.op("gemm", [unit(ops, x), unit(ops, weight)], attrs), scale);
}

/** The rows of `weight` at length 1, for a plain product. */
export function unitRows({ shape, data }: Tensor<"f32">): Tensor<"f32"> {
  const depth = data.length / shape[0]!;
  const lengths = channelNorms(data, shape);
  const rows = data.map((w, i) => w / (lengths[Math.floor(i / depth)]! || 1));
  return { dtype: "f32", shape, data: rows };
}

function unit(ops: Arithmetic, rows: NodeId): NodeId {
  const square = ops.sum(ops.mul(rows, rows), [1], true);
  return ops.div(rows, ops.unary("sqrt", ops.max(square, scalar(TINY))));
}
