/**
 * @file The kernel library as the compiler takes it: the table of kernels and
 * the compiled modules they are copied from.
 */

import { type Engine, SIMD_TIERS, type SimdTier } from "../../core/abi.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Costs } from "../costs/costs.ts";
import type { Packing } from "./pack.ts";
import type { KernelRow } from "./select.ts";

export interface KernelLibrary {
  /** assembly/kernels.json */
  readonly table: readonly KernelRow[];
  /** The kernels of each tier, compiled. */
  readonly modules: Readonly<Record<SimdTier, Uint8Array>>;
  /** The same with the shell of a WASI command. */
  readonly commands: Readonly<Record<SimdTier, Uint8Array>>;
  /** compiler/costs/*.json: what calls cost on each engine. */
  readonly costs: Readonly<Record<Engine, Costs>>;
}

const PACKINGS: readonly Packing[] = ["plain", "swapped", "rows", "falling", "quads", "depths"];

/** Checks the rows of assembly/kernels.json. */
export function parseKernelTable(rows: unknown): readonly KernelRow[] {
  if (!Array.isArray(rows)) throw new InternalError("the kernel table is not a list");
  return rows.map(parseRow);
}

function parseRow(row: unknown): KernelRow {
  const { name, family, isa, mr, nr, kr, packing, x } = row as Record<string, unknown>;
  const tile = [mr, nr, kr].every(size => Number.isInteger(size) && (size as number) > 0);
  const words = typeof name === "string" && typeof family === "string";
  const known = packing === undefined || PACKINGS.includes(packing as Packing);
  const activations = x === undefined || x === "u7";
  if (!tile || !words || !known || !activations || !SIMD_TIERS.includes(isa as SimdTier)) {
    throw new InternalError(`the kernel table has a malformed row: ${JSON.stringify(row)}`);
  }
  return row as KernelRow;
}

/** The kernels of `family` that `tier` runs: those with vectors, or the scalar ones if there are none. */
export function kernelsOf(
  table: readonly KernelRow[],
  family: string,
  tier: SimdTier,
): readonly KernelRow[] {
  const members = table.filter(row => row.family === family);
  const isWithin = ({ isa }: KernelRow): boolean =>
    SIMD_TIERS.indexOf(isa) <= SIMD_TIERS.indexOf(tier);
  const vector = members.filter(row => isWithin(row) && row.isa !== "scalar");
  const chosen = vector.length > 0 ? vector : members.filter(row => row.isa === "scalar");
  if (chosen.length === 0) throw new InternalError(`no ${tier} kernel of family ${family}`);
  return chosen;
}
