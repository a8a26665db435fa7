/** @file The tree obeys docs/architecture.md; each rule is first seen to fail on a made-up tree. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { VERSION } from "../core/version.ts";
import { completeLockfile, lockfileProblems } from "../scripts/complete-lockfile.ts";
import {
  defaultExports,
  eagerPackages,
  forbiddenImports,
  importCycles,
  impurities,
  missingPaths,
  parseImportTable,
  type SourceText,
} from "./architecture/rules.ts";

const ROOT = new URL("..", import.meta.url);

function read(path: string): SourceText {
  return { path, text: readFileSync(new URL(path, ROOT), "utf8") };
}

/** All files that git tracks or would track. */
const tree = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter(path => path !== "" && existsSync(new URL(path, ROOT)));
const sources = tree.filter(path => path.endsWith(".ts") && path.includes("/")).map(read);
const documents = tree.filter(path => /^(docs\/)?[^/]+\.md$/.test(path)).map(read);
const inFolders = (...folders: string[]): SourceText[] =>
  sources.filter(({ path }) => folders.some(folder => path.startsWith(folder)));

describe("the tree", () => {
  const rules = parseImportTable(read("docs/architecture.md").text);

  test("is read whole", () => {
    expect(rules.length).toBeGreaterThan(15);
    expect(sources.length).toBeGreaterThan(100);
    expect(documents.length).toBeGreaterThan(3);
  });

  test("imports only what the table allows", () => {
    expect(forbiddenImports(sources, rules)).toEqual([]);
  });

  test("has no import cycle", () => {
    expect(importCycles(sources)).toEqual([]);
  });

  test("keeps the host, the clock and chance out of core, model and compiler", () => {
    expect(inFolders("core/", "model/", "compiler/").flatMap(impurities)).toEqual([]);
  });

  test("loads nothing but its own files with the runtime", () => {
    expect(inFolders("runtime/").flatMap(eagerPackages)).toEqual([]);
  });

  test("has no default export", () => {
    expect(sources.flatMap(defaultExports)).toEqual([]);
  });

  test("has every path that the documents mention", () => {
    expect(documents.flatMap(document => missingPaths(document, tree))).toEqual([]);
  });

  test("states one version", () => {
    expect(VERSION).toBe(JSON.parse(read("package.json").text).version);
  });

  test("has a complete lock file", () => {
    expect(lockfileProblems(JSON.parse(read("package-lock.json").text))).toEqual([]);
  });
});

