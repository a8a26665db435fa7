/** @file The layers that become code: convolutions over channel planes. */

import type { Interval } from "../../core/interval.ts";
import type { MeanTerm } from "../../core/mean-term.ts";
import type { Finish } from "./finish-block.ts";
import { type PixelShape, windowOffsets } from "./pixel-loop.ts";
import type { Planes } from "./planes.ts";

/** A convolution whose weights become code, or the data of code. */
export interface CodeConvolution extends PixelShape, Finish {
  /** [M][C / group][kH][kW]: trits or int8. */
  readonly weights: ArrayLike<number>;
  /** Divides both the input's and the output's channels. */
  readonly group: number;
  readonly kernel: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Left padding; the input's halo is at least as wide. */
  readonly padLeft: number;
  readonly input: Planes;
  readonly output: Planes;
  readonly addend?: NonNullable<Finish["addend"]>;
  /** Per output channel. */
  readonly bias: Int32Array;
  /** Of the input, its padding included. */
  readonly range: Interval;
  /** Present where zeros stand for means: t of core/mean-term.ts lies in s, behind the scratch memory. */
  readonly mean?: MeanTerm;
  /** Threads that share the functions of the layer; 1 unless told. */
  readonly threads?: number;
}

/** Weights of one output channel. */
export function tapsOf({ input, group, kernel }: CodeConvolution): number {
  return (input.channels / group) * kernel[0] * kernel[1];
}

/** Byte offset of each tap of the channel's group, [C][kH][kW], from x. */
export function tapOffsets(conv: CodeConvolution, channel: number): number[] {
  const { input, output, group, kernel, dilations, padLeft } = conv;
  const perGroup = input.channels / group;
  const first = Math.floor((channel * group) / output.channels) * perGroup;
  const window = windowOffsets(input, kernel, dilations, padLeft);
  return Array.from({ length: perGroup }, (_, c) => (first + c) * input.planeBytes).flatMap(plane =>
    window.map(offset => plane + offset),
  );
}
