/**
 * @file For each diagnostic code, something that provokes it: a command line
 * of tritc, or an action where no command line leads there.
 */

import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";
import { asModelError } from "../../cli/module.ts";
import { type CompileOptions, compile } from "../../compiler/index.ts";
import { emitWithin } from "../../compiler/planner.ts";
import { tensorOf } from "../../core/tensor.ts";
import type { DiagnosticCode } from "../../model/diagnostics/codes.ts";
import { parseGraph } from "../../model/ir/parse.ts";
import { demandTier } from "../../runtime/engine.ts";
import { demandSharing } from "../../runtime/threads/demands.ts";
import { TARGETS } from "../../targets/index.ts";
import { loadKernelLibrary } from "../../targets/kernel-files.ts";
import { formatNpy } from "../../trainer/data/index.ts";
import { type ModelSketch, makeModel } from "../onnx/make-model.ts";

export interface Bench {
  /** The folder of this provocation's files. */
  readonly path: string;
  /** Writes a file into it and returns its path. */
  readonly write: (name: string, bytes: Uint8Array | string) => string;
}

/** Arguments of tritc, or what a program printed on standard error. */
export type Provocation = (
  bench: Bench,
) => readonly string[] | { readonly printed: string } | (() => unknown);

const INPUT = { inputs: { x: [1, 4] } };
const RELU: ModelSketch = { ...INPUT, nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }] };
const WEIGHTS = tensorOf("f32", [4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
const LAYER: ModelSketch = {
  ...INPUT,
  initializers: { w: WEIGHTS },
  nodes: [{ op: "Gemm", inputs: ["x", "w"], outputs: ["y"], name: "fc" }],
};
/** Three layers, so that one is neither the first nor the last. */
const DEEP: ModelSketch = {
  inputs: { x: [1, 1, 4, 4] },
  initializers: Object.fromEntries(
    ["a", "b", "c"].map((name, layer) => {
      const values = Array.from({ length: 256 }, (_, i) =>
        Math.sin(1.7 * i + layer + 0.003 * i * i),
      );
      return [name, tensorOf("f32", [16, 16], values)];
    }),
  ),
  nodes: [
    { op: "Flatten", inputs: ["x"], outputs: ["flat"] },
    ...["a", "b", "c"].map((name, layer) => ({
      op: "Gemm",
      inputs: [["flat", "y0", "y1"][layer]!, name],
      outputs: [`y${layer}`],
      name: `fc_${name}`,
    })),
  ],
  outputs: ["y2"],
};
const TRAINING = {
  data: { source: "characters", classes: ["0", "1"], limit: 64 },
  model: { kind: "lenet5", width: 0.25 },
  stages: [{ method: "float", epochs: 3, schedule: { kind: "constant", rate: 0.01 } }],
  batchSize: 16,
};

/** Compiles a model that is wrong. */
function compiling(model: Uint8Array): Provocation {
  return ({ write, path }) => [
    "compile",
    write("model.onnx", model),
    "-o",
    join(path, "model.wasm"),
  ];
}

function compilingSketch(sketch: ModelSketch): Provocation {
  return compiling(makeModel(sketch));
}

/** Runs a good module on a wrong file. */
function running(name: string, input: Uint8Array | string): Provocation {
  return ({ write }) => ["run", write("layer.wasm", moduleOf(LAYER)), write(name, input)];
}

function training(config: unknown, ...more: readonly string[]): Provocation {
  return ({ write, path }) => [
    "train",
    write("config.json", JSON.stringify(config)),
    "--out",
    join(path, "run"),
    ...more,
  ];
}

function moduleOf(
  sketch: ModelSketch,
  target: "web" | "wasi" = "web",
  options: Partial<CompileOptions> = {},
): Uint8Array {
  const kernels = loadKernelLibrary();
  return compile(makeModel(sketch), { target: TARGETS[target], kernels, ...options }).wasm;
}

/** Runs a WASI command on a file, or with nothing to read from. */
function commanding(input: Uint8Array | undefined): Provocation {
  return ({ write, path }) => {
    const errors = join(path, "stderr.txt");
    const stderr = openSync(errors, "w");
    // A stream that is open for writing only cannot be read.
    const stdin = input === undefined ? stderr : openSync(write("input.npy", input), "r");
    const wasi = new WASI({
      version: "preview1",
      args: ["layer"],
      stdin,
      stderr,
      returnOnExit: true,
    });
    const module = new WebAssembly.Module(moduleOf(LAYER, "wasi") as BufferSource);
    wasi.start(new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports));
    closeSync(stderr);
    if (stdin !== stderr) closeSync(stdin);
    return { printed: readFileSync(errors, "utf8") };
  };
}

/** Whether a probe of the engine has the prefix and number of a relaxed instruction. */
function hasRelaxed(bytes: Uint8Array): boolean {
  return bytes.some((byte, at) => byte === 0xfd && bytes[at + 1]! >= 0x80);
}
export const PROVOCATIONS: { readonly [C in DiagnosticCode]: Provocation } = {
  "onnx/not-onnx": compiling(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)),
  "onnx/truncated": compiling(makeModel(LAYER).subarray(0, 60)),
  "onnx/unsupported-opset": compilingSketch({ ...RELU, opset: 6 }),
  "onnx/unsupported-op": compilingSketch({
    ...INPUT,
    nodes: [
      { op: "Einsum", inputs: ["x"], outputs: ["a"], name: "attention" },
      { op: "LSTM", inputs: ["a"], outputs: ["b"] },
      { op: "Einsum", inputs: ["b"], outputs: ["y"] },
    ],
  }),
  "onnx/unsupported-attribute": compilingSketch({
    ...INPUT,
    nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"], attributes: { slope: { int: 3 } } }],
  }),
  "onnx/unsupported-type": compilingSketch({ ...RELU, elementType: 8 }),
  "onnx/external-data": compilingSketch({
    ...LAYER,
    edit: model => {
      const [w] = model.graph!.initializer;
      w!.dataLocation = 1;
      w!.externalData = [
        { $typeName: "onnx.StringStringEntryProto", key: "location", value: "weights.bin" },
      ] as unknown as typeof w extends { externalData: infer E } ? E : never;
    },
  }),
  "onnx/dynamic-shape": compilingSketch({
    inputs: { image: ["N", 3, "height", "width"] },
    nodes: [{ op: "Relu", inputs: ["image"], outputs: ["y"] }],
  }),
  "onnx/dynamic-value": compilingSketch({
    inputs: { x: [1, 4], shape: [2] },
    nodes: [
      { op: "Cast", inputs: ["shape"], outputs: ["dims"], attributes: { to: { int: 7 } } },
      { op: "Reshape", inputs: ["x", "dims"], outputs: ["y"] },
    ],
  }),
  "onnx/bad-tensor": compilingSketch({
    ...LAYER,
    edit: model => {
      const [w] = model.graph!.initializer;
      w!.rawData = w!.rawData.subarray(0, 40);
    },
  }),
  "onnx/bad-graph": compilingSketch({
    ...INPUT,
    nodes: [{ op: "Add", inputs: ["x", "bias"], outputs: ["y"], name: "shift" }],
  }),
  "graph/bad-shape": compilingSketch({
    inputs: { x: [1, 5] },
    initializers: { w: WEIGHTS },
    nodes: [{ op: "Gemm", inputs: ["x", "w"], outputs: ["y"], name: "fc" }],
  }),
  "graph/non-finite": compilingSketch({
    ...LAYER,
    initializers: {
      w: tensorOf("f32", [4, 3], [1, 2, 3, Number.NaN, 5, 6, 7, Infinity, 9, 10, 11, 12]),
    },
  }),
  "graph/parse": () => () => parseGraph("graph tiny(%0: f32[1,4]) {\n  %1 = sharpen %0\n}"),
  "compile/unsupported": compilingSketch({
    inputs: { x: [1, 4], table: [8, 4] },
    nodes: [
      { op: "ArgMax", inputs: ["x"], outputs: ["i"], attributes: { axis: { int: 1 } } },
      { op: "Gather", inputs: ["table", "i"], outputs: ["y"], name: "embed" },
    ],
  }),
  "compile/too-large": () => () =>
    emitWithin(undefined, 30_000, () => ({ wasm: new Uint8Array(35_457) })),
  "compile/bad-costs": ({ write, path }) => [
    ...["compile", write("model.onnx", makeModel(LAYER)), "-o", join(path, "model.wasm")],
    ...["--costs", write("costs.json", '{ "engine": "v8", "kernels": { "code": { "add": -1 } } }')],
  ],
  "compile/needs-calibration": ({ write, path }) => [
    ...["compile", write("model.onnx", makeModel(LAYER))],
    ...["-o", join(path, "model.wasm"), "--weights", "int8"],
  ],
  "compile/lossy": ({ write, path }) => {
    const pixels = Array.from({ length: 64 * 16 }, (_, i) => (i * i * 37) % 251);
    const samples = write("samples.npy", formatNpy(tensorOf("u8", [64, 4, 4], pixels)));
    return [
      ...["compile", write("model.onnx", makeModel(DEEP)), "-o", join(path, "model.wasm")],
      ...["--weights", "ternary", "--calibrate", `npy:${samples}`],
    ];
  },
  "data/not-found": ({ write, path }) => [
    ...["eval", write("model.onnx", makeModel(LAYER))],
    ...["--data", `mnist:${join(path, "mnist")}`],
  ],
  "data/bad-format": ({ write }) => [
    ...["eval", write("model.onnx", makeModel(LAYER))],
    ...["--data", `npz:${write("samples.npz", "x,y\n1,2\n")}`],
  ],
  "data/wrong-shape": ({ write, path }) => [
    ...["compile", write("model.onnx", makeModel(LAYER)), "-o", join(path, "model.wasm")],
    ...["--calibrate", "characters"],
  ],
  "run/wrong-shape": running("scores.npy", formatNpy(tensorOf("f32", [1, 5], [1, 2, 3, 4, 5]))),
  "run/wrong-dtype": ({ write }) => [
    "run",
    write(
      "bytes.wasm",
      moduleOf({
        ...RELU,
        nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
        elementType: 3,
      }),
    ),
    write("scores.npy", formatNpy(tensorOf("f32", [1, 4], [1, 2, 3, 4]))),
  ],
  "run/bad-input": commanding(formatNpy(tensorOf("f32", [1, 4], [1, 2, 3, 4])).subarray(0, 140)),
  "run/io": commanding(undefined),
  "run/not-tritc": ({ write }) => [
    "run",
    write("other.wasm", Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
    write("input.raw", new Uint8Array(16)),
  ],
  "run/no-simd": () => () => {
    try {
      demandTier("relaxed", bytes => !hasRelaxed(bytes));
    } catch (error) {
      throw asModelError(error, "model.wasm");
    }
  },
  "run/has-threads": ({ write }) => [
    ...["inspect", "--measure"],
    write("shared.wasm", moduleOf(LAYER, "web", { threads: 2 })),
  ],
  "run/no-threads": () => () => {
    try {
      demandSharing({});
    } catch (error) {
      throw asModelError(error, "model.wasm");
    }
  },
  "verify/different": ({ write }) => {
    const wasm = moduleOf(LAYER);
    return [
      ...["verify", write("model.onnx", makeModel(LAYER))],
      ...[write("model.wasm", withOtherWeight(wasm)), "--samples", "1"],
    ];
  },
  "train/bad-config": training({ ...TRAINING, batchSize: 0, lerningRate: 0.1 }),
  "train/diverged": training({
    ...TRAINING,
    stages: [{ ...TRAINING.stages[0], schedule: { kind: "constant", rate: 1e20 } }],
  }),
  "train/bad-checkpoint": training(TRAINING, "--resume"),
  "train/unsupported-model": ({ write, path }) => {
    write(
      "net.onnx",
      makeModel({
        inputs: { x: [1, 1, 28, 28] },
        nodes: [{ op: "Tanh", inputs: ["x"], outputs: ["y"], name: "squash" }],
      }),
    );
    return [
      ...[
        "train",
        write("config.json", JSON.stringify({ ...TRAINING, model: { onnx: "net.onnx" } })),
      ],
      ...["--out", join(path, "run")],
    ];
  },
  "train/bad-teacher": bench => {
    const flatten = { op: "Flatten", inputs: ["x"], outputs: ["y"], name: "flatten" };
    bench.write("teacher.onnx", makeModel({ inputs: { x: [1, 1, 28, 28] }, nodes: [flatten] }));
    const [stage] = TRAINING.stages;
    const distill = { teacher: "teacher.onnx", logits: {} };
    return training({ ...TRAINING, stages: [{ ...stage, distill }] })(bench);
  },
  "prune/no-layers": ({ write, path }) => [
    ...["prune", write("model.onnx", makeModel(LAYER)), "--sparsity", "0.5"],
    ...["--out", join(path, "pruned.onnx")],
  ],
  "train/no-engine": bench => {
    const args = training(TRAINING)(bench) as readonly string[];
    const hooks = new URL("without-onnxruntime.mjs", import.meta.url).href;
    const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
    const child = spawnSync(process.execPath, ["--import", hooks, program, ...args]);
    return { printed: child.stderr.toString() };
  },
  "file/unreadable": ({ path }) => ["inspect", join(path, "nowhere.wasm")],
  "file/unwritable": ({ write, path }) => [
    ...["compile", write("model.onnx", makeModel(LAYER))],
    ...["-o", join(path, "nowhere", "model.wasm")],
  ],
  "usage/bad-option": ({ write }) => [
    ...["compile", write("model.onnx", makeModel(LAYER)), "--target", "toaster"],
  ],
};

/** The module with the largest weight of `LAYER` changed. */
function withOtherWeight(wasm: Uint8Array): Uint8Array {
  const changed = new Uint8Array(wasm);
  const weight = new Uint8Array(Float32Array.of(12).buffer);
  const at = changed.findIndex((_, i) => weight.every((byte, j) => changed[i + j] === byte));
  changed.set(new Uint8Array(Float32Array.of(13).buffer), at);
  return changed;
}
