/** @file The methods of layers; see plane-methods.ts for those on channel planes. */

import type { MethodName } from "../../../core/abi.ts";
import type { Tensor } from "../../../core/tensor.ts";

export type PlaneMethodName = Exclude<MethodName, "kernels">;

/**
 * The method of each layer, by its weights: rewrites change ids and names, but
 * keep tensors. Layers that share their weights share the method.
 */
export type Methods = ReadonlyMap<Tensor, MethodName>;
