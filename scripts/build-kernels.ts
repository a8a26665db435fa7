/**
 * @file Compiles `assembly/` into the kernel libraries that the compiler links from.
 *
 * Per tier, two files in assembly/build: `kernels-<tier>.wasm`, every kernel of
 * assembly/kernels.json as an export, without imports and data; and
 * `kernels-<tier>-wasi.wasm`, the same with the WASI shell. A tier with
 * vectors has the scalar kernel where a family has no other. Options stand in
 * asconfig.json. A stamp of all sources makes a second call instant.
 */

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelsOf } from "../compiler/plan/kernel-library.ts";
import type { KernelRow as SelectableKernel } from "../compiler/plan/select.ts";
import { SIMD_TIERS, type SimdTier } from "../core/abi.ts";

export interface KernelRow extends SelectableKernel {
  /** Below assembly/kernels. */
  readonly file: string;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const ASSEMBLY = join(ROOT, "assembly");
const BUILD = join(ASSEMBLY, "build");
const STAMP = join(BUILD, "stamp");
/** Where the shell's static data starts; kernels have none. */
const MEMORY_BASE = 1024;

/** Path of a built library. */
export function kernelLibrary(tier: SimdTier, shell: "" | "-wasi" = ""): string {
  return join(BUILD, `kernels-${tier}${shell}.wasm`);
}

export function readKernelTable(): KernelRow[] {
  return JSON.parse(readFileSync(join(ASSEMBLY, "kernels.json"), "utf8")) as KernelRow[];
}

/** The kernels that a tier's library exports. */
export function kernelsOfTier(rows: readonly KernelRow[], tier: SimdTier): KernelRow[] {
  const families = new Set(rows.map(row => row.family));
  return [...families].flatMap(family => kernelsOf(rows, family, tier) as KernelRow[]);
}

/** Compiles what is out of date, after `announce`. Returns whether anything was compiled. */
export async function buildKernels(announce: () => void = () => {}): Promise<boolean> {
  const stamp = digestOfSources();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp) return false;
  announce();
  mkdirSync(BUILD, { recursive: true });
  const rows = readKernelTable();
  for (const tier of SIMD_TIERS) {
    const kernels = kernelsOfTier(rows, tier)
      .map(row => `export { ${row.name} } from "./kernels/${row.file.replace(/\.ts$/, "")}";`)
      .join("\n");
    await compile(tier, kernels, kernelLibrary(tier), []);
    const shell = `${kernels}\nexport { tritc_command } from "./wasi/command";`;
    const options = ["--memoryBase", String(MEMORY_BASE)];
    await compile(tier, shell, kernelLibrary(tier, "-wasi"), options);
  }
  replaceFile(STAMP, stamp);
  return true;
}

async function compile(
  tier: SimdTier,
  entry: string,
  output: string,
  options: readonly string[],
): Promise<void> {
  const asc = await import("assemblyscript/asc");
  const entryName = "entry.ts";
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [entryName, "--config", "asconfig.json", "--target", tier, "-o", "out.wasm", ...options],
    {
      readFile: name => readSource(name, entryName, entry),
      writeFile: (_, contents) => {
        binary = typeof contents === "string" ? Buffer.from(contents) : contents;
      },
      listFiles: () => [],
    },
  );
  const messages = stderr.toString();
  if (error || binary === undefined || messages !== "") {
    throw new Error(`asc cannot build the ${tier} kernels: ${error?.message ?? ""}\n${messages}`);
  }
  replaceFile(output, binary);
}

/** Sources as asc asks for them: relative to assembly/. */
function readSource(name: string, entryName: string, entry: string): string | null {
  if (name === entryName) return entry;
  const path = name === "asconfig.json" ? join(ROOT, name) : join(ASSEMBLY, name);
  return existsSync(path) ? placeTexts(readFileSync(path, "utf8")) : null;
}

/** Replaces `text("…")`, ASCII, by the address of its bytes, with a zero behind them. */
function placeTexts(source: string): string {
  return source.replaceAll(/\btext\(("(?:[^"\\]|\\.)*")\)/g, (_, literal: string) => {
    const bytes = [...Buffer.from(JSON.parse(literal) as string), 0];
    return `memory.data<u8>([${bytes.join(", ")}], 1)`;
  });
}

/** Writes beside `path` and renames, so that a reader never sees half a file. */
function replaceFile(path: string, contents: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

function digestOfSources(): string {
  const hash = createHash("sha256");
  const names = readdirSync(ASSEMBLY, { recursive: true, encoding: "utf8" })
    .filter(name => /\.(ts|json)$/.test(name) && !name.startsWith("build"))
    .sort()
    .map(name => join(ASSEMBLY, name));
  const asc = fileURLToPath(import.meta.resolve("assemblyscript/package.json"));
  for (const name of [...names, join(ROOT, "asconfig.json"), fileURLToPath(import.meta.url), asc]) {
    hash.update(name.slice(ROOT.length)).update("\0").update(readFileSync(name)).update("\0");
  }
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await buildKernels(() => console.error("tritc: building the kernels ..."));
  console.log(built ? "kernel libraries built" : "kernel libraries are up to date");
}
