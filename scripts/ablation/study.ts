/** @file What an ablation is: a training configuration, and the ways in which its arms differ. */

import { z } from "zod";
import { parseConfig, type TrainingConfig } from "../../trainer/index.ts";

type Json = Readonly<Record<string, unknown>>;

const json = z.record(z.string(), z.unknown());
/** Changes of the last stage, or all stages anew. */
const change = z.union([json, z.array(json).min(1)]);

export const studySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  title: z.string().min(1),
  /** The arm that others must beat. */
  baseline: z.string(),
  seeds: z.array(z.int().min(0)).min(1),
  /** The training configuration without `seed`; its `stages` are those that changes apply to. */
  training: json,
  /** Named changes. */
  arms: z.record(z.string(), change).default({}),
  /** Axes of named changes: every combination is one more arm, called `a=x b=y`. */
  grid: z.record(z.string(), z.record(z.string(), json)).default({}),
});
export type Study = z.output<typeof studySchema>;

export interface PlannedArm {
  readonly arm: string;
  readonly seed: number;
  readonly config: TrainingConfig;
}

/** Every arm with every seed, seed by seed: whenever it stops, all arms have had about as many. */
export function plannedArms(study: Study): PlannedArm[] {
  const arms = [...Object.entries(study.arms), ...combinations(study.grid)];
  return study.seeds.flatMap(seed =>
    arms.map(([arm, changes]) => {
      const training = { ...study.training, seed, stages: changedStages(study.training, changes) };
      return { arm, seed, config: parseConfig(training, `${study.name}: ${arm}`) };
    }),
  );
}

function combinations(grid: Study["grid"]): (readonly [string, Json])[] {
  const axes = Object.entries(grid);
  if (axes.length === 0) return [];
  return axes.reduce<(readonly [string, Json])[]>(
    (arms, [axis, choices]) =>
      arms.flatMap(([name, changes]) =>
        Object.entries(choices).map(([choice, more]): readonly [string, Json] => [
          `${name} ${axis}=${choice}`.trim(),
          merged(changes, more) as Json,
        ]),
      ),
    [["", {}]],
  );
}

function changedStages(training: Json, changes: z.output<typeof change>): readonly unknown[] {
  if (Array.isArray(changes)) return changes;
  const stages = training.stages as readonly unknown[];
  return [...stages.slice(0, -1), merged(stages.at(-1), changes)];
}

/** `more` over `base`, key by key; what is of another kind replaces the whole. */
export function merged(base: unknown, more: unknown): unknown {
  if (!isObject(base) || !isObject(more)) return more;
  if (more.kind !== undefined && more.kind !== base.kind) return more;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(more)])];
  return Object.fromEntries(
    keys.map(key => [key, key in more ? merged(base[key], more[key]) : base[key]]),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
