/**
 * @file Images in blocks of channels, while a graph is written for ONNX Runtime.
 *
 * Its fast convolutions read and write [N, C/B, H, W, B], B channels side by
 * side, behind values that are typed [N, C, H, W]. Channels are filled up with
 * zeros to a multiple of B. A value is kept in the form it was computed in,
 * and turned once if a reader needs the other.
 */

import type { Shape } from "../../../core/shape.ts";
import { tensorOf } from "../../../core/tensor.ts";
import type { NodeId } from "../../../model/ir/graph.ts";
import type { Attributes } from "../../../model/onnx/export/attributes.ts";
import type { ExportGraph } from "../../../model/onnx/export/context.ts";
import { filledUp } from "../../autodiff/channel-blocks.ts";
import type { ImageShape } from "../../autodiff/windows.ts";

/** The domain of operators on blocks. */
const NCHWC = "com.microsoft.nchwc";

/** gain · x + shift per channel; both are [C', 1, 1, 1] and [C']. */
export interface Affine {
  readonly x: NodeId;
  readonly gain: string;
  readonly shift?: string;
}

export class Blocks {
  readonly e: ExportGraph;
  /** Channels of a block. */
  readonly size: number;
  /** Values that are affine in another, which a reader may compute as part of its own work. */
  readonly affine = new Map<NodeId, Affine>();
  /** Values that can be computed with a ReLU behind them at no cost. */
  readonly rectified = new Map<NodeId, () => string>();
  readonly #values = new Map<NodeId, string>();

  constructor(e: ExportGraph, size: number) {
    this.e = e;
    this.size = size;
  }

  /** Whether `id` was computed in blocks. */
  has(id: NodeId): boolean {
    return this.#values.has(id);
  }

  /** The value `id` in blocks. */
  of(id: NodeId): string {
    const known = this.#values.get(id);
    if (known !== undefined) return known;
    const plain = this.filled(this.e.value(id), this.imageShape(id), [1]);
    const made = this.emit("ReorderInput", [plain]);
    this.#values.set(id, made);
    return made;
  }

  /** Notes that `blocked` is `id` in blocks. */
  keep(id: NodeId, blocked: string): void {
    this.#values.set(id, blocked);
  }

  /** Notes that `blocked` is `id` in blocks; returns the plain form. */
  plainOf(id: NodeId, blocked: string): string {
    this.keep(id, blocked);
    return this.plain(blocked, this.imageShape(id)[1]);
  }

  /** A value of `channels` channels out of its blocks. */
  plain(blocked: string, channels: number): string {
    return this.emit("ReorderOutput", [blocked], { channels: { int: channels } });
  }

  emit(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.e.emit(op, inputs, attributes, NCHWC);
  }

  shapeOf(id: NodeId): Shape {
    return this.e.typeOf(id).shape;
  }

  imageShape(id: NodeId): ImageShape {
    return this.shapeOf(id) as unknown as ImageShape;
  }

  isImage(id: NodeId): boolean {
    return this.shapeOf(id).length === 4 && this.e.typeOf(id).dtype === "f32";
  }

  /** `value` of `shape`, with zeros up to whole blocks along `axes`. */
  filled(value: string, shape: Shape, axes: readonly number[]): string {
    const after = shape.map((dim, axis) =>
      axes.includes(axis) ? filledUp(dim, this.size) - dim : 0,
    );
    return this.padded(
      value,
      shape.map(() => 0),
      after,
    );
  }

  /** `value` with zeros around it. */
  padded(value: string, before: readonly number[], after: readonly number[]): string {
    const counts = [...before, ...after];
    if (counts.every(count => count === 0)) return value;
    return this.e.emit("Pad", [value, this.e.integers(counts, "pads")]);
  }

  /** The first `count` elements of `value` along `axis`, which has `size`. */
  first(value: string, axis: number, count: number, size: number): string {
    if (count === size) return value;
    const operands = [[0], [count], [axis]].map(list => this.e.integers(list, "range"));
    return this.e.emit("Slice", [value, ...operands]);
  }

  /** `value`, reshaped and then transposed. */
  turned(value: string, shape: Shape, permutation: readonly number[]): string {
    return this.e.transpose(this.e.reshape(value, shape), permutation);
  }

  /** Channels of `id`, filled up to whole blocks. */
  channelsOf(id: NodeId): number {
    return filledUp(this.imageShape(id)[1], this.size);
  }

  /** A constant vector of zeros. */
  zeros(count: number): string {
    return this.e.constant(
      tensorOf(
        "f32",
        [count],
        Array.from({ length: count }, () => 0),
      ),
      "zeros",
    );
  }
}
