/** @file What a built-in model is: a float network for given images and classes. */

import type { Shape } from "../../core/shape.ts";
import type { Graph } from "../../model/ir/graph.ts";

export interface ModelRequest {
  /** [C, H, W] of an image. */
  readonly input: Shape;
  readonly classes: number;
  /** Multiplies the number of channels of every hidden layer. */
  readonly width: number;
  /** Of the initial weights. */
  readonly seed: number;
}

export interface ModelKind {
  readonly name: string;
  /** One line, for listings. */
  readonly summary: string;
  build(request: ModelRequest): Graph;
}

/** `channels` times `width`, at least 1. */
export function widened(channels: number, width: number): number {
  return Math.max(1, Math.round(channels * width));
}
