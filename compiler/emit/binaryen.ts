/**
 * @file The part of Binaryen that the emitter uses, with the types it really has.
 *
 * The package's own declarations name functions that do not exist and omit
 * ones that do. Its errors carry no message; `guarded` asks for it.
 *
 * **Data segments:** `setMemory` on a module that was read drops the segments
 * it came with. `replaceMemory` reads them, adds the new ones and writes all.
 */

import binaryenPackage from "binaryen";
import type { SimdTier } from "../../core/abi.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";

type Type = number;
export type Expression = number & { readonly __brand: "Expression" };
type Handle = number & { readonly __brand: "Handle" };

export interface FunctionInfo {
  readonly name: string;
  /** Empty for functions that are not imported. */
  readonly module: string;
  readonly base: string;
  readonly params: Type;
  readonly results: Type;
}

interface ExportInfo {
  readonly kind: number;
  readonly name: string;
  /** The internal name of what is exported. */
  readonly value: string;
}

export interface Segment {
  readonly offset: number;
  readonly data: Uint8Array;
}

interface SegmentInfo {
  readonly offset: number;
  readonly data: ArrayBuffer;
}

interface MemorySegment {
  readonly name?: string;
  readonly offset: Expression;
  readonly data: Uint8Array;
  readonly passive: boolean;
}

type Binary = (a: Expression, b: Expression) => Expression;

/** A module as Binaryen gives it. */
export interface WasmModule {
  readonly i32: {
    readonly const: (value: number) => Expression;
    readonly eq: Binary;
    readonly add: Binary;
    readonly sub: Binary;
    readonly ge_s: Binary;
    readonly eqz: (value: Expression) => Expression;
    readonly atomic: {
      readonly load: (offset: number, address: Expression) => Expression;
      readonly rmw: {
        readonly add: (offset: number, address: Expression, value: Expression) => Expression;
      };
    };
  };
  readonly i64: {
    readonly const: (value: bigint) => Expression;
    readonly add: Binary;
    readonly lt_s: Binary;
  };
  readonly memory: {
    readonly init: (
      segment: string,
      target: Expression,
      source: Expression,
      size: Expression,
    ) => Expression;
    readonly atomic: {
      readonly notify: Binary;
      readonly wait32: (
        address: Expression,
        expected: Expression,
        timeout: Expression,
      ) => Expression;
    };
  };
  readonly global: {
    readonly get: (name: string, type: Type) => Expression;
    readonly set: (name: string, value: Expression) => Expression;
  };
  readonly f32: { readonly const: (value: number) => Expression };
  readonly local: {
    readonly get: (index: number, type: Type) => Expression;
    readonly set: (index: number, value: Expression) => Expression;
  };
  loop(label: string, body: Expression): Expression;
  br(label: string): Expression;
  br_if(label: string, condition: Expression): Expression;
  if(condition: Expression, yes: Expression, no?: Expression): Expression;
  return(): Expression;
  unreachable(): Expression;
  block(label: string | null, body: readonly Expression[], type?: Type): Expression;
  call(name: string, operands: readonly Expression[], result: Type): Expression;
  call_indirect(
    table: string,
    target: Expression,
    operands: readonly Expression[],
    params: Type,
    results: Type,
  ): Expression;
  drop(value: Expression): Expression;
  select(condition: Expression, yes: Expression, no: Expression): Expression;
  addFunction(
    name: string,
    params: Type,
    results: Type,
    locals: readonly Type[],
    body: Expression,
  ): Handle;
  addFunctionImport(
    internal: string,
    module: string,
    base: string,
    params: Type,
    results: Type,
  ): void;
  addGlobal(name: string, type: Type, isMutable: boolean, start: Expression): Handle;
  setStart(start: Handle): void;
  addMemoryImport(internal: string, module: string, base: string, isShared: boolean): void;
  removeFunction(name: string): void;
  getNumFunctions(): number;
  getFunctionByIndex(index: number): Handle;
  addFunctionExport(internal: string, external: string): Handle;
  addTable(name: string, initial: number, maximum: number): Handle;
  addTableExport(internal: string, external: string): Handle;
  addActiveElementSegment(
    table: string,
    name: string,
    functions: readonly string[],
    offset: Expression,
  ): Handle;
  getNumExports(): number;
  getExportByIndex(index: number): Handle;
  removeExport(name: string): void;
  getNumDataSegments(): number;
  getDataSegmentByIndex(index: number): Handle;
  getDataSegmentInfo(segment: Handle): SegmentInfo;
  getNumGlobals(): number;
  getGlobalByIndex(index: number): Handle;
  setMemory(
    initial: number,
    maximum: number,
    exportName: string | null,
    segments: readonly MemorySegment[],
    shared: boolean,
    is64: boolean,
    internalName: string,
  ): void;
  setFeatures(features: number): void;
  addCustomSection(name: string, contents: Uint8Array): void;
  runPasses(names: readonly string[]): void;
  validate(): number;
  emitBinary(): Uint8Array<ArrayBuffer>;
  emitText(): string;
  dispose(): void;
}

