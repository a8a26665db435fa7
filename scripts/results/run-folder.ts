/** @file A finished training run, and the configuration to publish of it. */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { METHOD_KINDS, type TrainingConfig } from "../../trainer/index.ts";
import type { TrainingLog } from "../../trainer/report/training-log.ts";

export interface RunFolder {
  readonly path: string;
  readonly model: string;
  readonly log: TrainingLog;
}

/** @throws if the run is not finished */
export function openRun(path: string): RunFolder {
  const log = JSON.parse(readFileSync(join(path, "log.json"), "utf8")) as TrainingLog;
  return { path, model: join(path, "model.onnx"), log };
}

export function epochsOf({ log }: RunFolder): number {
  return log.history.length;
}

/** KIND of KIND:PATH. */
export function dataKindOf({ log }: RunFolder): string {
  return log.config.data.source.split(":")[0]!;
}

/**
 * The configuration without places of this machine: data by kind, model files
 * by `place`.
 */
export function publishedConfig(
  { log }: RunFolder,
  place: (file: string) => string = file => basename(file),
): object {
  const visit = (value: unknown): unknown => {
    if (typeof value === "string") return value.endsWith(".onnx") ? place(value) : value;
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
  };
  const { data, ...config } = log.config;
  const source = data.source.split(":")[0];
  return visit({ ...config, data: { ...data, source } }) as object;
}

/** The method of the last stage with the options that are not the defaults: `ternary, zeros 0.7`. */
export function methodText({ stages }: TrainingConfig): string {
  const { method } = stages.at(-1)!;
  const { options } = METHOD_KINDS.find(({ name }) => name === method.kind)!;
  const defaults = options.parse({ kind: method.kind });
  const changes = Object.entries(method).flatMap(([key, value]) =>
    key === "kind" || same(value, defaults[key]) ? [] : [optionText(key, value)],
  );
  return [method.kind, ...changes].join(", ");
}

function optionText(key: string, value: unknown): string {
  if (typeof value !== "object" || value === null) return `${key} ${String(value)}`;
  const parts = Object.entries(value).map(([name, inner]) =>
    name === "kind" ? String(inner) : `${name} ${String(inner)}`,
  );
  return `${key} ${parts.join(" ")}`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
