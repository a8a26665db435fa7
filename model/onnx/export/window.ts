/** @file Convolutions, pools and normalisation. ONNX is channel-first: other layouts are turned. */

import type { Layout, Window } from "../../ir/attributes.ts";
import type { NodeId } from "../../ir/graph.ts";
import { type Attributes, unlessDefault } from "./attributes.ts";
import type { ExportGraph } from "./context.ts";
import { clamped, type Exporter } from "./elementwise.ts";
import { realOf } from "./quantize.ts";

/** The attributes that convolutions and pools share; defaults are left out. */
export function windowAttributes({ kernel, strides, pads, dilations }: Window): Attributes {
  const unlessAll = (name: string, values: readonly number[], usual: number): Attributes =>
    values.every(value => value === usual) ? {} : { [name]: { ints: values } };
  return {
    kernel_shape: { ints: kernel },
    ...unlessAll("strides", strides, 1),
    ...unlessAll("pads", pads, 0),
    ...unlessAll("dilations", dilations, 1),
  };
}

/** Runs `make` on the channel-first form of the value `name`, and turns its result back. */
export function channelFirst(
  e: ExportGraph,
  layout: Layout,
  name: string,
  make: (x: string) => string,
): string {
  return layout === "nchw" ? make(name) : e.nhwc(make(e.nchw(name)));
}

/** Nothing for 1, the default. */
export function groupOf(group: number): Attributes {
  return group === 1 ? {} : { group: { int: group } };
}

function reals(e: ExportGraph, ids: readonly NodeId[]): readonly string[] {
  return ids.map(id => realOf(e, id));
}

export const exportConv: Exporter<"conv"> = (node, e) => {
  const { attrs, type } = node;
  const [x, ...parameters] = reals(e, node.inputs);
  const attributes = { ...windowAttributes(attrs), ...groupOf(attrs.group) };
  return channelFirst(e, attrs.layout, x!, image =>
    clamped(e, e.emit("Conv", [image, ...parameters], attributes), type, attrs.clamp),
  );
};

export const exportConvTranspose: Exporter<"conv-transpose"> = (node, e) => {
  const { attrs, type } = node;
  const [x, ...parameters] = reals(e, node.inputs);
  const attributes = {
    ...windowAttributes(attrs),
    ...groupOf(attrs.group),
    ...(attrs.outputPadding.some(pad => pad > 0)
      ? { output_padding: { ints: attrs.outputPadding } }
      : {}),
  };
  return channelFirst(e, attrs.layout, x!, image =>
    clamped(e, e.emit("ConvTranspose", [image, ...parameters], attributes), type, attrs.clamp),
  );
};

export const exportMaxPool: Exporter<"max-pool"> = (node, e) =>
  channelFirst(e, node.attrs.layout, e.value(node.inputs[0]!), image =>
    e.emit("MaxPool", [image], windowAttributes(node.attrs)),
  );

export const exportAveragePool: Exporter<"average-pool"> = (node, e) => {
  const { shape } = e.typeOf(node.inputs[0]!);
  const { layout, countIncludePad } = node.attrs;
  const sizes = layout === "nchw" ? shape.slice(2) : shape.slice(1, 3);
  const { kernel, pads, strides } = node.attrs;
  const plain = pads.every(pad => pad === 0) && strides.every(stride => stride === 1);
  const global = plain && !countIncludePad && kernel.join() === sizes.join();
  return channelFirst(e, layout, e.value(node.inputs[0]!), image =>
    global
      ? e.emit("GlobalAveragePool", [image])
      : e.emit("AveragePool", [image], {
          ...windowAttributes(node.attrs),
          ...(countIncludePad ? { count_include_pad: { int: 1 } } : {}),
        }),
  );
};

/** ONNX normalises along axis 1. */
export const exportBatchNormalization: Exporter<"batch-normalization"> = (node, e) => {
  const [x, ...statistics] = e.values(node.inputs);
  const { axis, epsilon } = node.attrs;
  const attributes = unlessDefault("epsilon", epsilon, Math.fround(1e-5));
  const normalize = (value: string): string =>
    e.emit("BatchNormalization", [value, ...statistics], attributes);
  if (axis === 1) return normalize(x!);
  const permutation = node.type.shape.map((_, i) => i);
  permutation.splice(axis, 1);
  permutation.splice(1, 0, axis);
  const inverse = permutation.map((_, i) => permutation.indexOf(i));
  return e.transpose(normalize(e.transpose(x!, permutation)), inverse);
};
