/**
 * @file The integer constants of each step: the compiler's own derivations,
 * on the numbers that the exported file holds.
 */

import type { Interval } from "../../core/interval.ts";
import type { MeanTerm } from "../../core/mean-term.ts";
import {
  deriveConvDequantization,
  deriveConvRequantization,
  INT8_RANGE,
  type QuantizedLayer,
  summarizeWeights,
} from "../../core/quantized-layer.ts";
import {
  type AddRequantization,
  deriveAddRequantization,
  deriveRequantization,
  type Quantization,
  type Requantization,
} from "../../core/requantize.ts";
import type { AddStep, AveragePoolStep, LinearStep, StepIndex } from "../network/network.ts";
import { integerBounds } from "./activation.ts";
import { inputQuantizationOf, type QuantizedNetwork } from "./quantized-network.ts";

export interface IntegerLayer {
  readonly bias: Int32Array;
  /** Present where zeros of weights stand for means. */
  readonly mean?: MeanTerm;
  /** How accumulators become 8-bit integers, or reals in the last layer. */
  readonly epilogue:
    | ({ readonly kind: "requantize" } & Requantization)
    | { readonly kind: "dequantize"; readonly scales: readonly number[] };
}

/** The constants of a linear step at `index`. */
export function deriveLinear(net: QuantizedNetwork, index: number, step: LinearStep): IntegerLayer {
  const { values, scales, means, bias } = net.layers.get(step.name)!;
  const source = step.inputs[0];
  const layer: QuantizedLayer = {
    input: { ...inputQuantizationOf(net, source), ...boundsOf(net, source) },
    weights: summarizeWeights(values, scales, means),
    bias,
  };
  const output = net.quantizations[index];
  if (output === undefined) {
    const { scales: units, holds: _, ...integers } = deriveConvDequantization(layer);
    return { ...integers, epilogue: { kind: "dequantize", scales: units } };
  }
  const target = { ...output, ...integerBounds(step.clamp, output) };
  const { requantization, holds: _, ...integers } = deriveConvRequantization(layer, target);
  return { ...integers, epilogue: { kind: "requantize", ...requantization } };
}

export function deriveAdd(net: QuantizedNetwork, index: number, step: AddStep): AddRequantization {
  const [a, b] = step.inputs.map(source => inputQuantizationOf(net, source)) as [
    Quantization,
    Quantization,
  ];
  const output = net.quantizations[index]!;
  return deriveAddRequantization(
    [a.scale / output.scale, b.scale / output.scale],
    [a.zeroPoint, b.zeroPoint],
    { ...output, ...integerBounds(step.clamp, output) },
  );
}

/** The largest |q − zero point| of 8 bits. */
const LARGEST_STEP = 255;

export function deriveAveragePool(
  net: QuantizedNetwork,
  index: number,
  step: AveragePoolStep,
): Requantization {
  const input = inputQuantizationOf(net, step.inputs[0]);
  const output = net.quantizations[index]!;
  const count = step.window.kernel[0] * step.window.kernel[1];
  const ratio = input.scale / (output.scale * count);
  return deriveRequantization([ratio], [count * LARGEST_STEP], {
    ...output,
    ...integerBounds(undefined, output),
  });
}

/** The integers that step `index` can give, as far as the compiler knows them. */
function boundsOf(net: QuantizedNetwork, index: StepIndex): Interval {
  const step = net.network.steps[index];
  switch (step?.kind) {
    case "linear":
    case "add":
      return integerBounds(step.clamp, net.quantizations[index]!);
    case "max-pool":
      return step.window.pads.some(pad => pad > 0) ? INT8_RANGE : boundsOf(net, step.inputs[0]);
    case "reshape":
    case "transpose":
      return boundsOf(net, step.inputs[0]);
    default:
      return INT8_RANGE;
  }
}
