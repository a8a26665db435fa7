/**
 * @file Writes the module: the kernels that the plan calls, copied from the
 * library, the static data, and functions that call kernels with constants.
 *
 * Functions that were written for this plan are spliced into the bytes that
 * Binaryen gives, which only knows them as imports: it does not have to read
 * them, and cannot change them.
 *
 * `tritc_run` is a straight line of calls. The exports are those of
 * core/abi.ts. Nothing is imported, except by WASI commands what their shell
 * needs, and by modules for several threads the memory.
 */

import {
  ABI_VERSION,
  EXPORTS,
  MANIFEST_SECTION,
  type Manifest,
  STATUS_OK,
} from "../../core/abi.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import {
  type Call,
  type CodeBlock,
  PAGE_BYTES,
  type Plan,
  type StaticBlock,
} from "../plan/plan.ts";
import {
  binaryen,
  type Expression,
  type FunctionInfo,
  functionsOf,
  guarded,
  isImported,
  replaceMemory,
  type Segment,
  THREAD_FEATURES,
  TIER_FEATURES,
  takeExports,
  type WasmModule,
} from "./binaryen.ts";
import type { CommandShell } from "./command.ts";
import { addLayerSection, addLayerTable } from "./layer-table.ts";
import { manifestBytes } from "./manifest.ts";
import { CODE_MODULE, spliceFunctions } from "./splice.ts";
import { addThreads, shareMemory } from "./threads.ts";

/** Where the kernel library asks for the model to be run. */
const RUN_IMPORT = { module: "tritc", base: "run" } as const;
const COMMAND_EXPORT = "tritc_command";
const WASI_MODULE = "wasi_snapshot_preview1";

/** Drops what the plan does not use; no pass here changes how floats are computed. */
const PASSES = [
  "remove-unused-module-elements",
  "duplicate-function-elimination",
  "memory-packing",
  "reorder-functions",
  "strip-debug",
  "strip-producers",
  "strip-target-features",
];

export interface ModuleSource {
  readonly plan: Plan;
  readonly manifest: Manifest;
  /** Compiled kernels; with `shell`, those that have the command shell. */
  readonly library: Uint8Array;
  readonly shell?: CommandShell;
}

export function emitWasm(source: ModuleSource): Uint8Array<ArrayBuffer> {
  const { code } = source.plan;
  const bytes = withModule(source.library, module => {
    build(module, source);
    return module.emitBinary();
  });
  return code.length === 0 ? bytes : spliceFunctions(bytes, code);
}

/** The module in WebAssembly's text format; without names if functions were spliced in. */
export function emitWat(source: ModuleSource): string {
  if (source.plan.code.length > 0) {
    return withModule(emitWasm(source), module => module.emitText());
  }
  return withModule(source.library, module => {
    build(module, source);
    return module.emitText();
  });
}

/** What `use` makes of the module in `bytes`, which is then thrown away. */
function withModule<T>(bytes: Uint8Array, use: (module: WasmModule) => T): T {
  return guarded("write the module", () => {
    const module = binaryen.readBinary(bytes);
    try {
      return use(module);
    } finally {
      module.dispose();
    }
  });
}

function build(module: WasmModule, { plan, manifest, shell }: ModuleSource): void {
  const { threads } = plan;
  module.setFeatures(TIER_FEATURES[plan.simd] | (threads === undefined ? 0 : THREAD_FEATURES));
  const kernels = kernelsOf(module);
  addCode(module, plan.code, kernels);
  const segments = [
    ...joinStatics(plan.statics),
    ...(shell === undefined ? [] : [{ offset: shell.address, data: shell.data }]),
  ];
  if (threads !== undefined) shareMemory(module, plan, segments);
  else replaceMemory(module, plan.memory.totalBytes / PAGE_BYTES, EXPORTS.memory, segments);
  addFunctions(module, plan, kernels);
  if (threads !== undefined) {
    addThreads(module, threads, call => callKernel(module, call, kernels));
  }
  if (shell !== undefined) addCommand(module, shell.address, kernels);
  module.addCustomSection(MANIFEST_SECTION, manifestBytes(manifest));
  addLayerSection(module, plan, manifest.options.specializeAtLoad === true);
  binaryen.setDebugInfo(false);
  binaryen.setFastMath(false);
  module.runPasses(PASSES);
  moveCodeLast(module, plan.code);
  if (module.validate() === 0) throw new InternalError("the emitted module is not valid");
  demandImports(module, shell !== undefined);
}

/** Kernels by name: what the library exports. */
function kernelsOf(module: WasmModule): Map<string, FunctionInfo> {
  const functions = functionsOf(module);
  const kernels = new Map<string, FunctionInfo>();
  for (const [name, internal] of takeExports(module)) {
    const info = functions.get(internal);
    if (info !== undefined) kernels.set(name, info);
  }
  return kernels;
}

/** Imports the functions that are spliced in later, and lists them with the kernels. */
function addCode(
  module: WasmModule,
  code: readonly CodeBlock[],
  kernels: Map<string, FunctionInfo>,
): void {
  const params = codeParameters();
  for (const { name } of code) {
    module.addFunctionImport(name, CODE_MODULE, name, params, binaryen.none);
    const results = binaryen.none;
    kernels.set(name, { name, module: CODE_MODULE, base: name, params, results });
  }
}

