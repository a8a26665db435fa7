/** @file A module for the target `wasi` is a command and a core module at once. */

import { describe, expect, test } from "vitest";
import { METADATA } from "../../core/metadata.ts";
import { bytesOf, type Tensor, tensor } from "../../core/tensor.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { load } from "../../runtime/index.ts";
import { TARGETS } from "../../targets/node.ts";
import { Random } from "../fuzz/random.ts";
import { compileGraph, TIERS } from "../plan/compile-and-compare.ts";
import { runCommand } from "./wasi-run.ts";

const LABELS = ["nought", "öne", "two", "three"];
const PREPROCESS = { mean: 127.5, scale: 1 / 127.5 };
const [HEIGHT, WIDTH] = [6, 5];

/** A classifier of grey 5×6 images. */
function classifier() {
  const random = new Random(3);
  const b = graphBuilder();
  const x = b.input("image", "f32", [1, 1, HEIGHT, WIDTH]);
  const flat = b.add("reshape", [x], { shape: [1, HEIGHT * WIDTH] });
  const weights = b.constant(random.f32([LABELS.length, HEIGHT * WIDTH]));
  const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
  const y = b.add("gemm", [flat, weights], attrs);
  return b.finish("classifier", [{ name: "scores", id: y }], {
    [METADATA.labels]: JSON.stringify(LABELS),
    [METADATA.preprocess]: JSON.stringify(PREPROCESS),
  });
}

const graph = classifier();
const pixels = new Random(4).integers("u8", [HEIGHT * WIDTH], 0, 255).data;
const image = tensor(
  "f32",
  [1, 1, HEIGHT, WIDTH],
  Float32Array.from(pixels, p => (p - PREPROCESS.mean) * Math.fround(PREPROCESS.scale)),
);
const scores = evaluate(graph, { image }).scores as Tensor<"f32">;

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

function npy(value: Tensor<"f32">): Uint8Array {
  const shape = value.shape.map(dim => `${dim},`).join(" ");
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
  const head = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0);
  return Buffer.concat([head, text(`${header}\n`), bytesOf(value)]);
}

const INPUTS = {
  pgm: Buffer.concat([text(`P5 # grey\n${WIDTH} ${HEIGHT}\n255\n`), pixels]),
  npy: npy(image),
  raw: bytesOf(image),
};

describe.each(TIERS)("a WASI command (%s)", simd => {
  const { wasm, manifest } = compileGraph(graph, { target: TARGETS.wasi, simd });

  test.each(Object.entries(INPUTS))("takes %s on stdin and prints JSON", (_kind, stdin) => {
    const { code, stdout, stderr } = runCommand(wasm, stdin);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const result = JSON.parse(Buffer.from(stdout).toString()) as Record<string, unknown>;
    const top1 = scores.data.indexOf(Math.max(...scores.data));
    expect(result.top1).toBe(top1);
    expect(result.label).toBe(LABELS[top1]);
    expect(Float32Array.from(result.scores as number[])).toEqual(scores.data);
  });

  test("writes .npy on request", () => {
    const { code, stdout } = runCommand(wasm, INPUTS.raw, ["--npy"]);
    expect(code).toBe(0);
    expect(Buffer.from(stdout.subarray(0, 6)).toString("latin1")).toBe("\x93NUMPY");
    expect([...stdout.subarray(-scores.data.byteLength)]).toEqual([...bytesOf(scores)]);
  });

  test("refuses a tensor of another size, with a code", () => {
    const { code, stderr } = runCommand(wasm, bytesOf(image).subarray(4));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[run\/wrong-shape\]/);
  });

  test("imports what the shell needs and nothing else", () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as BufferSource));
    expect(new Set(imports.map(({ module }) => module))).toEqual(
      new Set(["wasi_snapshot_preview1"]),
    );
    expect(imports.map(({ name }) => name).toSorted()).toEqual([
      "args_get",
      "args_sizes_get",
      "fd_read",
      "fd_write",
      "proc_exit",
    ]);
  });

  test("is a core module for the runtime as well", async () => {
    const model = await load(wasm);
    expect(model.manifest).toEqual(manifest);
    expect(model.run({ image: image.data }).scores).toEqual(scores.data);
  });
});
