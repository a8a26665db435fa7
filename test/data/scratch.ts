/** @file A folder for one test file's own data, removed when its tests are done. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import type { DiagnosticCode } from "../../model/diagnostics/codes.ts";
import { type Diagnostic, DiagnosticError } from "../../model/diagnostics/diagnostic.ts";

/** Makes the folder; `write` puts files into it and returns their paths. */
export function scratchFolder(): {
  readonly path: string;
  write(name: string, bytes: Uint8Array | string): string;
} {
  const path = mkdtempSync(join(tmpdir(), "tritc-test-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, bytes) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      return file;
    },
  };
}

/** The one diagnostic with which `action` fails; checks its code. */
export async function failure(action: () => unknown, code: DiagnosticCode): Promise<Diagnostic> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    expect(error.diagnostics.map(diagnostic => diagnostic.code)).toEqual([code]);
    return error.diagnostics[0]!;
  }
  throw new Error(`expected ${code}, nothing was thrown`);
}
