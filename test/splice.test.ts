/** @file Functions take the place of imports in a finished module, and no index moves. */

import { describe, expect, test } from "vitest";
import { BinaryReader, unsignedBytes } from "../compiler/emit/binary.ts";
import { binaryen, TIER_FEATURES } from "../compiler/emit/binaryen.ts";
import { CODE_MODULE, spliceFunctions } from "../compiler/emit/splice.ts";
import { TARGETS } from "../targets/node.ts";
import { Random } from "./fuzz/random.ts";
import { compileAsIs, graphOf } from "./plan/compile-and-compare.ts";
import { image, planeConv, SAME } from "./plan/plane-graphs.ts";

type Field = readonly [module: string, name: string];

/** (module (import …)* (func $f (export "f") (result i32): calls of all imports)) */
function moduleOf(imports: readonly Field[], others = false): Uint8Array {
  const { none, i32 } = binaryen;
  const module = binaryen.readBinary(emptyModule(others));
  module.setFeatures(TIER_FEATURES.simd128);
  for (const [from, name] of imports) module.addFunctionImport(name, from, name, none, i32);
  const digits = imports.map(([, name]) => module.call(name, [], i32));
  for (const [index, digit] of digits.entries()) {
    module.addFunction(`get${index}`, none, i32, [], digit);
    module.addFunctionExport(`get${index}`, `get${index}`);
  }
  return module.emitBinary();
}

/** A module of nothing, or of imports that are no functions: a table, a memory, a global. */
function emptyModule(others: boolean): Uint8Array {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  if (!others) return Uint8Array.from(header);
  const entries = [
    [1, 0x65, 1, 0x74, 1, 0x70, 1, 0, 2],
    [1, 0x65, 1, 0x6d, 2, 0, 1],
    [1, 0x65, 1, 0x67, 3, 0x7f, 0],
  ];
  const content = [entries.length, ...entries.flat()];
  return Uint8Array.from([...header, 2, content.length, ...content]);
}

/** () → value */
function returning(value: number): Uint8Array {
  return Uint8Array.from([0, 0x41, value, 0x0b]);
}

function valuesOf(bytes: Uint8Array, imports: WebAssembly.Imports, count: number): number[] {
  const module = new WebAssembly.Module(bytes as BufferSource);
  const { exports } = new WebAssembly.Instance(module, imports);
  return Array.from({ length: count }, (_, i) => (exports[`get${i}`] as () => number)());
}

const HOST: Field = ["host", "seven"];
const CODE: readonly Field[] = [
  [CODE_MODULE, "a"],
  [CODE_MODULE, "b"],
];
const BODIES = [
  { name: "b", body: returning(2) },
  { name: "a", body: returning(1) },
];

describe("splicing", () => {
  test("replaces imports by name, in whatever order the functions come", () => {
    const spliced = spliceFunctions(moduleOf(CODE), BODIES);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(spliced))).toEqual([]);
    expect(valuesOf(spliced, {}, 2)).toEqual([1, 2]);
  });

  test("keeps other imports", () => {
    const spliced = spliceFunctions(moduleOf([HOST, ...CODE]), BODIES);
    expect(valuesOf(spliced, { host: { seven: () => 7 } }, 3)).toEqual([7, 1, 2]);
  });

  test("passes over imports that are no functions", () => {
    const module = moduleOf([HOST, ...CODE], true);
    const spliced = new WebAssembly.Module(spliceFunctions(module, BODIES));
    const kinds = (found: WebAssembly.Module) =>
      WebAssembly.Module.imports(found).map(({ kind, name }) => `${kind} ${name}`);
    const before = kinds(new WebAssembly.Module(module as BufferSource));
    expect(kinds(spliced)).toEqual(before.filter(entry => !/ [ab]$/.test(entry)));
  });

  test("refuses what it cannot do without moving an index, or at all", () => {
    const splice = (imports: readonly Field[], names: readonly string[]) => () =>
      spliceFunctions(
        moduleOf(imports),
        names.map(name => ({ name, body: returning(0) })),
      );
    expect(splice([...CODE, HOST], ["a", "b"])).toThrow(/host\.seven follows/);
    expect(splice(CODE, ["a"])).toThrow(/no function to splice for the import b/);
    expect(splice(CODE, ["a", "b", "c"])).toThrow(/does not import c/);
    expect(() => spliceFunctions(Uint8Array.of(1, 2, 3), [])).toThrow(/no WebAssembly module/);
    const cut = moduleOf(CODE).slice(0, -3);
    expect(() => spliceFunctions(cut, BODIES)).toThrow(/needs \d+ bytes/);
  });
});

test("numbers are written as they are read", () => {
  for (const value of [0, 1, 127, 128, 300, 16383, 16384, 2 ** 31, 2 ** 32 - 1]) {
    expect(new BinaryReader(unsignedBytes(value)).unsigned()).toBe(value);
  }
  expect(() => new BinaryReader(new Uint8Array(9).fill(0x80)).unsigned()).toThrow(/too long/);
});

test("a WASI command keeps its imports and its manifest", () => {
  const random = new Random(5);
  const graph = graphOf(b => [planeConv(b, random, image(b, "x", [1, 3, 6, 7]), SAME)]);
  const { wasm, plan } = compileAsIs(graph, { target: TARGETS.wasi });
  const module = new WebAssembly.Module(wasm);
  const modules = new Set(WebAssembly.Module.imports(module).map(({ module: from }) => from));
  expect(plan.code.length).toBeGreaterThan(0);
  expect([...modules]).toEqual(["wasi_snapshot_preview1"]);
  expect(WebAssembly.Module.customSections(module, "tritc")).toHaveLength(1);
});
