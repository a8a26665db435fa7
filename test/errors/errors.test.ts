/**
 * @file Every diagnostic code is provoked, and what is printed stands in docs/errors.md.
 *
 * `UPDATE=1` writes the examples there anew.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { DIAGNOSTIC_CODES, type DiagnosticCode } from "../../model/diagnostics/codes.ts";
import { formatDiagnostics } from "../../model/diagnostics/format.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { type Bench, PROVOCATIONS } from "./provocations.ts";
import { runTritc } from "./terminal.ts";

const DOCUMENT = new URL("../../docs/errors.md", import.meta.url);
const UPDATE = process.env.UPDATE === "1";
const SCRATCH = mkdtempSync(join(tmpdir(), "tritc-errors-"));
const CODES = Object.keys(DIAGNOSTIC_CODES) as DiagnosticCode[];
const EXIT_CODES: { readonly [C in DiagnosticCode]?: number } = {
  // Warnings.
  "compile/needs-calibration": 0,
  "compile/lossy": 0,
  "train/bad-config": 2,
  "usage/bad-option": 2,
};

afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }));
describe("docs/errors.md", () => {
  test("has one section for each code, in the order of codes.ts", () => {
    const headings = [...readFileSync(DOCUMENT, "utf8").matchAll(/^## (.*)$/gm)];
    expect(headings.map(([, code]) => code)).toEqual(CODES);
  });
});

describe("every code is used", () => {
  const sources = ["cli", "compiler", "model", "runtime", "targets", "trainer", "assembly"]
    .flatMap(folder => sourcesBelow(new URL(`../../${folder}/`, import.meta.url)))
    .join("\n");

  test.each(CODES)("%s", code => {
    expect(sources).toContain(`"${code}"`);
  });
});

describe("what is printed", () => {
  test.each(CODES)("%s", async code => {
    const printed = await provoke(code);
    expect(printed).toContain(`[${code}]: `);
    if (UPDATE) writeExample(code, printed);
    expect(printed).toBe(exampleOf(code));
  });
});

/** The messages for `code`, without the scratch folder; checks the exit code. */
async function provoke(code: DiagnosticCode): Promise<string> {
  const path = join(SCRATCH, code.replace("/", "-"));
  mkdirSync(path);
  const bench: Bench = {
    path,
    write: (name, bytes) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      return file;
    },
  };
  const found = PROVOCATIONS[code](bench);
  if ("printed" in found) return found.printed.trim();
  if (typeof found === "function") return thrown(found);
  const { code: exit, err } = await runTritc(...found);
  expect(exit).toBe(EXIT_CODES[code] ?? 1);
  const command = found.map(word => word.replace(`${path}/`, "")).join(" ");
  return `$ tritc ${command}\n${messagesIn(err, path)}`;
}

/** Depends on the processor, through the order of sums. */
const LARGEST_GRADIENT = /(gradient just before was that of) .*/g;

/** Progress lines of the trainer and paths of this machine are left out. */
function messagesIn(err: string, path: string): string {
  const start = err.search(/^(error|warning)\[/m);
  const messages = err.slice(Math.max(start, 0)).replaceAll(`${path}/`, "").replaceAll(path, ".");
  return messages.replace(LARGEST_GRADIENT, "$1 …").trim();
}

function thrown(action: () => unknown): string {
  return formatDiagnostics(diagnosticsOf(action));
}

/** The first block of code in the section of `code`. */
function blockOf(document: string, code: DiagnosticCode): { start: number; end: number } {
  const section = document.indexOf(`\n## ${code}\n`);
  const start = document.indexOf("```\n", section) + "```\n".length;
  return { start, end: document.indexOf("```", start) };
}

function exampleOf(code: DiagnosticCode): string {
  const document = readFileSync(DOCUMENT, "utf8");
  const { start, end } = blockOf(document, code);
  return document.slice(start, end).trim();
}

function writeExample(code: DiagnosticCode, printed: string): void {
  const document = readFileSync(DOCUMENT, "utf8");
  const { start, end } = blockOf(document, code);
  writeFileSync(DOCUMENT, `${document.slice(0, start)}${printed}\n${document.slice(end)}`);
}

function sourcesBelow(folder: URL): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter(name => name.endsWith(".ts") && !name.endsWith("codes.ts"))
    .map(name => readFileSync(new URL(name, folder), "utf8"));
}
