/** @file Explains a loss that is no number: which layer's gradient grew largest. */

import type { Tensor } from "../../core/tensor.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Engine, Feeds } from "../engine/engine.ts";
import { openStep } from "../engine/step-session.ts";
import { diagnosingGraph, GRADIENT, type TrainingGraphRequest } from "../step/training-graph.ts";
import { inputNames, type Position } from "./state.ts";

export interface DivergedRequest extends TrainingGraphRequest {
  readonly engine: Engine;
  /** The checkpoint that this run wrote or resumed from, if there is one. */
  checkpoint(): string | undefined;
}

/**
 * The error for a loss that is NaN or infinite at `position`.
 *
 * `feeds` are those of the last step whose loss was finite: its gradients led
 * to what followed.
 */
export async function diverged(
  request: DivergedRequest,
  feeds: Feeds,
  { epoch, step }: Pick<Position, "epoch" | "step">,
): Promise<ModelError> {
  const { name, size } = await largestGradient(request, feeds);
  const checkpoint = request.checkpoint();
  return new ModelError(
    problem("train/diverged", "the loss is no longer a finite number", {
      at: `epoch ${epoch + 1}, step ${step + 1}`,
      notes: [
        `the largest gradient just before was that of "${name}": ${size.toPrecision(3)}`,
        checkpoint === undefined
          ? "no checkpoint had been written yet"
          : `the last good checkpoint is ${checkpoint}`,
      ],
      help: "lower the learning rate (a tenth is a start), or lengthen its rise",
    }),
  );
}

async function largestGradient(
  request: DivergedRequest,
  feeds: Feeds,
): Promise<{ readonly name: string; readonly size: number }> {
  const { graph, session } = await openStep(request.engine, block =>
    diagnosingGraph({ ...request, block }),
  );
  const wanted = inputNames(graph);
  try {
    const own = Object.entries(feeds).filter(([name]) => wanted.has(name));
    return largest(await session.run(Object.fromEntries(own)));
  } finally {
    await session.release();
  }
}

function largest(results: Readonly<Record<string, Tensor>>): { name: string; size: number } {
  let found = { name: "", size: -1 };
  for (const [output, value] of Object.entries(results)) {
    const size = Number.isFinite(value.data[0]) ? Number(value.data[0]) : Infinity;
    if (size > found.size) found = { name: output.slice(GRADIENT.length), size };
  }
  return found;
}
