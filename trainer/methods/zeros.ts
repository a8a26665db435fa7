/** @file Shares of zeros: one for all layers, or one for each by its name. */

import { z } from "zod";

const share = z.number().min(0).max(1);

/** Stands for the layers that are not named. */
export const OTHERS = "*";

/** A share, or shares by name of the layer. */
export const layerZeros = z.union([share, z.record(z.string(), share)]).default(0.5);

export type LayerZeros = z.output<typeof layerZeros>;

/** The share of `layer`. Requires that `zeros` names it, or the others. */
export function zerosOf(zeros: LayerZeros, layer: string): number {
  if (typeof zeros === "number") return zeros;
  return zeros[layer] ?? zeros[OTHERS] ?? 0;
}

/** What a method with these shares says of the layers that it names. */
export function namesIn(zeros: LayerZeros | undefined): { readonly names?: readonly string[] } {
  return zeros === undefined || typeof zeros === "number" ? {} : { names: Object.keys(zeros) };
}
