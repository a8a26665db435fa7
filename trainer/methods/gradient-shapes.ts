/**
 * @file Gradient shapes: how much of a ternary weight's gradient a float weight gets.
 *
 *     z = τ · (|u| − Δ) · √k           u = w / ‖w‖, Δ on that scale, k weights kept
 *     ste          1
 *     bell         S1 = 4 σ(z) (1 − σ(z))          largest at the threshold
 *     floor        S2 = s + (1 − s) · S1           never below s
 *     normalized   S3 = S2 / rms(S2)               rms over the layer
 *     inverse      S4 = 1 − (1 − s) · S1           largest away from the threshold
 *
 * τ grows geometrically over the stage: weights near the threshold are told
 * apart ever more sharply.
 *
 * **Source** after Liu & Liu 2022 (arXiv 2212.12649), which multiplies gradients
 * by a factor like the derivative of the sigmoid; which of these is theirs is
 * not known.
 */

import { z } from "zod";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import type { MethodSchedule } from "./method.ts";

const positive = z.number().positive();
/** τ from start to end of the stage. */
const sharpness = { from: positive.default(2), to: positive.default(20) };
const floor = z.number().min(0).max(1).default(0.1);

export const shapeOptions = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ste") }),
  z.strictObject({ kind: z.literal("bell"), ...sharpness }),
  z.strictObject({ kind: z.literal("floor"), floor, ...sharpness }),
  z.strictObject({ kind: z.literal("normalized"), floor, ...sharpness }),
  z.strictObject({ kind: z.literal("inverse"), floor, ...sharpness }),
]);

export type ShapeOptions = z.output<typeof shapeOptions>;

/** Name of τ among the schedules. */
export const SHARPNESS = "sharpness";

export function shapeSchedules(options: ShapeOptions): readonly MethodSchedule[] {
  if (options.kind === "ste") return [];
  const { from, to } = options;
  return [{ name: SHARPNESS, at: progress => from * (to / from) ** progress }];
}

/** The factor of every weight, given z / τ and τ. */
export function emitShape(
  ops: Arithmetic,
  options: Exclude<ShapeOptions, { kind: "ste" }>,
  distance: NodeId,
  sharpness: NodeId,
): NodeId {
  const bell = emitBell(ops, ops.mul(distance, sharpness));
  switch (options.kind) {
    case "bell":
      return bell;
    case "floor":
      return raised(ops, bell, options.floor);
    case "normalized": {
      const shape = raised(ops, bell, options.floor);
      const axes = allAxes(ops.shapeOf(shape).length);
      const rms = ops.unary("sqrt", ops.mean(ops.mul(shape, shape), axes));
      return ops.div(shape, rms);
    }
    case "inverse":
      return ops.sub(scalar(1), ops.mul(bell, scalar(1 - options.floor)));
    default:
      return options satisfies never;
  }
}

function emitBell(ops: Arithmetic, z: NodeId): NodeId {
  const s = ops.op("sigmoid", [z], {});
  return ops.mul(ops.mul(s, ops.sub(scalar(1), s)), scalar(4));
}

function raised(ops: Arithmetic, bell: NodeId, least: number): NodeId {
  return ops.add(ops.mul(bell, scalar(1 - least)), scalar(least));
}
