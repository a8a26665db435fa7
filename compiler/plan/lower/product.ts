/**
 * @file Candidates of the `igemm` families: matrix products and convolutions,
 * one call per image and group.
 */

import { scaleWork, type Work } from "../../costs/work.ts";
import { type Address, addressOf } from "../argument.ts";
import { productWork } from "../kernel-work.ts";
import { packedSize, packWeights, type WeightElement } from "../pack.ts";
import type { Candidate, KernelRow } from "../select.ts";
import type { View } from "../view.ts";
import type { Step } from "./lowering.ts";
import { type EpilogueSource, WEIGHT_WORDS } from "./weights.ts";

/** How the windows of one image lie. */
export interface Windows {
  /** Bytes from a window's start to each segment. */
  readonly offsets: readonly number[];
  /** Elements in a segment. */
  readonly length: number;
  readonly rows: number;
  readonly cols: number;
  readonly xRow: number;
  readonly xCol: number;
  readonly yRow: number;
  readonly yCol: number;
}

/** What one call reads and writes. */
export interface ProductCall {
  /** First element of the first window. */
  readonly x: Address;
  readonly y: Address;
  readonly reads: View;
  readonly writes: View;
  /** Makes the calls that follow this one. */
  readonly finish?: () => void;
}

export interface Product {
  /** `f32` or `qs8`: the start of the family's name. */
  readonly activation: "f32" | "qs8";
  readonly element: WeightElement;
  readonly windows: Windows;
  /** Groups of `n` output channels, each with weights [n][segments][length]. */
  readonly groups: readonly ProductGroup[];
  readonly n: number;
  readonly epilogue: EpilogueSource;
  /** Puts the node's weights into the report, given their packed size. */
  readonly report: (storedBytes: number) => void;
}

export interface ProductGroup {
  readonly weights: ArrayLike<number>;
  readonly calls: readonly ProductCall[];
}

/** One candidate for each kernel of the product's family that takes its activations. */
export function productCandidates(step: Step, product: Product): Candidate[] {
  const { activation, element, epilogue } = product;
  const family = `${activation}_${WEIGHT_WORDS[element]}_igemm_${epilogue.word}`;
  const kernels = step.kernels(family).filter(({ x }) => x === undefined || isU7(step));
  return kernels.map(kernel => ({
    kernel,
    ...costOf(kernel, product),
    run: () => run(step, kernel, product),
  }));
}

/** Whether all that windows read, padding included, is in 0…127. */
function isU7(step: Step): boolean {
  const zeroPoints = step.operands[0]!.type.quantization?.zeroPoints ?? [];
  return step.range(0).min >= 0 && zeroPoints.every(zeroPoint => zeroPoint >= 0);
}

function costOf(kernel: KernelRow, product: Product) {
  const { element, windows, groups, n } = product;
  const { offsets, length } = windows;
  const calls = groups.reduce((sum, group) => sum + group.calls.length, 0);
  const bytes = packedSize(element, kernel, { n, segments: offsets.length, length });
  return {
    work: scaleWork(workOfCall(kernel, product), calls),
    calls,
    bytes: groups.length * bytes,
  };
}

function workOfCall(kernel: KernelRow, { windows, n }: Product): Work {
  const { rows, cols, offsets, length } = windows;
  return productWork(kernel, { pixels: rows * cols, n, segments: offsets.length, length });
}

function run(step: Step, kernel: KernelRow, product: Product): void {
  const { element, windows, groups, n, epilogue } = product;
  const { offsets, length, rows, cols, xRow, xCol, yRow, yCol } = windows;
  const segments = offsets.length;
  const work = workOfCall(kernel, product);
  const table = step.constant("table", bytesOfTable(offsets), "segments");
  let storedBytes = 0;
  for (const [index, { weights, calls }] of groups.entries()) {
    const packed = packWeights(element, kernel, { n, segments, length, data: weights });
    storedBytes += packed.byteLength;
    const w = step.constant("weights", packed, "weights");
    const p = step.constant("parameters", epilogue.pack(kernel.nr, index * n, n), epilogue.word);
    for (const { x, y, reads, writes, finish } of calls) {
      const sizes = [table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n];
      step.call(kernel, [x, w, p, y, ...sizes], { reads: [reads], writes: [writes], work });
      finish?.();
    }
  }
  product.report(storedBytes);
}

function bytesOfTable(offsets: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(offsets).buffer);
}

/** A matrix product: [M, K] at `x` times weights, to [M, N] at `y`. */
export function matrixWindows(x: View, y: View): Windows {
  const [rows, depth] = x.shape as [number, number];
  const [xCol, yCol] = [x.steps[0]!, y.steps[0]!];
  return { offsets: [0], length: depth, rows: 1, cols: rows, xRow: 0, xCol, yRow: 0, yCol };
}

/** The call of a matrix product. */
export function matrixCall(x: View, y: View): ProductCall {
  return { x: addressOf(x), y: addressOf(y), reads: x, writes: y };
}
