/** @file Where the elements of a view lie: strides, broadcasting, permutation. */

import { elementCount, type Shape, stridesOf } from "../../core/shape.ts";

/** Offsets, in row-major order of `shape`, of elements that lie `strides` apart from `start`. */
export function stridedOffsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < offsets.length; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return offsets;
}

/** For each element of `to`, the offset of the element of `from` that it repeats. */
export function broadcastOffsets(from: Shape, to: Shape): Int32Array {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  const strides = to.map((_, axis) =>
    axis < lead || from[axis - lead] === 1 ? 0 : own[axis - lead]!,
  );
  return stridedOffsets(to, strides);
}
