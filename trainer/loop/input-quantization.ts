/**
 * @file How stored samples become the network's input.
 *
 * A configuration decides; else an ONNX model keeps its own convention, as it
 * was trained with it; else values are centred and scaled by the mean and the
 * deviation of all training values.
 */

import type { ModelUse } from "../../core/metadata.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { TrainingConfig } from "../config.ts";
import type { Dataset } from "../data/index.ts";
import type { InputConvention } from "../network/recognize-input.ts";
import type { InputQuantization } from "../step/input.ts";
import type { Samples } from "./samples.ts";

/** What an ONNX model says of its input. */
export interface ModelInput {
  readonly convention: InputConvention | undefined;
  readonly preprocess: ModelUse["preprocess"];
}

/** `model` is absent for built-in networks. @throws data/wrong-shape */
export function inputFor(
  { input }: TrainingConfig,
  { dtype, data }: Samples,
  dataset: Dataset,
  model?: ModelInput,
): InputQuantization {
  if (input !== undefined) return { dtype, mean: input.mean, scale: Math.fround(input.scale) };
  if (model !== undefined) return { dtype, ...conventionOf(dataset, model) };
  const { mean, deviation } = momentsOf(data);
  return { dtype, mean: Math.round(mean), scale: Math.fround(1 / deviation) };
}

/** x = ((stored − zero point)·unit − mean)·scale as one mean and one scale. */
function conventionOf(
  { name, dtype, quantization }: Dataset,
  { convention, preprocess }: ModelInput,
): Pick<InputQuantization, "mean" | "scale"> {
  const own = convention ?? { dtype: "f32", mean: 0, scale: 1 };
  if (own.dtype !== "f32") {
    if (own.dtype !== dtype) throw wrongType(name, own.dtype, dtype);
    return { mean: own.mean, scale: Math.fround(own.scale) };
  }
  const { zeroPoint, scale: unit } = quantization ?? { zeroPoint: 0, scale: 1 };
  const asked = preprocess ?? own;
  const mean = Math.round(zeroPoint + asked.mean / unit);
  return { mean, scale: Math.fround(unit * asked.scale) };
}

function momentsOf(data: Samples["data"]): { readonly mean: number; readonly deviation: number } {
  let sum = 0;
  let squares = 0;
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / data.length;
  return { mean, deviation: Math.sqrt(Math.max(squares / data.length - mean * mean, 1)) };
}

function wrongType(at: string, wanted: string, found: string): ModelError {
  return new ModelError(
    problem("data/wrong-shape", `the model takes ${wanted}, and the samples are ${found}`, {
      at,
      help: "say with input.mean and input.scale what the samples mean, or convert them",
    }),
  );
}
