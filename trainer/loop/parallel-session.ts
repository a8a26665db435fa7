/**
 * @file A step that several workers share: each computes gradients from its
 * part of the batch, and one update is made from their mean.
 *
 * Batch statistics are those of a worker's own part; running statistics move
 * by their mean. Sums run in the order of the workers, so results are the same
 * bits from run to run.
 */

import type { Tensor } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import type { Feeds, Session } from "../engine/engine.ts";
import { inputNames } from "./state.ts";

export interface ParallelParts {
  readonly shard: { readonly graph: Graph; readonly sessions: readonly Session[] };
  readonly update: { readonly graph: Graph; readonly session: Session };
  /** Inputs of which every worker gets its part, along the first axis. */
  readonly samples: ReadonlySet<string>;
  /** Outputs that count samples: their sum is wanted, not their mean. */
  readonly counts: ReadonlySet<string>;
}

/** The parts as a session that takes whole batches. */
export function parallelSession({ shard, update, samples, counts }: ParallelParts): Session {
  const shardInputs = inputNames(shard.graph);
  const updateInputs = inputNames(update.graph);
  const workers = shard.sessions.length;
  return {
    run: async feeds => {
      const own = only(feeds, shardInputs);
      // The last workers first: the first one is this thread, and blocks it.
      const running = shard.sessions
        .map((session, i) => () => session.run(partOf(own, samples, i, workers)))
        .reverse()
        .map(start => start())
        .reverse();
      const found = merged(await Promise.all(running), counts);
      const updated = await update.session.run(only({ ...feeds, ...found }, updateInputs));
      return { ...found, ...updated };
    },
    release: async () => {
      await Promise.all([...shard.sessions, update.session].map(session => session.release()));
    },
  };
}

function only(feeds: Feeds, names: ReadonlySet<string>): Feeds {
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)));
}

/** The feeds of worker `index`. */
function partOf(feeds: Feeds, samples: ReadonlySet<string>, index: number, workers: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [
      name,
      samples.has(name) ? rowsOf(value, index, workers) : value,
    ]),
  );
}

function rowsOf({ dtype, shape, data }: Tensor, index: number, workers: number): Tensor {
  const [rows, ...rest] = shape as readonly [number, ...number[]];
  const length = data.length / workers;
  const part = data.slice(index * length, (index + 1) * length);
  return { dtype, shape: [rows / workers, ...rest], data: part } as Tensor;
}

/** The mean of every output, or its sum. */
function merged(results: readonly Feeds[], counts: ReadonlySet<string>): Feeds {
  const [first] = results as readonly [Feeds];
  return Object.fromEntries(
    Object.entries(first).map(([name, { dtype, shape }]) => {
      const parts = results.map(result => result[name]!.data as Float32Array);
      const data = sumOf(parts, counts.has(name) ? 1 : 1 / results.length);
      return [name, { dtype, shape, data } as Tensor];
    }),
  );
}

/** The sum of `parts`, times `share`. */
function sumOf(parts: readonly Float32Array[], share: number): Float32Array {
  const sum = parts[0]!.slice();
  for (const part of parts.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!;
  }
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! * share;
  return sum;
}
