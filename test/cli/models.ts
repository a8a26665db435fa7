/** @file A small classifier of characters, with weights that are random but always the same. */

import { tensorOf } from "../../core/tensor.ts";
import { makeModel } from "../onnx/make-model.ts";

const CLASSES = 36;
const FILTERS = 4;

/** Takes f32[N, 1, 28, 28], pixels of 0…255; gives 36 scores. */
export function smallClassifier(): Uint8Array {
  return makeModel({
    inputs: { image: ["N", 1, 28, 28] },
    initializers: {
      kernel: tensorOf("f32", [FILTERS, 1, 3, 3], wave(FILTERS * 9, 0.01)),
      weights: tensorOf(
        "f32",
        [FILTERS * 14 * 14, CLASSES],
        wave(FILTERS * 14 * 14 * CLASSES, 0.05),
      ),
    },
    nodes: [
      {
        op: "Conv",
        inputs: ["image", "kernel"],
        outputs: ["edges"],
        attributes: { pads: { ints: [1, 1, 1, 1] }, kernel_shape: { ints: [3, 3] } },
        name: "conv",
      },
      { op: "Relu", inputs: ["edges"], outputs: ["lit"] },
      {
        op: "MaxPool",
        inputs: ["lit"],
        outputs: ["pooled"],
        attributes: { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } },
      },
      { op: "Flatten", inputs: ["pooled"], outputs: ["flat"] },
      { op: "Gemm", inputs: ["flat", "weights"], outputs: ["scores"], name: "fc" },
    ],
    outputs: ["scores"],
    edit: model => {
      model.metadataProps.push({
        $typeName: "onnx.StringStringEntryProto",
        key: "tritc.labels",
        value: JSON.stringify([..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]),
      });
    },
  });
}

/** Values in −size…size that do not repeat soon. */
function wave(count: number, size: number): number[] {
  return Array.from({ length: count }, (_, i) => size * Math.sin(1.7 * i + 0.003 * i * i));
}
