/**
 * @file Lays out a folder that engines can run: modules, their inputs, and the
 * programs of this folder with the runtime, as plain JavaScript.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { bytesOf } from "../../../core/tensor.ts";
import { type Case, hasSlots } from "./cases.ts";
import type { StagedCase } from "./program.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Where the programs of this folder lie in a staged one. */
export const PROGRAMS = "test/targets/engines";

/** What programs import, and nothing else: it shows that the runtime needs no more. */
const SOURCES = [
  "core/abi.ts",
  "core/interval.ts",
  "core/mean-term.ts",
  "core/requantize.ts",
  "core/version.ts",
  ...filesIn("compiler/specialize"),
  "runtime/arrays.ts",
  "runtime/engine.ts",
  "runtime/error.ts",
  "runtime/index.ts",
  "runtime/source.ts",
  ...filesIn("runtime/specialize"),
  "test/targets/wasi-run.ts",
  ...["program", "in-page", "in-worker", "in-process", "in-wasi"].map(n => `${PROGRAMS}/${n}.ts`),
];

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map(name => `${folder}/${name}`);
}

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>tritc</title>
<script type="module" src="in-page.js"></script>
`;

export function stage(root: string, cases: readonly Case[]): void {
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  put("package.json", '{ "type": "module" }\n');
  for (const source of SOURCES) put(source.replace(/\.ts$/, ".js"), transpile(source));
  put(`${PROGRAMS}/page.html`, PAGE);
  const staged = cases.map(stagedCase);
  put(`${PROGRAMS}/cases.json`, JSON.stringify(staged));
  put(`${PROGRAMS}/cases.js`, `export const cases = ${JSON.stringify(staged)};\n`);
  for (const [i, { file }] of staged.entries()) {
    put(`${PROGRAMS}/${file}`, cases[i]!.compilation.wasm);
  }
}

/** A file of the checkout as plain JavaScript. */
export function transpile(source: string): string {
  const { outputText } = ts.transpileModule(readFileSync(join(ROOT, source), "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ES2022,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}

function stagedCase({ name, compilation, inputs, expected }: Case, index: number): StagedCase {
  const { wasm, manifest, plan } = compilation;
  return {
    name,
    file: `module-${index}.wasm`,
    wasm: base64(wasm),
    isCommand: manifest.target === "wasi",
    hasSlots: hasSlots(plan),
    simd: manifest.simd,
    inputs: inputs.map(set =>
      Object.fromEntries(
        manifest.inputs.map(port => [port.name, base64(bytesOf(set[port.name]!))]),
      ),
    ),
    outputBytes: expected[0]!.map(({ data }) => data.byteLength),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
