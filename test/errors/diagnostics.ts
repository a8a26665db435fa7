/** @file With which diagnostics an action is refused. */

import type { DiagnosticCode } from "../../model/diagnostics/codes.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostics/diagnostic.ts";

/** None if nothing is thrown; what carries no diagnostics is thrown on. */
export function diagnosticsOf(action: () => unknown): readonly Diagnostic[] {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
  return [];
}

export function codesOf(action: () => unknown): readonly DiagnosticCode[] {
  return diagnosticsOf(action).map(({ code }) => code);
}