describe("rules", () => {
  const table = [
    "| folder | what it is | may import |",
    "|---|---|---|",
    "| `core/` | words | nothing |",
    "| `model/` | networks | `core/` |",
    "| `model/onnx/` | files | `core/`, `model/index.ts` |",
    "| `test/`, `bench/` | | anything |",
  ].join("\n");
  const rules = parseImportTable(`# Title\n\n${table}\n\n| other | table |\n`);
  const file = (path: string, text: string): SourceText => ({ path, text });

  test("the table is parsed", () => {
    expect(rules).toEqual([
      { folder: "core/", mayImport: [] },
      { folder: "model/", mayImport: ["core/"] },
      { folder: "model/onnx/", mayImport: ["core/", "model/index.ts"] },
      { folder: "test/", mayImport: "anything" },
      { folder: "bench/", mayImport: "anything" },
    ]);
    expect(parseImportTable("no table")).toEqual([]);
  });

  test.each([
    ["core/a.ts", 'import { b } from "../model/b.ts";'],
    ["core/a.ts", 'import type { B } from "../model/b.ts";'],
    ["core/a.ts", 'export * from "../model/b.ts";'],
    ["core/a.ts", 'const b = await import("../model/b.ts");'],
    ["model/onnx/a.ts", 'import { b } from "../b.ts";'],
    ["model/a.ts", 'import { b } from "./onnx/b.ts";'],
    ["elsewhere/a.ts", ""],
  ])("a forbidden import is found: %s %s", (path, text) => {
    expect(forbiddenImports([file(path, text)], rules)).toHaveLength(1);
  });

  test.each([
    ["core/a.ts", 'import { b } from "./b.ts";'],
    ["model/a.ts", 'import { b } from "../core/b.ts"; import sharp from "sharp";'],
    ["model/onnx/a.ts", 'import { b } from "../index.ts";'],
    ["test/a.ts", 'import { b } from "../model/onnx/b.ts";'],
  ])("an allowed import passes: %s %s", (path, text) => {
    expect(forbiddenImports([file(path, text)], rules)).toEqual([]);
  });

  test("cycles are found once", () => {
    const ring = [
      file("a.ts", 'import "./b.ts";'),
      file("b.ts", 'import "./c.ts"; import "./d.ts";'),
      file("c.ts", 'import type { A } from "./a.ts";'),
      file("d.ts", ""),
    ];
    expect(importCycles(ring)).toEqual(["a.ts -> b.ts -> c.ts -> a.ts"]);
    expect(importCycles(ring.slice(1))).toEqual([]);
  });

  test.each([
    'import { readFileSync } from "node:fs";',
    'const fs = await import("node:fs");',
    "console.log(1);",
    "const now = Date.now();",
    "const now = new Date();",
    "const x = Math.random();",
    'const home = process.env["HOME"];',
  ])("impure: %s", text => {
    expect(impurities(file("core/a.ts", text))).toHaveLength(1);
  });

  test.each(["// console.log", "const process = 1;", "Math.round(a.process);", "type T = Date;"])(
    "pure: %s",
    text => {
      expect(impurities(file("core/a.ts", text))).toEqual([]);
    },
  );

  test("eager packages are found, lazy ones allowed", () => {
    expect(eagerPackages(file("a.ts", 'import fs from "node:fs";'))).toHaveLength(1);
    expect(eagerPackages(file("a.ts", 'export * from "fflate";'))).toHaveLength(1);
    expect(eagerPackages(file("a.ts", 'import "./b.ts"; await import("node:fs");'))).toEqual([]);
  });

  test.each(["export default 1;", "export default function f() {}"])("default: %s", text => {
    expect(defaultExports(file("a.ts", text))).toHaveLength(1);
    expect(defaultExports(file("a.ts", text.replace("export default", "void")))).toEqual([]);
  });

  test("missing paths are found", () => {
    const paths = ["core/abi.ts", "test/slow/a.test.ts", "package.json"];
    const text =
      "`core/abi` `core/abi.ts` `core/` `test/slow/**` `core/gone.ts` `onnx/code` `test/x/`";
    expect(missingPaths(file("docs/a.md", text), paths)).toEqual([
      "docs/a.md mentions core/gone.ts, which does not exist",
      "docs/a.md mentions test/x/, which does not exist",
    ]);
  });

  test("an incomplete lock file is found and completed", () => {
    const lock = {
      packages: {
        "": { version: "1.0.0" },
        "node_modules/onnxruntime-node": { version: "1.0.0", hasInstallScript: true },
        "node_modules/tool": {
          version: "1.0.0",
          dev: true,
          optionalDependencies: { "@tool/linux-arm-musleabihf": "1.0.0" },
        },
      },
    };
    expect(lockfileProblems(lock)).toHaveLength(2);
    const completed = completeLockfile(lock);
    expect(lockfileProblems(completed)).toEqual([]);
    expect(completed.packages["node_modules/@tool/linux-arm-musleabihf"]).toEqual({
      version: "1.0.0",
      dev: true,
      optional: true,
      os: ["linux"],
      cpu: ["arm"],
      libc: ["musl"],
    });
    const elsewhere = { packages: { "node_modules/a": { resolved: "https://registry/a.tgz" } } };
    expect(lockfileProblems(elsewhere)).toEqual(["node_modules/a names a registry"]);
  });
});
