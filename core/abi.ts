/**
 * @file The contract between an emitted module and whoever calls it.
 *
 * Exports: `memory` (minimum = maximum), `tritc_abi() → i32` (this version),
 * `tritc_input(i) → address`, `tritc_output(i) → address`, `tritc_run() →
 * status`. Nothing is imported, but for the memory that threads share. Addresses are constant over the module's
 * life. A custom section holds the manifest as UTF-8 JSON.
 */

import type { DType } from "./dtype.ts";
import type { Shape } from "./shape.ts";

export const ABI_VERSION = 1;
/** Name of the custom section that holds the manifest. */
export const MANIFEST_SECTION = "tritc";

export const EXPORTS = {
  memory: "memory",
  abi: "tritc_abi",
  input: "tritc_input",
  output: "tritc_output",
  run: "tritc_run",
  /** A function table; only of modules that are specialised at load. */
  layers: "tritc_layers",
  /** Modules for several threads only. */
  thread: "tritc_thread",
  /** WASI commands only. */
  start: "_start",
} as const;

/** The memory that instances of a module for several threads share. */
export const MEMORY_IMPORT = { module: "tritc", base: "memory" } as const;

/** What `tritc_run` returns. */
export const STATUS_OK = 0;

/** The exports of a module's instance. */
export interface ModuleExports {
  readonly [EXPORTS.memory]: WebAssembly.Memory;
  readonly [EXPORTS.abi]: () => number;
  readonly [EXPORTS.input]: (index: number) => number;
  readonly [EXPORTS.output]: (index: number) => number;
  readonly [EXPORTS.run]: () => number;
  readonly [EXPORTS.layers]?: WebAssembly.Table;
  /** (thread, may it sleep): what one of the threads does in a run. */
  readonly [EXPORTS.thread]?: (thread: number, maySleep: number) => number;
}

/** Instruction sets, each with all that those before it have. */
export const SIMD_TIERS = ["scalar", "simd128", "relaxed"] as const;
export type SimdTier = (typeof SIMD_TIERS)[number];
export type TargetName = "web" | "node" | "wasi";
export type WeightChoice = "auto" | "ternary" | "int8" | "f32";
/**
 * Calibrated activations: `u7` holds values that are never negative in 0…127,
 * which halves the bound on sums; `u4` holds results of a ReLU in 0…15, and
 * others as `u7` does.
 */
export const ACTIVATION_CHOICES = ["int8", "u7", "u4"] as const;
export type ActivationChoice = (typeof ACTIVATION_CHOICES)[number];
/** What the compiler prefers where it has a choice; results are the same, to the bit. */
export const OPTIMIZE_CHOICES = ["size", "balanced", "speed"] as const;
export type OptimizeChoice = (typeof OPTIMIZE_CHOICES)[number];
/** Library kernels on dense images, or a way to compute on channel planes. */
export const METHOD_NAMES = ["kernels", "code", "lists"] as const;
export type MethodName = (typeof METHOD_NAMES)[number];
/** Families of engines whose costs were measured; V8 11 is that of Node 20. */
export const ENGINES = ["v8-13", "v8-11"] as const;
export type Engine = (typeof ENGINES)[number];
export const DEFAULT_ENGINE: Engine = "v8-13";

/** One input or output of the module: row-major, dense, in the model's own layout. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Where channels are, for 4-D images; absent if unknown. */
  readonly layout?: "nchw" | "nhwc";
}

/** How raw pixels become the model's input: (pixel − mean) · scale, per tensor. */
export interface Preprocess {
  readonly mean: number;
  readonly scale: number;
}

export interface LayerReport {
  readonly name: string;
  readonly op: string;
  readonly kernel: string;
  /** Element type of the weights, or `none`. */
  readonly weights: "ternary" | "int8" | "f32" | "none";
  readonly weightCount: number;
  /** Share of zero weights, 0 to 1. */
  readonly sparsity: number;
  /** Stored bits per weight, padding included; 0 without weights. */
  readonly bitsPerWeight: number;
  readonly macs: number;
  /** How it is computed, where there was more than one way. */
  readonly method?: MethodName;
  /** Of constants that the layer adds, in memory. */
  readonly dataBytes: number;
  /** Of functions that were written for the layer. */
  readonly codeBytes: number;
  /** By the costs of `options.engine`. */
  readonly predictedNs: number;
  /** The layer's calls among those of a run: the first, and the one behind the last. */
  readonly calls: readonly [number, number];
  /** The method that would have come next. */
  readonly runnerUp?: RunnerUp;
}

export interface RunnerUp {
  readonly method: MethodName;
  /** Where the choice was among library kernels only. */
  readonly kernel?: string;
  /** Of the layer alone. */
  readonly predictedNs: number;
  readonly bytes: number;
}

/** One block of the memory plan; `firstUse` and `lastUse` are call indices, inclusive. */
export interface BufferRecord {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly firstUse: number;
  readonly lastUse: number;
}

export interface Manifest {
  readonly abi: typeof ABI_VERSION;
  /** Version of the compiler. */
  readonly tritc: string;
  readonly name: string;
  readonly target: TargetName;
  readonly simd: SimdTier;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Class names of a classifier. */
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
  /** SHA-256 of the model file. */
  readonly modelDigest: string;
  /** What `tritc verify` needs to rebuild the same graph from the same model. */
  readonly options: {
    readonly weights: WeightChoice;
    readonly optimize: OptimizeChoice;
    readonly engine: Engine;
    readonly maxBytes?: number;
    readonly activations: ActivationChoice;
    /** Whether code of layers is written as the module is loaded. */
    readonly specializeAtLoad?: true;
    /** How many threads share a run; absent: one, and the memory is the module's own. */
    readonly threads?: number;
    readonly batch?: number;
    /** Calibrated ranges of activations, by value name: [min, max]. */
    readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  };
  readonly sizes: {
    /** Bytes of weights and tables in the data section. */
    readonly weightBytes: number;
    /** Bytes of functions that were written for layers: weights as code. */
    readonly codeBytes: number;
  };
  readonly memory: {
    /** The whole linear memory: peak = minimum = maximum. */
    readonly peakMemoryBytes: number;
    /** Address of the arena. */
    readonly arenaOffset: number;
    readonly arenaBytes: number;
    /** The largest sum of live buffers at any call: no plan can need less. */
    readonly arenaLowerBoundBytes: number;
    readonly buffers: readonly BufferRecord[];
  };
  readonly macs: number;
  readonly layers: readonly LayerReport[];
}

/** Whether `value`, read from a module, is a manifest of this version. */
export function isManifest(value: unknown): value is Manifest {
  return (value as Partial<Manifest> | null)?.abi === ABI_VERSION;
}