interface Binaryen {
  readonly none: Type;
  readonly i32: Type;
  readonly i64: Type;
  readonly f32: Type;
  readonly Features: {
    readonly Atomics: number;
    readonly MutableGlobals: number;
    readonly SignExt: number;
    readonly NontrappingFPToInt: number;
    readonly BulkMemory: number;
    readonly BulkMemoryOpt: number;
    readonly SIMD128: number;
    readonly RelaxedSIMD: number;
  };
  readBinary(bytes: Uint8Array): WasmModule;
  createType(types: readonly Type[]): Type;
  expandType(type: Type): readonly Type[];
  getFunctionInfo(handle: Handle): FunctionInfo;
  getExportInfo(handle: Handle): ExportInfo;
  getExceptionMessage(error: unknown): string | readonly string[];
  setOptimizeLevel(level: number): void;
  setShrinkLevel(level: number): void;
  setDebugInfo(keep: boolean): void;
  setFastMath(allowed: boolean): void;
}

export const binaryen = binaryenPackage as unknown as Binaryen;

/**
 * What the AssemblyScript compiler writes, and every engine of the last years
 * reads. With more, Binaryen would choose encodings that engines do not know.
 */
const { MutableGlobals, SignExt, NontrappingFPToInt, SIMD128, RelaxedSIMD } = binaryen.Features;
const BULK_MEMORY = binaryen.Features.BulkMemory | binaryen.Features.BulkMemoryOpt;
const SCALAR_FEATURES = MutableGlobals | SignExt | NontrappingFPToInt | BULK_MEMORY;

/** The instruction set of each tier. */
export const TIER_FEATURES: Readonly<Record<SimdTier, number>> = {
  scalar: SCALAR_FEATURES,
  simd128: SCALAR_FEATURES | SIMD128,
  relaxed: SCALAR_FEATURES | SIMD128 | RelaxedSIMD,
};

/** What threads need besides. */
export const THREAD_FEATURES = binaryen.Features.Atomics;

/** The memory's internal name in every module that the AssemblyScript compiler writes. */
const MEMORY = "0";
const NO_FUNCTION = "";

/** Runs `work`; what Binaryen throws becomes an `InternalError` with a message. */
export function guarded<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) throw error;
    const message = [binaryen.getExceptionMessage(error)].flat().join(": ");
    throw new InternalError(`Binaryen failed to ${what}: ${message}`);
  }
}

/** Every function, by internal name. */
export function functionsOf(module: WasmModule): ReadonlyMap<string, FunctionInfo> {
  const infos = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  );
  return new Map(infos.map(info => [info.name, info]));
}

/** Whether the function comes from outside. */
export function isImported(info: FunctionInfo): boolean {
  return info.module !== NO_FUNCTION;
}

/** Exported functions: internal name by external name. Removes the exports. */
export function takeExports(module: WasmModule): ReadonlyMap<string, string> {
  const infos = Array.from({ length: module.getNumExports() }, (_, index) =>
    binaryen.getExportInfo(module.getExportByIndex(index)),
  );
  for (const { name } of infos) module.removeExport(name);
  return new Map(infos.map(({ name, value }) => [name, value]));
}

/** The module's active data segments. */
export function segmentsOf(module: WasmModule): readonly Segment[] {
  return Array.from({ length: module.getNumDataSegments() }, (_, index) => {
    const { offset, data } = module.getDataSegmentInfo(module.getDataSegmentByIndex(index));
    return { offset, data: new Uint8Array(data) };
  });
}

/** Gives the module a fixed memory of `pages` that holds its own segments and `added`. */
export function replaceMemory(
  module: WasmModule,
  pages: number,
  exportName: string,
  added: readonly Segment[],
): void {
  const segments = [...segmentsOf(module), ...added].map(({ offset, data }) => ({
    offset: module.i32.const(offset),
    data,
    passive: false,
  }));
  module.setMemory(pages, pages, exportName, segments, false, false, MEMORY);
}

/** Of a segment that lies nowhere until it is asked for. */
const NO_OFFSET = 0 as Expression;

/** Where a module imports something from. */
export interface ImportName {
  readonly module: string;
  readonly base: string;
}

/** Gives the module a memory that it imports and instances share, with passive `segments` only. */
export function setSharedMemory(
  module: WasmModule,
  pages: number,
  exportName: string,
  segments: readonly (Segment & { readonly name: string })[],
  { module: from, base }: ImportName,
): void {
  const passive = segments.map(({ name, data }) => ({
    ...{ name, data, offset: NO_OFFSET, passive: true },
  }));
  module.setMemory(pages, pages, exportName, passive, true, false, MEMORY);
  module.addMemoryImport(MEMORY, from, base, true);
}
