/** @file Prunes a float model and measures the module that it becomes. */

import { join } from "node:path";
import { tritc } from "./tritc.ts";

export interface MeasuredPruning {
  readonly floatTop1: number;
  /** Share of weights that were pruned, of the layers that were. */
  readonly zeros: number;
  readonly top1: number;
  readonly samples: number;
}

interface Accuracy {
  readonly top1: number;
  readonly samples: number;
}

/** `ways` are options of `tritc prune`; the module has int8 weights and activations. */
export async function measurePruned(
  model: string,
  data: string,
  ways: readonly string[],
  scratch: string,
): Promise<MeasuredPruning> {
  const [pruned, module] = [join(scratch, "pruned.onnx"), join(scratch, "pruned.wasm")];
  const dense = await tritc<Accuracy>("eval", model, "--data", data);
  const report = await tritc<{ sparsity: number }>(
    ...["prune", model, ...ways, "--data", data, "--out", pruned],
  );
  await tritc(...["compile", pruned, "-o", module], ...["--weights", "int8", "--calibrate", data]);
  const { top1, samples } = await tritc<Accuracy>("eval", module, "--data", data);
  return { floatTop1: dense.top1, zeros: report.sparsity, top1, samples };
}
