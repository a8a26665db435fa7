/**
 * @file The kernel library as the compiler takes it: the table of kernels and
 * the compiled modules they are copied from.
 */

import type { SimdTier } from "../../core/abi.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Packing } from "./pack.ts";
import type { KernelRow } from "./select.ts";

export interface KernelLibrary {
  /** assembly/kernels.json */
  readonly table: readonly KernelRow[];
  /** The kernels of each tier, compiled. */
  readonly modules: Readonly<Record<SimdTier, Uint8Array>>;
  /** The same with the shell of a WASI command. */
  readonly commands: Readonly<Record<SimdTier, Uint8Array>>;
}

const PACKINGS: readonly Packing[] = ["plain", "swapped", "rows", "falling"];

/** Checks the rows of assembly/kernels.json. */
export function parseKernelTable(rows: unknown): readonly KernelRow[] {
  if (!Array.isArray(rows)) throw new InternalError("the kernel table is not a list");
  return rows.map(parseRow);
}

function parseRow(row: unknown): KernelRow {
  const { name, family, isa, mr, nr, kr, packing } = row as Record<string, unknown>;
  const tile = [mr, nr, kr].every(size => Number.isInteger(size) && (size as number) > 0);
  const words = typeof name === "string" && typeof family === "string";
  const known = packing === undefined || PACKINGS.includes(packing as Packing);
  if (!tile || !words || !known || (isa !== "scalar" && isa !== "simd128")) {
    throw new InternalError(`the kernel table has a malformed row: ${JSON.stringify(row)}`);
  }
  return row as KernelRow;
}

/** The kernels of `family` that `tier` runs: its own, or the scalar ones if it has none. */
export function kernelsOf(
  table: readonly KernelRow[],
  family: string,
  tier: SimdTier,
): readonly KernelRow[] {
  const members = table.filter(row => row.family === family);
  const own = members.filter(row => row.isa === tier);
  const chosen = own.length > 0 ? own : members.filter(row => row.isa === "scalar");
  if (chosen.length === 0) throw new InternalError(`no ${tier} kernel of family ${family}`);
  return chosen;
}
