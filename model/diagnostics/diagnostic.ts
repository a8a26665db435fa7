/**
 * @file Messages as data: what is wrong, where, why, and what to do.
 *
 * Three kinds of failure, no others. `ModelError`: the model or the data;
 * carries every problem that its phase found. `UsageError`: the call or the
 * flags. `InternalError`: us. Codes are stable `area/slug`, listed in
 * `codes.ts` and anchored in docs/errors.md.
 */

import type { DiagnosticCode } from "./codes.ts";

export type Severity = "error" | "warning";

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** One sentence in lower case, without a full stop. */
  readonly message: string;
  /** The place: a file, a node, a tensor, a key. */
  readonly at?: string;
  /** Why, or what else is known. */
  readonly notes: readonly string[];
  /** The way out. */
  readonly help?: string;
}

type Details = Partial<Pick<Diagnostic, "at" | "notes" | "help">>;

export function problem(code: DiagnosticCode, message: string, details: Details = {}): Diagnostic {
  return { code, severity: "error", message, notes: [], ...details };
}

export function warning(code: DiagnosticCode, message: string, details: Details = {}): Diagnostic {
  return { code, severity: "warning", message, notes: [], ...details };
}

/** Something that whoever called can mend: a `ModelError` or a `UsageError`. */
export abstract class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(d => `${d.code}: ${d.message}`).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** The model or the data is at fault; exit code 1. */
export class ModelError extends DiagnosticError {
  override readonly name = "ModelError";
}

/** The call or its flags are at fault; exit code 2. */
export class UsageError extends DiagnosticError {
  override readonly name = "UsageError";
}

/** tritc is at fault; exit code 3. Says which pass or phase, and shows the graph if it has one. */
export class InternalError extends Error {
  override readonly name = "InternalError";
  readonly dump: string | undefined;

  constructor(message: string, dump?: string) {
    super(message);
    this.dump = dump;
  }
}

/** The problems of several steps, to be thrown together. */
export class Problems {
  readonly #found: Diagnostic[] = [];

  add(...found: readonly Diagnostic[]): void {
    this.#found.push(...found);
  }

  /** The result of `step`, or `undefined` after noting its problems. */
  attempt<R>(step: () => R): R | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.add(...error.diagnostics);
      return undefined;
    }
  }

  /** @throws ModelError with all problems, if there are any */
  throwAll(): void {
    if (this.#found.length > 0) throw new ModelError(...this.#found);
  }
}

/** Runs `step` for each item, and throws the problems of all together. */
export function collectProblems<T>(items: Iterable<T>, step: (item: T) => void): void {
  const problems = new Problems();
  for (const item of items) problems.attempt(() => step(item));
  problems.throwAll();
}
