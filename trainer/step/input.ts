/** @file The network's input: 8-bit samples as they are stored, centred and scaled. */

import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import type { Network } from "../network/network.ts";

/** x = (stored − mean)·scale; the mean is an integer of the stored type. */
export interface InputQuantization {
  readonly dtype: "u8" | "i8";
  readonly mean: number;
  /** f32 */
  readonly scale: number;
}

/** Adds the input `name` for `batch` samples; returns the centred and scaled values. */
export function emitInput(
  ops: Arithmetic,
  network: Network,
  input: InputQuantization,
  batch: number,
): NodeId {
  return ops.mul(emitCentred(ops, network, input, batch), scalar(input.scale));
}

/** The integers stored − mean, as f32. */
export function emitCentred(
  ops: Arithmetic,
  network: Network,
  input: InputQuantization,
  batch: number,
): NodeId {
  const stored = emitStored(ops, network, input, batch);
  const samples = ops.op("cast", [stored], { to: "f32" });
  return input.mean === 0 ? samples : ops.sub(samples, scalar(input.mean));
}

/** The samples as they are stored. */
export function emitStored(
  ops: Arithmetic,
  { input: { name, shape } }: Network,
  { dtype }: InputQuantization,
  batch: number,
): NodeId {
  return ops.builder.input(name, dtype, [batch, ...shape]);
}
