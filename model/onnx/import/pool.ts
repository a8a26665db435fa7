/** @file MaxPool, AveragePool and their global forms. */

import type { Pads, Pair, Window } from "../../ir/attributes.ts";
import type { NodeId } from "../../ir/graph.ts";
import { reach } from "../../ops/window.ts";
import type { Importer, ImportNode } from "./context.ts";
import {
  closeWindow,
  liftActivation,
  lower,
  type OpenWindow,
  readWindow,
  spatialRank,
  spatialSizes,
} from "./window.ts";

export const importMaxPool: Importer = n => {
  const x = n.input(0);
  const rank = spatialRank(n, x);
  const open = readWindow(n, rank);
  // The order of indices, which are not supported anyway.
  n.attributes.ignore("storage_order");
  const image = liftActivation(n, x);
  const { window, extra } = poolWindow(n, open, spatialSizes(n, image));
  const y = n.add("max-pool", [image], {
    ...window,
    pads: sumOf(window.pads, extra),
    layout: "nchw",
  });
  return lower(n, y, rank);
};

/**
 * Places that only the rounding up of the output size adds never count, those
 * of `pads` may: where both occur, `pads` become elements of their own.
 */
export const importAveragePool: Importer = n => {
  const x = n.input(0);
  const rank = spatialRank(n, x);
  const open = readWindow(n, rank);
  const image = liftActivation(n, x);
  const { window, extra } = poolWindow(n, open, spatialSizes(n, image));
  const counted = n.attributes.int("count_include_pad", 0) !== 0;
  if (counted && extra.some(pad => pad > 0)) {
    const padded = padImage(n, image, window.pads);
    return lower(n, average(n, padded, { ...window, pads: extra }, false), rank);
  }
  const pads = sumOf(window.pads, extra);
  return lower(n, average(n, image, { ...window, pads }, counted), rank);
};

function average(n: ImportNode, x: NodeId, window: Window, countIncludePad: boolean): NodeId {
  return n.add("average-pool", [x], { ...window, countIncludePad, layout: "nchw" });
}

function padImage(n: ImportNode, x: NodeId, [top, left, bottom, right]: Pads): NodeId {
  if (top + left + bottom + right === 0) return x;
  return n.add("pad", [x], {
    mode: "constant",
    before: [0, 0, top, left],
    after: [0, 0, bottom, right],
    value: 0,
  });
}

/** The window, and the room after the image that `ceil_mode` asks for. */
function poolWindow(
  n: ImportNode,
  open: OpenWindow,
  sizes: Pair,
): { readonly window: Window; readonly extra: Pads } {
  const window = closeWindow(open, sizes);
  const ceil = n.attributes.int("ceil_mode", 0) !== 0;
  if (!ceil || open.autoPad !== "NOTSET") return { window, extra: [0, 0, 0, 0] };
  const [bottom, right] = sizes.map((size, i) => ceilPad(window, size, i));
  return { window, extra: [0, 0, bottom!, right!] };
}

/** The last window must begin inside the image or the room before it. */
function ceilPad(window: Window, size: number, dimension: number): number {
  const stride = window.strides[dimension]!;
  const before = window.pads[dimension]!;
  const length = size + before + window.pads[dimension + 2]!;
  const span = reach(window, dimension);
  let last = Math.ceil((length - span) / stride) * stride;
  if (last >= size + before) last -= stride;
  return Math.max(0, last + span - length);
}

function sumOf(a: Pads, b: Pads): Pads {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}

/** A window as large as the image; any other number of spatial dimensions is a reduction. */
export function importGlobalPool(kind: "average" | "max"): Importer {
  return n => {
    const x = n.input(0);
    const shape = n.shapeOf(x);
    if (shape.length !== 4) {
      const axes = shape.map((_, axis) => axis).slice(2);
      const reduction = kind === "average" ? "reduce-mean" : "reduce-max";
      return n.add(reduction, [x], { axes, keepDims: true });
    }
    const window: Window = {
      kernel: spatialSizes(n, x),
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
    };
    if (kind === "average") return average(n, x, window, false);
    return n.add("max-pool", [x], { ...window, layout: "nchw" });
  };
}
