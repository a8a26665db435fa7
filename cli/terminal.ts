/** @file Where a command prints: results on one stream, messages on the other. */

import pc from "picocolors";
import type { Diagnostic, Severity } from "../model/diagnostics/diagnostic.ts";
import { formatDiagnostics, type Paint } from "../model/diagnostics/format.ts";

export interface Terminal {
  /** Results: what a pipe should receive. */
  readonly out: (text: string) => void;
  /** Messages, warnings, progress. */
  readonly err: (text: string) => void;
  /** Whether messages may be coloured. */
  readonly colours: boolean;
  /** Whether someone watches: then long work shows its progress. */
  readonly interactive: boolean;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    out: text => process.stdout.write(text),
    err: text => process.stderr.write(text),
    colours: pc.isColorSupported && process.stderr.isTTY === true,
    interactive: process.stderr.isTTY === true,
  };
}

/** Prints messages as text. */
export function printDiagnostics(terminal: Terminal, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  terminal.err(`${formatDiagnostics(diagnostics, paintFor(terminal))}\n`);
}

/** Prints a result as one JSON document. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}

function paintFor(terminal: Terminal): Paint {
  const { red, yellow, bold, blue } = pc.createColors(terminal.colours);
  const shade = (severity: Severity) => (severity === "error" ? red : yellow);
  return {
    severity: (text, severity) => bold(shade(severity)(text)),
    strong: bold,
    faint: text => bold(blue(text)),
  };
}
