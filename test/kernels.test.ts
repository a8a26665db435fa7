/**
 * @file Every kernel of assembly/kernels.json against a plain model of its family.
 *
 * Scalar and simd128 kernels meet the same models bit for bit, hence each other.
 */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { SIMD_TIERS, type SimdTier } from "../core/abi.ts";
import {
  type KernelRow,
  kernelLibrary,
  kernelsOfTier,
  readKernelTable,
} from "../scripts/build-kernels.ts";
import { contractions } from "./kernels/contractions.ts";
import { elementwise } from "./kernels/elementwise.ts";
import type { FamilyTests, Trial } from "./kernels/family.ts";
import { type Call, openLibraries } from "./kernels/library.ts";
import { lists } from "./kernels/lists.ts";
import { means } from "./kernels/means.ts";
import { planes } from "./kernels/planes.ts";
import { Scene } from "./kernels/scene.ts";

const TRIALS = 60;
const families: FamilyTests = { ...contractions, ...elementwise, ...planes, ...means, ...lists };
const table = readKernelTable();
let libraries: Record<SimdTier, Call>;

beforeAll(async () => {
  libraries = await openLibraries();
});

/** The first difference between the kernel, as any tier compiles it, and the model in `trials` scenes. */
function firstDifference(
  kernel: KernelRow,
  trials: number,
  distort: (trial: Trial, scene: Scene) => void = () => {},
): string | undefined {
  const tiers = SIMD_TIERS.filter(tier => kernelsOfTier(table, tier).includes(kernel));
  for (let index = 0; index < trials; index++) {
    const scene = new Scene(index, kernel.family);
    const trial = families[kernel.family]!(scene, kernel, index);
    const difference = scene.difference(
      tiers.map(tier => memory => libraries[tier](memory, kernel.name, trial.args)),
      () => {
        trial.model();
        distort(trial, scene);
      },
    );
    if (difference !== undefined) return `trial ${index} (${trial.args.join(", ")}): ${difference}`;
  }
  return undefined;
}

describe.each(table)("$name", kernel => {
  test("equals its model, and writes nothing else", () => {
    expect(families).toHaveProperty(kernel.family);
    expect(firstDifference(kernel, TRIALS)).toBeUndefined();
  });

  test("is told from a model that is wrong in one bit", () => {
    const wrong = (_: Trial, scene: Scene): void => {
      scene.bytes[64] = scene.bytes[64]! ^ 1;
    };
    expect(firstDifference(kernel, 1, wrong)).toMatch(/^trial 0 .*: byte 64/);
  });
});

describe("the table", () => {
  test("names are family, tile and instruction set", () => {
    for (const { name, family, isa, mr, nr, kr } of table) {
      const tile =
        mr * nr * kr === 1 && !family.includes("dwconv")
          ? ""
          : `_${mr}x${nr}${kr > 1 ? `c${kr}` : ""}`;
      expect(name).toBe(`${family}${tile}__${isa}`);
    }
  });

  test("lists each kernel once, and every family that is tested", () => {
    expect(new Set(table.map(row => row.name)).size).toBe(table.length);
    expect(new Set(table.map(row => row.family))).toEqual(new Set(Object.keys(families)));
  });

  test("every family has a scalar kernel", () => {
    const scalar = new Set(table.filter(row => row.isa === "scalar").map(row => row.family));
    for (const { family } of table) expect(scalar).toContain(family);
  });
});

describe.each(SIMD_TIERS)("the %s library", tier => {
  test("exports its kernels, imports nothing and holds no data", () => {
    const module = new WebAssembly.Module(readFileSync(kernelLibrary(tier)));
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const expected = kernelsOfTier(table, tier).map(row => row.name);
    expect(names.toSorted()).toEqual([...expected, "memory"].toSorted());
    const { exports } = new WebAssembly.Instance(module);
    const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
    expect(memory.every(byte => byte === 0)).toBe(true);
  });
});
