/** @file `tritc explain`: what a diagnostic code means, and what to do about it. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { DIAGNOSTIC_CODES } from "../../model/diagnostics/codes.ts";
import { InternalError, problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { addJson, type JsonFlag } from "../options.ts";
import { packageFile } from "../package-file.ts";
import type { Session } from "../session.ts";
import { printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  tritc explain                        lists all codes
  tritc explain onnx/unsupported-op`;

const ERRORS_FILE = "docs/errors.md";

export function addExplain(program: Command, { terminal }: Session): void {
  const command = program
    .command("explain")
    .description("explain a diagnostic code, or list all")
    .argument("[code]", "such as onnx/unsupported-op");
  addJson(command)
    .addHelpText("after", EXAMPLES)
    .action((code: string | undefined, { json }: JsonFlag) => {
      const codes = Object.entries(DIAGNOSTIC_CODES);
      if (code === undefined) {
        if (json) return printJson(terminal, Object.fromEntries(codes));
        const width = Math.max(...codes.map(([name]) => name.length));
        return terminal.out(
          codes.map(([name, summary]) => `${name.padEnd(width)}  ${summary}\n`).join(""),
        );
      }
      const text = explanationOf(code);
      if (json) return printJson(terminal, { code, text });
      return terminal.out(`${text}\n`);
    });
}

/** The section of docs/errors.md under the code's heading. */
function explanationOf(code: string): string {
  if (!(code in DIAGNOSTIC_CODES)) {
    const area = code.split("/")[0];
    const near = Object.keys(DIAGNOSTIC_CODES).filter(known => known.startsWith(`${area}/`));
    const notes = near.length > 0 ? [`codes of "${area}": ${near.join(", ")}`] : [];
    throw new UsageError(
      problem("usage/bad-option", `there is no code "${code}"`, {
        notes,
        help: "tritc explain lists all codes",
      }),
    );
  }
  const text = readFileSync(packageFile(ERRORS_FILE), "utf8").replaceAll("\r\n", "\n");
  const start = text.indexOf(`\n## ${code}\n`);
  if (start < 0) throw new InternalError(`docs/errors.md has no section for ${code}`);
  const end = text.indexOf("\n## ", start + 1);
  return text.slice(start + "\n## ".length, end < 0 ? undefined : end).trim();
}
