/** @file The runtime: loading from anywhere, views, instances, and errors with codes. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { load, RunError } from "../runtime/index.ts";
import { compileAsIs, graphOf } from "./plan/compile-and-compare.ts";

/** sum = a + b, doubled = sum + sum. */
const graph = graphOf(b => {
  const sum = b.add("add", [b.input("a", "f32", [2, 3]), b.input("b", "f32", [3])], {});
  return [sum, b.add("add", [sum, sum], {})];
});
const { wasm, manifest } = compileAsIs(graph);
const a = Float32Array.of(1, 2, 3, 4, 5, 6);
const b = Float32Array.of(10, 20, 30);
const sum = Float32Array.of(11, 22, 33, 14, 25, 36);

interface Types {
  readonly inputs: { readonly a: Float32Array; readonly b: Float32Array };
  readonly outputs: { readonly y: Float32Array; readonly y1: Float32Array };
}

const folder = mkdtempSync(join(tmpdir(), "tritc-runtime-"));
const file = join(folder, "sum.wasm");
writeFileSync(file, wasm);
afterAll(() => rmSync(folder, { recursive: true }));

async function failure(work: () => unknown): Promise<RunError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The module with another manifest. */
function withManifest(text: string): Uint8Array<ArrayBuffer> {
  const content = Buffer.from(`\x05tritc${text}`);
  const own = [...wasm.keys()].findLast(i => wasm[i] === 0 && wasm[i + 3] === 5)!;
  const size = Uint8Array.of((content.length & 127) | 128, content.length >> 7);
  return Uint8Array.from([...wasm.subarray(0, own), 0, ...size, ...content]);
}

function manifestWith(port: object): string {
  return JSON.stringify({ ...manifest, inputs: [{ ...manifest.inputs[0], ...port }] });
}

describe("load", () => {
  const address = `data:application/wasm;base64,${Buffer.from(wasm).toString("base64")}`;
  const sources = {
    bytes: wasm as Uint8Array<ArrayBuffer>,
    "an array buffer": wasm.slice().buffer as ArrayBuffer,
    path: file,
    "file URL": pathToFileURL(file),
    "text of a file URL": pathToFileURL(file).href,
    "data URL": address,
    response: new Response(wasm as Uint8Array<ArrayBuffer>),
    "promised response": fetch(address),
    "compiled module": new WebAssembly.Module(wasm as BufferSource),
  };

  test.each(Object.entries(sources))("takes %s", async (_what, source) => {
    const model = await load<Types>(source);
    expect(model.run({ a, b }).y).toEqual(sum);
  });

  test.each([
    ["what is not WebAssembly", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ["a module of someone else", Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ["a response without success", new Response("gone", { status: 404 })],
    ["a manifest that is none", withManifest("null")],
    ["a manifest of another version", withManifest('{"abi":2}')],
    ["a manifest that is cut off", withManifest('{"abi":1,')],
    ["an input larger than memory", withManifest(manifestWith({ shape: [1e6] }))],
  ])("refuses %s", async (_what, source) => {
    expect((await failure(() => load(source))).code).toBe("run/not-tritc");
  });
});

describe("a model", () => {
  test("runs, and runs again", async () => {
    const model = await load<Types>(wasm as Uint8Array<ArrayBuffer>);
    expect(model.run({ a, b }).y1).toEqual(sum.map(x => 2 * x));
    const other = a.map(x => -x);
    expect(model.run({ a: other, b }).y[0]).toBe(9);
  });

  test("takes inputs that were written in place, without a copy", async () => {
    const model = await load<Types>(wasm as Uint8Array<ArrayBuffer>);
    model.inputs.a.set(a);
    model.inputs.b.set(b);
    expect(model.run().y).toEqual(sum);
    expect(model.run({ a: { data: a, shape: [2, 3] }, b })).toBe(model.outputs);
  });

  test("has as many instances as one wants, each with its own memory", async () => {
    const model = await load<Types>(wasm as Uint8Array<ArrayBuffer>);
    const other = await model.instantiate();
    expect(other.module).toBe(model.module);
    model.run({ a, b });
    other.run({ a: a.map(() => 0), b });
    expect(model.outputs.y).toEqual(sum);
  });
});

describe("bad input", () => {
  const cases: readonly [string, unknown, Partial<RunError>][] = [
    ["too few elements", a.subarray(1), { code: "run/wrong-shape", got: "[5 elements]" }],
    [
      "another shape",
      { data: a, shape: [3, 2] },
      { code: "run/wrong-shape", expected: "[2, 3]", got: "[3, 2]" },
    ],
    [
      "another element type",
      new Float64Array(6),
      { code: "run/wrong-dtype", expected: "Float32Array", got: "Float64Array" },
    ],
    ["a list", [1, 2, 3, 4, 5, 6], { code: "run/wrong-dtype", got: "Array" }],
    ["nothing", null, { code: "run/wrong-dtype", got: "null" }],
  ];

  test.each(cases)("%s", async (_what, value, expected) => {
    const model = await load(wasm as Uint8Array<ArrayBuffer>);
    const error = await failure(() => model.run({ a: value as Float32Array }));
    expect(error).toMatchObject(expected);
    expect(error.message).toContain('input "a"');
  });

  test("an input of another name", async () => {
    const model = await load(wasm as Uint8Array<ArrayBuffer>);
    const error = await failure(() => model.run({ x: a }));
    expect(error).toMatchObject({ code: "run/wrong-shape", expected: '"a", "b"', got: '"x"' });
  });
});
