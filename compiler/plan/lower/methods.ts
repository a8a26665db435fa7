/** @file Names of the ways to compute a layer. */

import type { Tensor } from "../../../core/tensor.ts";

/** On channel planes; see plane-methods.ts. */
export const PLANE_METHOD_NAMES = ["code", "lists"] as const;
export type PlaneMethodName = (typeof PLANE_METHOD_NAMES)[number];

/** `kernels`: library kernels on dense, channel-last images. */
export type MethodName = "kernels" | PlaneMethodName;

/**
 * The method of each layer, by its weights: rewrites change ids and names, but
 * keep tensors. Layers that share their weights share the method.
 */
export type Methods = ReadonlyMap<Tensor, MethodName>;
