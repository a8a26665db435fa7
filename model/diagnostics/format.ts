/**
 * @file Diagnostics as text, for people.
 *
 *     error[onnx/unsupported-op]: operator "Einsum" (opset 17) is not supported
 *       --> model.onnx: node "attention" (Einsum), output "y"
 *        = note: 1 node in this model:
 *        = help: write the layer with supported operators
 */

import type { Diagnostic, Severity } from "./diagnostic.ts";

/** Colours the parts of a message; each function returns its text unchanged without colours. */
export interface Paint {
  readonly severity: (text: string, severity: Severity) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const PLAIN: Paint = { severity: text => text, strong: text => text, faint: text => text };

/** One diagnostic, without a final line break. */
export function formatDiagnostic(diagnostic: Diagnostic, paint: Paint = PLAIN): string {
  const { severity, code, message, at, notes, help } = diagnostic;
  const lines = [
    `${paint.severity(`${severity}[${code}]`, severity)}${paint.strong(`: ${message}`)}`,
  ];
  if (at !== undefined) lines.push(`  ${paint.faint("-->")} ${at}`);
  for (const note of notes) lines.push(`   ${paint.faint("= note:")} ${continued(note)}`);
  if (help !== undefined) lines.push(`   ${paint.faint("= help:")} ${continued(help)}`);
  return lines.join("\n");
}

/** Later lines stand under the first. */
function continued(text: string): string {
  return text.replaceAll("\n", "\n           ");
}

/** All of them, with an empty line between two. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], paint?: Paint): string {
  return diagnostics.map(diagnostic => formatDiagnostic(diagnostic, paint)).join("\n\n");
}
