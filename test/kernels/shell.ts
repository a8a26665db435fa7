/** @file Runs the WASI shell around a model written in JavaScript, on a host written in JavaScript. */

import { readFileSync } from "node:fs";
import { commandShell } from "../../compiler/emit/command.ts";
import type { Port, Preprocess } from "../../core/abi.ts";
import { type DType, dtypeBytes } from "../../core/dtype.ts";
import { elementCount } from "../../core/shape.ts";
import { kernelLibrary } from "../../scripts/build-kernels.ts";

/** Behind the shell's static data. */
const MODEL_ADDRESS = 32768;

export interface Model {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
  /** What `tritc_run` returns; 0 if absent. */
  readonly status?: number;
  /** Bytes of the inputs to bytes of the outputs. */
  run(inputs: readonly Uint8Array[]): readonly ArrayBufferView[];
}

export interface Outcome {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
  /** What the model was given; absent if it did not run. */
  readonly inputs?: readonly Uint8Array[];
}

class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const shell = new Map<string, WebAssembly.Module>();

function moduleOf(tier: "scalar" | "simd128"): WebAssembly.Module {
  const module =
    shell.get(tier) ?? new WebAssembly.Module(readFileSync(kernelLibrary(tier, "-wasi")));
  shell.set(tier, module);
  return module;
}

export interface HostOptions {
  readonly args?: readonly string[];
  /** Bytes that one read or write moves at most. */
  readonly chunk?: number;
  readonly tier?: "scalar" | "simd128";
}

export function runShell(model: Model, stdin: Uint8Array, options: HostOptions = {}): Outcome {
  const { args = [], chunk = 65536, tier = "scalar" } = options;
  const written = [[], []] as [Uint8Array[], Uint8Array[]];
  let position = 0;
  let given: readonly Uint8Array[] | undefined;
  const host = {
    tritc: { run: () => runModel() },
    wasi_snapshot_preview1: {
      fd_read: (fd: number, vectors: number, _count: number, done: number): number => {
        if (fd !== 0) return 8;
        const [address, length] = vectorAt(vectors);
        const part = stdin.subarray(position, position + Math.min(length, chunk));
        position += part.length;
        bytes().set(part, address);
        view().setUint32(done, part.length, true);
        return 0;
      },
      fd_write: (fd: number, vectors: number, _count: number, done: number): number => {
        const [address, length] = vectorAt(vectors);
        const part = bytes().slice(address, address + Math.min(length, chunk));
        written[fd === 1 ? 0 : 1].push(part);
        view().setUint32(done, part.length, true);
        return 0;
      },
      args_sizes_get: (count: number, size: number): number => {
        view().setUint32(count, args.length + 1, true);
        view().setUint32(size, argumentBytes().length, true);
        return 0;
      },
      args_get: (pointers: number, texts: number): number => {
        bytes().set(argumentBytes(), texts);
        let at = texts;
        for (const [i, text] of ["model.wasm", ...args].entries()) {
          view().setUint32(pointers + i * 4, at, true);
          at += Buffer.byteLength(text) + 1;
        }
        return 0;
      },
      proc_exit: (code: number): never => {
        throw new Exit(code);
      },
    },
  };
  const { exports } = new WebAssembly.Instance(moduleOf(tier), host);
  const memory = exports.memory as WebAssembly.Memory;
  memory.grow(64);
  const bytes = (): Uint8Array => new Uint8Array(memory.buffer);
  const view = (): DataView => new DataView(memory.buffer);
  const vectorAt = (at: number): [number, number] => [
    view().getUint32(at, true),
    view().getUint32(at + 4, true),
  ];
  const argumentBytes = (): Uint8Array =>
    Buffer.from(["model.wasm", ...args].map(text => `${text}\0`).join(""));

  const ports = placePorts(model);
  const { address, data } = commandShell(
    {
      inputs: ports.inputs,
      outputs: ports.outputs,
      labels: model.labels ?? [],
      ...(model.preprocess ? { preprocess: model.preprocess } : {}),
    },
    ports.end,
  );
  bytes().set(data, address);

  const runModel = (): number => {
    given = ports.inputs.map(port => bytes().slice(port.address, port.address + port.bytes));
    for (const [i, result] of model.run(given).entries()) {
      const source = new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
      bytes().set(source, ports.outputs[i]!.address);
    }
    return model.status ?? 0;
  };

  let code = 0;
  try {
    code = (exports.tritc_command as (descriptor: number) => number)(address);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    code = error.code;
  }
  return {
    code,
    stdout: Buffer.concat(written[0]),
    stderr: Buffer.concat(written[1]).toString(),
    ...(given ? { inputs: given } : {}),
  };
}

function placePorts({ inputs, outputs }: Model) {
  let next = MODEL_ADDRESS;
  const place = (port: Port) => {
    const bytes = elementCount(port.shape) * dtypeBytes(port.dtype);
    const placed = { port, block: port.name, address: next, bytes };
    next = Math.ceil((next + bytes) / 16) * 16;
    return placed;
  };
  const placed = { inputs: inputs.map(place), outputs: outputs.map(place) };
  return { ...placed, end: next };
}

/** A `.npy` file. */
export function npy(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
  { version = 1, fortran = false } = {},
): Uint8Array {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = fortran ? "True" : "False";
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${dims}), }`;
  const prefix = version === 1 ? 10 : 12;
  const length = Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix;
  const size = version === 1 ? [length & 255, length >> 8] : [length & 255, length >> 8, 0, 0];
  return Buffer.concat([
    Uint8Array.of(0x93),
    Buffer.from("NUMPY"),
    Uint8Array.of(version, 0, ...size),
    Buffer.from(`${text.padEnd(length - 1)}\n`),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

export function port(
  name: string,
  dtype: DType,
  shape: readonly number[],
  layout?: "nchw" | "nhwc",
): Port {
  return { name, dtype, shape, ...(layout ? { layout } : {}) };
}
