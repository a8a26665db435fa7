/** @file What a kernel brings along into a module, read from its code. */

import { describe, expect, test } from "vitest";
import { binaryen } from "../compiler/emit/binaryen.ts";
import { calledFunctions } from "../compiler/emit/called-functions.ts";
import { exportedParts } from "../compiler/emit/split-run.ts";
import { SIMD_TIERS } from "../core/abi.ts";
import { kernels } from "./plan/compile-and-compare.ts";

/** By exported name, the functions that each function of the text calls, itself and in turn. */
function callsInText(library: Uint8Array): ReadonlyMap<string, number> {
  const module = binaryen.readBinary(library);
  const text = module.emitText();
  module.dispose();
  const bodies = text.split(/\n \(func /).slice(1);
  const calls = new Map(
    bodies.map(body => {
      const called = [...body.matchAll(/\(call (\$\S+)/g)].map(match => match[1]!);
      return [body.match(/^\$\S+/)![0], called] as const;
    }),
  );
  const exported = text.matchAll(/\(export "([^"]+)" \(func (\$[^)]+)\)\)/g);
  return new Map(
    [...exported].map(([, name, id]) => {
      const reached = new Set([id!]);
      for (const caller of reached)
        for (const callee of calls.get(caller) ?? []) reached.add(callee);
      return [name!, reached.size];
    }),
  );
}

describe("the parts of a kernel", () => {
  test.each(SIMD_TIERS)("are what its text says it calls, %s", tier => {
    const library = kernels.modules[tier];
    const parts = exportedParts(library);
    expect(new Map([...parts].map(([name, { length }]) => [name, length]))).toEqual(
      callsInText(library),
    );
  });

  test("are shared by kernels that call the same functions", () => {
    const parts = exportedParts(kernels.modules.simd128);
    const [dense, depthwise] = [
      parts.get("qs8_tc2w_igemm_requant_4x16c4__simd128")!,
      parts.get("qs8_qc8w_dwconv_requant_4x8c2__simd128")!,
    ];
    const names = depthwise.map(({ name }) => name);
    expect(dense.filter(({ name }) => names.includes(name)).length).toBe(1);
    for (const { bytes } of [...dense, ...depthwise]) expect(bytes).toBeGreaterThan(100);
  });

  test("are found behind operands that look like calls", () => {
    const zeros = new Array<number>(16).fill(0x10);
    const body = [
      0,
      0x41,
      0x10,
      0x1a,
      0xfd,
      12,
      ...zeros,
      0x1a,
      0x43,
      0x10,
      0x10,
      0x10,
      0x10,
      0x1a,
    ];
    expect([...calledFunctions(Uint8Array.from([...body, 0x10, 5, 0x0b]))]).toEqual([5]);
  });
});
