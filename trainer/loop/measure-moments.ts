/** @file Means and variances of what layers of a float network compute, over batches of samples. */

import { elementCount } from "../../core/shape.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic, allAxes } from "../autodiff/arithmetic.ts";
import type { Engine } from "../engine/engine.ts";
import { emitFloatForward } from "../export/float-graph.ts";
import type { Moments } from "../network/insert-norms.ts";
import type { LinearStep, Network, Parameters } from "../network/network.ts";
import { emitInput, type InputQuantization } from "../step/input.ts";
import { plainBatch } from "./batch.ts";
import type { Samples } from "./samples.ts";

export interface MomentsRequest {
  readonly engine: Engine;
  readonly network: Network;
  readonly parameters: Parameters;
  readonly input: InputQuantization;
  readonly samples: Samples;
  /** Indices of the samples of each batch, all of one length. */
  readonly batches: readonly ArrayLike<number>[];
}

const MEAN = "mean/";
const VARIANCE = "variance/";

/** The moments of `steps`, before their clamps, by name of the step. */
export async function measureMoments(
  request: MomentsRequest,
  steps: readonly LinearStep[],
): Promise<ReadonlyMap<string, Moments>> {
  const { engine, network, samples, batches } = request;
  const size = batches[0]!.length;
  const session = await engine.open(writeOnnx(momentsGraph(request, steps, size)));
  const collected = new Map(steps.map(step => [step.name, new Collected(step.shape[0]!)]));
  try {
    for (const indices of batches) {
      const images = plainBatch(samples, Array.from(indices), size);
      const results = await session.run({ [network.input.name]: images });
      for (const [name, sums] of collected) {
        sums.add(results[MEAN + name]!.data, results[VARIANCE + name]!.data);
      }
    }
  } finally {
    await session.release();
  }
  return new Map([...collected].map(([name, sums]) => [name, sums.moments()]));
}

function momentsGraph(
  { network, parameters, input }: MomentsRequest,
  steps: readonly LinearStep[],
  batch: number,
): Graph {
  const ops = new Arithmetic(graphBuilder());
  const wanted = new Set(steps.map(step => step.name));
  const outputs: { name: string; id: NodeId }[] = [];
  const images = emitInput(ops, network, input, batch);
  emitFloatForward(ops, network, parameters, images, ({ name }, value) => {
    if (!wanted.has(name)) return;
    const axes = allAxes(ops.shapeOf(value).length).filter(axis => axis !== 1);
    const mean = ops.mean(value, axes, true);
    const deviation = ops.sub(value, mean);
    const channels = [elementCount(ops.shapeOf(mean))];
    outputs.push({ name: MEAN + name, id: ops.reshape(mean, channels) });
    outputs.push({ name: VARIANCE + name, id: ops.mean(ops.mul(deviation, deviation), axes) });
  });
  return ops.builder.finish("moments", outputs);
}

/** Sums over batches of one size; the variance of all is that within batches and between them. */
class Collected {
  #batches = 0;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  readonly #variances: Float64Array;

  constructor(channels: number) {
    this.#means = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
    this.#variances = new Float64Array(channels);
  }

  add(means: ArrayLike<number | bigint>, variances: ArrayLike<number | bigint>): void {
    this.#batches++;
    for (let c = 0; c < means.length; c++) {
      const mean = Number(means[c]);
      this.#means[c]! += mean;
      this.#squares[c]! += mean * mean;
      this.#variances[c]! += Number(variances[c]);
    }
  }

  moments(): Moments {
    const means = this.#means.map(sum => sum / this.#batches);
    const variances = this.#variances.map((within, c) => {
      const between = this.#squares[c]! / this.#batches - means[c]! ** 2;
      return within / this.#batches + Math.max(between, 0);
    });
    return { means, variances };
  }
}
