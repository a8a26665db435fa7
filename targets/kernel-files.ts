/** @file Loads the compiled kernels from the package's own files, in Node. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Costs } from "../compiler/costs/costs.ts";
import { parseCosts } from "../compiler/costs/parse-costs.ts";
import { type KernelLibrary, parseKernelTable } from "../compiler/plan/kernel-library.ts";
import { ENGINES, type Engine, SIMD_TIERS, type SimdTier } from "../core/abi.ts";
import { InternalError } from "../model/diagnostics/diagnostic.ts";

const TABLE = "kernels.json";

let loaded: KernelLibrary | undefined;

/** The kernel library that belongs to this package; read once. */
export function loadKernelLibrary(): KernelLibrary {
  loaded ??= readLibrary(assemblyFolder());
  return loaded;
}

function readLibrary(folder: string): KernelLibrary {
  const read = (tier: SimdTier, shell: string): Uint8Array =>
    readKernels(join(folder, "build", `kernels-${tier}${shell}.wasm`));
  const table: unknown = JSON.parse(readFileSync(join(folder, TABLE), "utf8"));
  return {
    table: parseKernelTable(table),
    modules: ofEachTier(tier => read(tier, "")),
    commands: ofEachTier(tier => read(tier, "-wasi")),
    costs: readCosts(),
  };
}

/** The costs of all engines, which lie beside the compiler, in the sources as in `dist`. */
function readCosts(): KernelLibrary["costs"] {
  const folder = fileURLToPath(new URL("../compiler/costs", import.meta.url));
  const entries = ENGINES.map(engine => {
    const path = join(folder, `${engine}.json`);
    return [engine, parseCosts(readFileSync(path, "utf8"), path)] as const;
  });
  return Object.fromEntries(entries) as Record<Engine, Costs>;
}

function ofEachTier(read: (tier: SimdTier) => Uint8Array): Record<SimdTier, Uint8Array> {
  const entries = SIMD_TIERS.map(tier => [tier, read(tier)] as const);
  return Object.fromEntries(entries) as Record<SimdTier, Uint8Array>;
}

/** The folder `assembly`, above this file: in the sources one level up, in `dist` two. */
function assemblyFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "assembly", TABLE))) {
    const parent = dirname(folder);
    if (parent === folder) throw new InternalError("the folder with the kernels is missing");
    folder = parent;
  }
  return join(folder, "assembly");
}

function readKernels(path: string): Uint8Array {
  if (existsSync(path)) return readFileSync(path);
  throw new InternalError(`${path} is missing: npm run build compiles the kernels`);
}