/** `spliceFunctions` takes imports that follow all others; passes have sorted them by use. */
function moveCodeLast(module: WasmModule, code: readonly CodeBlock[]): void {
  for (const { name } of code) {
    module.removeFunction(name);
    module.addFunctionImport(name, CODE_MODULE, name, codeParameters(), binaryen.none);
  }
}

/** (x, y, z, p, m, s) */
function codeParameters() {
  return binaryen.createType(new Array(6).fill(binaryen.i32));
}

function addFunctions(
  module: WasmModule,
  plan: Plan,
  kernels: ReadonlyMap<string, FunctionInfo>,
): void {
  const { none, i32 } = binaryen;
  const calls = callsOf(module, plan, kernels);
  const constant = (value: number) => module.i32.const(value);
  const bodies = {
    [EXPORTS.abi]: constant(ABI_VERSION),
    [EXPORTS.run]: module.block(null, [...calls, constant(STATUS_OK)], i32),
  };
  for (const [name, body] of Object.entries(bodies)) {
    module.addFunction(name, none, i32, [], body);
    module.addFunctionExport(name, name);
  }
  const ports = { [EXPORTS.input]: plan.inputs, [EXPORTS.output]: plan.outputs };
  for (const [name, places] of Object.entries(ports)) {
    const addresses = places.map(({ address }) => address);
    module.addFunction(name, i32, i32, [], choose(module, addresses));
    module.addFunctionExport(name, name);
  }
}

/** What a run does; calls that have a slot go through the table. */
function callsOf(
  module: WasmModule,
  { calls }: Plan,
  kernels: ReadonlyMap<string, FunctionInfo>,
): Expression[] {
  const direct = calls.map(call => callKernel(module, call, kernels));
  const layers = direct.filter((_, i) => calls[i]!.slot !== undefined);
  const through = addLayerTable(module, layers).values();
  return calls.map(({ slot }, i) => (slot === undefined ? direct[i]! : through.next().value!));
}

/** The address whose index is the first parameter; 0 for an index that does not exist. */
function choose(module: WasmModule, addresses: readonly number[]) {
  return addresses.reduceRight<Expression>((otherwise, address, index) => {
    const matches = module.i32.eq(module.local.get(0, binaryen.i32), module.i32.const(index));
    return module.select(matches, module.i32.const(address), otherwise);
  }, module.i32.const(0));
}

function callKernel(module: WasmModule, call: Call, kernels: ReadonlyMap<string, FunctionInfo>) {
  const kernel = kernels.get(call.kernel);
  if (kernel === undefined) throw new InternalError(`the library has no kernel ${call.kernel}`);
  const types = binaryen.expandType(kernel.params);
  if (types.length !== call.args.length) {
    throw new InternalError(
      `${call.kernel} takes ${types.length} arguments, the plan passes ${call.args.length}`,
    );
  }
  const operands = call.args.map((value, i) =>
    types[i] === binaryen.f32 ? module.f32.const(value) : module.i32.const(integer(value, call)),
  );
  return module.call(kernel.name, operands, binaryen.none);
}

function integer(value: number, call: Call): number {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
  throw new InternalError(`${call.kernel} is passed ${value}, which is no i32`);
}

/** Lets the shell run the model, and `_start` run the shell. */
function addCommand(
  module: WasmModule,
  descriptor: number,
  kernels: ReadonlyMap<string, FunctionInfo>,
): void {
  const { none, i32 } = binaryen;
  const command = kernels.get(COMMAND_EXPORT);
  if (command === undefined) throw new InternalError(`the library has no ${COMMAND_EXPORT}`);
  for (const { name, module: from, base } of functionsOf(module).values()) {
    if (from !== RUN_IMPORT.module || base !== RUN_IMPORT.base) continue;
    module.removeFunction(name);
    module.addFunction(name, none, i32, [], module.call(EXPORTS.run, [], i32));
  }
  const status = module.call(command.name, [module.i32.const(descriptor)], i32);
  module.addFunction(EXPORTS.start, none, none, [], module.drop(status));
  module.addFunctionExport(EXPORTS.start, EXPORTS.start);
}

/** Static blocks that lie side by side become one segment. */
function joinStatics(statics: readonly StaticBlock[]): Segment[] {
  const first = statics[0];
  const last = statics.at(-1);
  if (first === undefined || last === undefined) return [];
  const data = new Uint8Array(last.offset + last.data.length - first.offset);
  for (const block of statics) data.set(block.data, block.offset - first.offset);
  return [{ offset: first.offset, data }];
}

/** The promise of a core module: it can compute and nothing else. */
function demandImports(module: WasmModule, isCommand: boolean): void {
  const foreign = [...functionsOf(module).values()]
    .filter(isImported)
    .filter(info => info.module !== CODE_MODULE)
    .filter(info => !(isCommand && info.module === WASI_MODULE));
  if (foreign.length === 0) return;
  const names = foreign.map(({ module: from, base }) => `${from}.${base}`).join(", ");
  throw new InternalError(`the emitted module imports ${names}`);
}
