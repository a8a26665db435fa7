/** @file How a command ends: its exit code, and what is said about a failure. */

import { DiagnosticError, InternalError, UsageError } from "../model/diagnostics/diagnostic.ts";
import { printDiagnostics, printJson, type Terminal } from "./terminal.ts";

/** What the process returns to its caller. */
export const EXIT = {
  ok: 0,
  /** The model or the data is at fault. */
  model: 1,
  /** The call or its flags are at fault. */
  usage: 2,
  /** tritc is at fault. */
  internal: 3,
  /** Stopped by Ctrl-C: 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Says what went wrong and returns the exit code for it. */
export function reportFailure(error: unknown, terminal: Terminal, json: boolean): ExitCode {
  if (error instanceof DiagnosticError) {
    if (json) printJson(terminal, { diagnostics: error.diagnostics });
    else printDiagnostics(terminal, error.diagnostics);
    return error instanceof UsageError ? EXIT.usage : EXIT.model;
  }
  const { message, dump, stack } = internalFacts(error);
  if (json) printJson(terminal, { internalError: { message, ...(dump && { dump }) } });
  else terminal.err(internalText(message, dump));
  if (stack !== undefined) terminal.err(`${stack}\n`);
  return EXIT.internal;
}

function internalFacts(error: unknown): {
  readonly message: string;
  readonly dump: string | undefined;
  readonly stack: string | undefined;
} {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && process.env.TRITC_DEBUG ? error.stack : undefined;
  return { message, dump: error instanceof InternalError ? error.dump : undefined, stack };
}

function internalText(message: string, dump: string | undefined): string {
  const lines = [
    `internal error: ${message}`,
    "   = note: this is a fault of tritc, not of your model or your call",
    "   = help: please report it with the command line and the model; TRITC_DEBUG=1 shows where",
  ];
  return `${lines.join("\n")}\n${dump === undefined ? "" : `\n${dump}\n`}`;
}
