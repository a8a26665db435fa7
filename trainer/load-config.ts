/**
 * @file Reads training configurations, with messages for what is wrong.
 *
 * A configuration is a JSON file, or a module (`.ts`, `.mjs`, `.js`) that
 * exports `config`.
 */

import { access, readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Diagnostic,
  ModelError,
  problem,
  UsageError,
} from "../model/diagnostics/diagnostic.ts";
import { checkConfig } from "./check-config.ts";
import { type TrainingConfig, trainingConfigSchema } from "./config.ts";
import { explainIssues } from "./config-issues.ts";

/** Checks `value` and fills in defaults. @throws train/bad-config: every problem at once */
export function parseConfig(value: unknown, at = "configuration"): TrainingConfig {
  const result = trainingConfigSchema.safeParse(value);
  const problems: Diagnostic[] = result.success
    ? checkConfig(result.data, at)
    : explainIssues(result.error.issues, trainingConfigSchema, at);
  if (problems.length > 0) throw new UsageError(...problems);
  return result.data!;
}

/** Reads a configuration; model files in it are found beside it. @throws train/bad-config, file/unreadable */
export async function loadConfig(path: string): Promise<TrainingConfig> {
  const value = extname(path) === ".json" ? await readJson(path) : await importConfig(path);
  const config = parseConfig(value, path);
  const beside = (file: string): string => resolve(dirname(path), file);
  const stages = config.stages.map(stage =>
    stage.distill === undefined
      ? stage
      : { ...stage, distill: { ...stage.distill, teacher: beside(stage.distill.teacher) } },
  );
  if (!("onnx" in config.model)) return { ...config, stages };
  return { ...config, stages, model: { ...config.model, onnx: beside(config.model.onnx) } };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(error => {
    throw unreadable(path, error);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      problem("train/bad-config", "the configuration is not valid JSON", {
        at: path,
        notes: [(error as Error).message],
        help: "mend the text there; JSON has no comments, and no comma before a closing bracket",
      }),
    );
  }
}

async function importConfig(path: string): Promise<unknown> {
  await access(path).catch(error => {
    throw unreadable(path, error);
  });
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (error) {
    throw new UsageError(
      problem("train/bad-config", "the configuration cannot be loaded", {
        at: path,
        notes: [(error as Error).message],
        help: "TypeScript needs Node 22.18 or later; JSON works everywhere",
      }),
    );
  }
  if (module.config !== undefined) return module.config;
  throw new UsageError(
    problem("train/bad-config", 'the module does not export "config"', {
      at: path,
      help: "write: export const config = { … }",
    }),
  );
}

/** As for every other file that is not there: the call may be right. */
function unreadable(path: string, error: Error): ModelError {
  return new ModelError(
    problem("file/unreadable", "the configuration cannot be read", {
      at: path,
      notes: [error.message],
      help: "check the path, and that you may read the file",
    }),
  );
}
