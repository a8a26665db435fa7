/** @file A small graph whose gradients are checked numerically, and where its inputs are drawn from. */

import { elementCount, type Shape } from "../../../core/shape.ts";
import type { OpAttributes, Window } from "../../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../../model/ir/build.ts";
import type { NodeId, OpKind } from "../../../model/ir/graph.ts";

export interface GradientCase {
  readonly name: string;
  /** Shapes of the free inputs. */
  readonly shapes: readonly Shape[];
  /** Where inputs are drawn from: away from kinks and poles. */
  readonly from?: (u: number, index: number) => number;
  build(b: GraphBuilder, inputs: readonly NodeId[]): NodeId;
}

export type GradientCases = { readonly [K in OpKind]?: readonly GradientCase[] };

/** A square window. */
export const window = (kernel: number, stride: number, pad: number, dilation = 1): Window => ({
  kernel: [kernel, kernel],
  strides: [stride, stride],
  pads: [pad, pad, pad, pad],
  dilations: [dilation, dilation],
});

/** A graph of one node. */
export function op<K extends OpKind>(
  kind: K,
  name: string,
  shapes: readonly Shape[],
  attrs: OpAttributes[K],
  from?: (u: number, index: number) => number,
): GradientCase {
  return {
    name,
    shapes,
    ...(from && { from }),
    build: (b, inputs) => b.add(kind, inputs, attrs),
  };
}

/** Uniform in −1…1 without a neighbourhood of 0. */
export const awayFromZero = (u: number): number => (u < 0.5 ? -1.2 + 2 * u : 0.2 + 2 * (u - 0.5));
export const positive = (u: number): number => 0.5 + u;
/** Distinct numbers at least 0.1 apart, in shuffled order: no ties, no crossings. */
export const spaced = (u: number, index: number): number =>
  ((index * 7) % 50) * 0.1 - 2.45 + 0.02 * u;

export function valuesFor(gradientCase: GradientCase, uniform: () => number): Float32Array[] {
  const from = gradientCase.from ?? ((u: number): number => 2 * u - 1);
  let index = 0;
  return gradientCase.shapes.map(shape =>
    Float32Array.from({ length: elementCount(shape) }, () => from(uniform(), index++)),
  );
}
