/**
 * @file Packs tritc, installs the tarball in an empty folder, and uses it there
 * as a stranger would: the command, every entry point, and the types.
 *
 * Uses the Node that is first in PATH outside this checkout.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../core/version.ts";
import { withoutLocalCommands } from "./bootstrap/dependencies.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FIXTURES = join(ROOT, "test", "package");

/** Every path in the tarball fits one of these. */
const EXPECTED = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^bin\/tritc\.mjs$/,
  /^docs\/errors\.md$/,
  /^assembly\/(kernels\.json|build\/kernels-\w+(-wasi)?\.wasm)$/,
  /^dist\/(cli|compiler|core|model|runtime|targets|trainer)\/.*(\.js|\.d\.ts|\.json|\.bin)$/,
];

const folder = mkdtempSync(join(tmpdir(), "tritc-package-"));
try {
  const tarball = pack(folder);
  const consumer = join(folder, "consumer");
  mkdirSync(consumer);
  install(consumer, tarball);
  useCommand(consumer);
  useModules(consumer);
} finally {
  rmSync(folder, { recursive: true });
}
console.log("ok      the package installs and works");

function pack(destination: string): string {
  run("npm", ["pack", "--loglevel=error", "--pack-destination", destination], ROOT);
  const tarball = readdirSync(destination).find(name => name.endsWith(".tgz"));
  check(tarball !== undefined, "npm pack wrote a tarball");
  const paths = run("tar", ["-tzf", tarball!], destination)
    .split("\n")
    .filter(line => line !== "")
    .map(line => line.replace(/^package\//, ""));
  const strange = paths.filter(path => !EXPECTED.some(pattern => pattern.test(path)));
  check(strange.length === 0, `the tarball holds what it should; beside that ${strange}`);
  return join(destination, tarball!);
}

function install(consumer: string, tarball: string): void {
  writeFileSync(join(consumer, "package.json"), '{ "private": true, "type": "module" }\n');
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], consumer);
  const installed = readdirSync(join(consumer, "node_modules"));
  const runtimes = installed.filter(name => name.startsWith("onnxruntime"));
  check(runtimes.length === 0, "no ONNX Runtime is forced on who only compiles");
}

function useCommand(consumer: string): void {
  const version = run("npx", ["tritc", "--version"], consumer).trim();
  check(version === VERSION, `npx tritc --version prints ${VERSION}, not ${version}`);
  const text = run("npx", ["tritc", "explain", "onnx/not-onnx"], consumer);
  check(text.includes("ONNX"), "npx tritc explain finds its text");
}

function useModules(consumer: string): void {
  for (const name of ["consumer.js", "consumer.ts", "tsconfig.json"]) {
    copyFileSync(join(FIXTURES, `${name}.txt`), join(consumer, name));
  }
  const output = run("node", ["consumer.js"], consumer);
  check(output === "0,1,6\n", `a compiled clamp gives 0,1,6, not ${output}`);
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  run("node", [tsc, "-p", "."], consumer);
}

function check(condition: boolean, claim: string): void {
  if (!condition) throw new Error(`not so: ${claim}`);
}

/** What the command prints, with nothing of this checkout in PATH. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: withoutLocalCommands(process.env),
    encoding: "utf8",
  });
  check(status === 0, `${command} ${args.join(" ")} succeeds; it says\n${stdout}${stderr}`);
  return stdout;
}
