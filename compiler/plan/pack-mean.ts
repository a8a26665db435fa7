/** @file Packs the mean term behind the parameters of an epilogue: assembly/mean-layout.ts. */

import type { MeanTerm } from "../../core/mean-term.ts";
import { alignUp, BLOCK_ALIGNMENT } from "./plan.ts";

/** Channels to which tables are padded for the kernels that end such a layer. */
export const MEAN_NR = 8;

/** `block`, and behind it `i32 fraction, 0, 0, 0; i16 mean[C]`. */
export function withMeans(
  block: Uint8Array,
  { fraction, multipliers }: Pick<MeanTerm, "fraction" | "multipliers">,
): Uint8Array {
  const means = new Int16Array(alignUp(multipliers.length, MEAN_NR));
  means.set(multipliers);
  const bytes = new Uint8Array(block.length + BLOCK_ALIGNMENT + means.byteLength);
  bytes.set(block);
  bytes.set(new Uint8Array(Int32Array.of(fraction).buffer), block.length);
  bytes.set(new Uint8Array(means.buffer), block.length + BLOCK_ALIGNMENT);
  return bytes;
}
