/** @file The formats of calibrated activations: which values take which, and what their integers mean. */

import type { ActivationChoice } from "../../core/abi.ts";
import type { Interval } from "../../core/interval.ts";
import type { Quantization } from "../../core/requantize.ts";
import type { Node } from "../../model/ir/graph.ts";

/** Steps between the least and the greatest of 8 bits. */
const STEPS = 255;
const LOWEST = -128;
/** The largest unsigned 7-bit and 4-bit values. */
const HIGHEST_U7 = 127;
const HIGHEST_U4 = 15;

/** A quantisation, and the real values that it cuts off where its format has fewer than 8 bits. */
export interface HeldValue extends Quantization {
  readonly clamp?: Interval;
}

/** The quantisation that covers `min`…`max` and holds 0 exactly; `u7` and `u4` where nothing is negative. */
export function quantizationFor(
  [min, max]: readonly [number, number],
  activations: ActivationChoice = "int8",
): HeldValue {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  if (activations === "u4" && low === 0) {
    const scale = Math.fround(high / HIGHEST_U4) || 1;
    return { scale, zeroPoint: 0, clamp: { min: 0, max: Math.fround(HIGHEST_U4 * scale) } };
  }
  if (activations !== "int8" && low === 0) {
    return { scale: Math.fround(high / HIGHEST_U7) || 1, zeroPoint: 0 };
  }
  const scale = Math.fround((high - low) / STEPS) || 1;
  return { scale, zeroPoint: LOWEST + Math.min(Math.round(-low / scale), STEPS) };
}

/** The format in which the value of `node` is held; only results of a ReLU take 4 bits. */
export function formatOf(node: Node, activations: ActivationChoice): ActivationChoice {
  if (activations !== "u4") return activations;
  const isLayer = node.kind === "conv" || node.kind === "gemm";
  const clamp = isLayer ? node.attrs.clamp : node.kind === "clamp" ? node.attrs : undefined;
  return clamp !== undefined && clamp.min >= 0 ? "u4" : "u7";
}

/** How many values the integers of `node` can have. */
export function levelsOf(node: Node, activations: ActivationChoice): number {
  return formatOf(node, activations) === "u4" ? HIGHEST_U4 + 1 : STEPS + 1;
}
