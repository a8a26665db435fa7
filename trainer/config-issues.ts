/** @file Turns what the schema finds wrong into diagnostics that name the key and what it may be. */

import { z } from "zod";
import { type Diagnostic, problem } from "../model/diagnostics/diagnostic.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One diagnostic per wrong key. */
export function explainIssues(
  issues: readonly Issue[],
  schema: z.ZodType,
  at: string,
): Diagnostic[] {
  return issues.flatMap(issue => explain(issue, [], schema, at));
}

function explain(issue: Issue, parent: Path, schema: z.ZodType, at: string): Diagnostic[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(key =>
      problem("train/bad-config", `there is no key "${key}" here`, {
        at: place(at, [...path, key]),
        help: `known keys: ${keysAt(schema, path).join(", ")}`,
      }),
    );
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // The alternative that was meant has the right type, and the least wrong about it.
    const meant = issue.errors.toSorted((a, b) => misfit(a) - misfit(b))[0]!;
    return meant.flatMap(inner => explain(inner, path, schema, at));
  }
  return [problem("train/bad-config", sentence(issue), { at: place(at, path), ...helpFor(issue) })];
}

/** Smaller for a likelier alternative: one that refuses the value as a whole is the unlikeliest. */
function misfit(issues: readonly Issue[]): number {
  const whole = issues.some(
    ({ code, path }) => path.length === 0 && (code === "invalid_type" || code === "invalid_value"),
  );
  return issues.length + (whole ? 1000 : 0);
}

function sentence(issue: Issue): string {
  if (
    issue.code === "invalid_type" &&
    issue.input === undefined &&
    /undefined$/.test(issue.message)
  ) {
    return "a value is missing";
  }
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function helpFor(issue: Issue): { help?: string } {
  if (issue.code === "invalid_value") {
    return { help: `allowed: ${issue.values.map(value => JSON.stringify(value)).join(", ")}` };
  }
  if (issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options)) {
    return { help: `allowed: ${issue.options.map(value => JSON.stringify(value)).join(", ")}` };
  }
  if (issue.code === "invalid_type") return { help: `expected: ${issue.expected}` };
  return {};
}

/** `file: stages[0].epochs` */
function place(at: string, path: Path): string {
  const keys = path.map(key => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return keys === "" ? at : `${at}: ${keys.replace(/^\./, "")}`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The keys that objects at `path` may have, over all alternatives. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let nodes = alternatives(z.toJSONSchema(schema, { io: "input" }) as JsonSchema);
  for (const key of path) {
    nodes = nodes.flatMap(node => {
      const next = typeof key === "number" ? node.items : node.properties?.[String(key)];
      return next === undefined ? [] : alternatives(next);
    });
  }
  return [...new Set(nodes.flatMap(node => Object.keys(node.properties ?? {})))];
}

function alternatives(node: JsonSchema): JsonSchema[] {
  const options = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return options.length === 0 ? [node] : options.flatMap(alternatives);
}
