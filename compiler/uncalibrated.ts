/** @file What a compilation without samples leaves undone, as one warning. */

import type { ActivationChoice, OptimizeChoice, WeightChoice } from "../core/abi.ts";
import { type Diagnostic, warning } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { runsOnPlanes } from "./plan/lower/index.ts";

export interface Wishes {
  readonly weights: WeightChoice;
  readonly activations: ActivationChoice;
  readonly optimize: OptimizeChoice;
}

/** At most one warning: what was wished for and takes ranges. `dense` is what the passes made without. */
export function uncalibrated(dense: Graph, wishes: Wishes): readonly Diagnostic[] {
  const isAimless = gainsNothing(dense, wishes);
  const [message, ...notes] = [
    ...realActivations(wishes),
    ...(isAimless ? [codeless(wishes)] : []),
  ];
  if (message === undefined) return [];
  const samples = "give samples of the model's data to calibrate on: --calibrate KIND:PATH";
  const help =
    isAimless && wishes.weights === "auto" && !hasTrits(dense)
      ? `${samples}, and --weights ternary`
      : samples;
  return [warning("compile/needs-calibration", message, { notes, help })];
}

function realActivations({ weights, activations }: Wishes): string[] {
  const isHalf = weights === "ternary" || weights === "int8";
  return [
    ...(isHalf ? [`only the weights are ${weights}; activations stay f32`] : []),
    ...(activations === "int8"
      ? []
      : [`--activations ${activations} has no effect: there are no samples to tell ranges from`]),
    ...(isHalf ? ["8-bit activations are several times as fast"] : []),
  ];
}

function codeless({ optimize }: Wishes): string {
  return `--optimize ${optimize} has no choice: lists and code are for ternary weights and integer activations`;
}

/** Whether all layers are left to kernels because they compute with real numbers. */
function gainsNothing(dense: Graph, { weights, optimize }: Wishes): boolean {
  if (optimize === "size" || weights === "f32" || weights === "int8") return false;
  const isReal = dense.nodes.some(({ kind }) => kind === "conv");
  return isReal && !dense.nodes.some(node => runsOnPlanes(node, dense));
}

function hasTrits({ nodes }: Graph): boolean {
  return nodes.some(node => node.kind === "const" && node.attrs.tensor.dtype === "i2");
}
