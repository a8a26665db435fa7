/** @file The WASI shell: every kind of input and output, and its errors. */

import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { buildKernels } from "../../scripts/build-kernels.ts";
import { type Model, npy, port, runShell } from "./shell.ts";

beforeAll(async () => {
  await buildKernels();
});

const scores = [port("scores", "f32", [1, 3])];
const classify = (): readonly ArrayBufferView[] => [Float32Array.of(0.25, 2, -1)];

function imageModel(
  dtype: "u8" | "i8" | "f32",
  shape: readonly number[],
  layout?: "nchw" | "nhwc",
): Model {
  return { inputs: [port("image", dtype, shape, layout)], outputs: scores, run: classify };
}

function pnm(header: string, pixels: readonly number[]): Uint8Array {
  return Buffer.concat([Buffer.from(header), Uint8Array.from(pixels)]);
}

function floats(bytes: Uint8Array): number[] {
  return [...new Float32Array(bytes.slice().buffer)];
}

const gray = pnm("P5 3 2 255\n", [0, 1, 2, 10, 128, 255]);
const colours = pnm("P6\n# two pixels\n2 1\n255\n", [1, 2, 3, 4, 5, 6]);

describe("images", () => {
  test("u8 takes pixels as they are", () => {
    const { inputs, code } = runShell(imageModel("u8", [1, 2, 3, 1], "nhwc"), gray);
    expect(code).toBe(0);
    expect([...inputs![0]!]).toEqual([0, 1, 2, 10, 128, 255]);
  });

  test("i8 takes pixels less 128", () => {
    const { inputs } = runShell(imageModel("i8", [1, 1, 2, 3], "nchw"), gray);
    expect([...new Int8Array(inputs![0]!)]).toEqual([-128, -127, -126, -118, 0, 127]);
  });

  test("f32 takes (pixel − mean) · scale, each step rounded", () => {
    const preprocess = { mean: 33.3, scale: 1 / 78.6 };
    const { inputs } = runShell({ ...imageModel("f32", [1, 1, 2, 3]), preprocess }, gray);
    const f = Math.fround;
    const expected = [0, 1, 2, 10, 128, 255].map(v => f(f(v - f(33.3)) * f(1 / 78.6)));
    expect(floats(inputs![0]!)).toEqual(expected);
  });

  test("planes or pixels, as the layout says", () => {
    const planes = runShell(imageModel("u8", [1, 3, 1, 2], "nchw"), colours);
    expect([...planes.inputs![0]!]).toEqual([1, 4, 2, 5, 3, 6]);
    const pixels = runShell(imageModel("u8", [1, 1, 2, 3], "nhwc"), colours);
    expect([...pixels.inputs![0]!]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("comments may stand anywhere in the header; samples are scaled to 255", () => {
    const image = pnm("P5#a\n#b\n 2 #c\n\t1#d\n 15\n", [15, 7]);
    const { inputs, stderr } = runShell(imageModel("u8", [2]), image);
    expect(stderr).toBe("");
    expect([...inputs![0]!]).toEqual([255, 119]);
  });

  test("a wrong size is told", () => {
    const { code, stderr, inputs } = runShell(imageModel("u8", [1, 28, 28, 1], "nhwc"), gray);
    expect(code).toBe(1);
    expect(inputs).toBeUndefined();
    expect(stderr).toBe(
      'error[run/wrong-shape]: input "image" takes u8[1,28,28,1]; the image on stdin is 3 wide, 2 high, of 1 channel\n',
    );
  });

  test("gray does not fit colour", () => {
    const { stderr } = runShell(imageModel("u8", [1, 3, 2, 3], "nchw"), gray);
    expect(stderr).toMatch(/^error\[run\/wrong-shape\]: .* takes u8\[1,3,2,3\].* of 1 channel\n$/);
  });

  test.each([
    ["deep", pnm("P5 1 1 65535\n", [1, 2]), "maxval"],
    ["short", pnm("P5 3 2 255\n", [1]), "ends before"],
    ["long", Buffer.concat([gray, gray]), "after the image's last pixel"],
    ["broken", pnm("P5 three 2 255\n", [1]), "malformed"],
    ["huge", pnm("P5 99999999999 2 255\n", [1]), "malformed"],
  ])("a %s image is refused", (_, image, message) => {
    const { code, stderr } = runShell(imageModel("u8", [6]), image);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[run\/bad-input\]: /);
    expect(stderr).toContain(message);
  });
});

const values = Float32Array.of(1.5, -2, 3.25, 0, 1e-30, 7);
const vector: Model = { inputs: [port("x", "f32", [2, 3])], outputs: scores, run: classify };

describe(".npy", () => {
  test.each([
    ["<f4", values],
    ["<f8", Float64Array.from(values)],
    ["|i1", Int8Array.of(-128, -1, 0, 1, 2, 127)],
    ["|u1", Uint8Array.of(255, 1, 0, 1, 2, 127)],
    ["<i4", Int32Array.of(-5, 1 << 20, 0, 1, 2, 3)],
    ["<i8", BigInt64Array.of(-5n, 1n << 20n, 0n, 1n, 2n, 3n)],
  ])("f32 takes %s", (descr, data) => {
    for (const version of [1, 2]) {
      const { inputs, stderr } = runShell(vector, npy(descr, [2, 3], data, { version }), {
        chunk: 7,
      });
      expect(stderr).toBe("");
      expect(floats(inputs![0]!)).toEqual(
        Array.from(data as Float32Array, Number).map(Math.fround),
      );
    }
  });

  test("several inputs take several files", () => {
    const inputs = [port("a", "i8", [2]), port("b", "f32", [1])];
    const file = Buffer.concat([
      npy("|i1", [2], Int8Array.of(4, -4)),
      npy("<f4", [1], Float32Array.of(0.5)),
    ]);
    const outcome = runShell({ inputs, outputs: scores, run: classify }, file);
    expect(outcome.inputs!.map(bytes => bytes.length)).toEqual([2, 4]);
    expect(floats(outcome.inputs![1]!)).toEqual([0.5]);
  });

  test.each([
    [
      "run/wrong-shape",
      npy("<f4", [3, 2], values),
      "takes f32[2,3]; the .npy file has shape (3, 2)",
    ],
    ["run/wrong-shape", npy("<f4", [6], values), "shape (6,)"],
    ["run/wrong-dtype", npy("<c8", [2, 3], values), "elements of another type"],
    ["run/wrong-dtype", npy(">f4", [2, 3], values), "elements of another type"],
    ["run/bad-input", npy("<f4", [2, 3], values, { fortran: true }), "Fortran"],
    ["run/bad-input", npy("<f4", [2, 3], values.subarray(1)), "ends before"],
    ["run/bad-input", npy("<f4", [2, 3], new Float32Array(7)), "after the last"],
    ["run/bad-input", npy("<f4", [2, 3], values).subarray(0, 40), "malformed"],
    ["run/bad-input", npy("<f4", [2, 3], values, { version: 3 }), "version 1 or 2"],
  ])("%s: case %#", (code, file, message) => {
    const outcome = runShell(vector, file);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`error[${code}]: `);
    expect(outcome.stderr).toContain(message);
  });

  test("i8 takes no other type", () => {
    const model = { ...vector, inputs: [port("x", "i8", [2, 3])] };
    const { stderr } = runShell(model, npy("<f4", [2, 3], values));
    expect(stderr).toContain("error[run/wrong-dtype]");
  });
});

describe("raw bytes", () => {
  const model: Model = {
    inputs: [port("a", "u8", [3]), port("b", "f32", [2])],
    outputs: scores,
    run: classify,
  };

  test.each([1, 2, 5, 65536])("inputs in order, %d bytes a read", chunk => {
    const stdin = Buffer.concat([
      Uint8Array.of(7, 8, 9),
      new Uint8Array(Float32Array.of(1, 2).buffer),
    ]);
    const { inputs } = runShell(model, stdin, { chunk });
    expect([...inputs![0]!]).toEqual([7, 8, 9]);
    expect(floats(inputs![1]!)).toEqual([1, 2]);
  });

  test.each([0, 10, 12, 5000])("%d bytes are refused", count => {
    const { code, stderr } = runShell(model, new Uint8Array(count));
    expect(code).toBe(1);
    expect(stderr).toBe(
      `error[run/wrong-shape]: input "a" takes u8[3], input "b" takes f32[2], that is 11 bytes; stdin has ${count}, which are no .npy and no PGM or PPM\n`,
    );
  });
});

const nothing: Pick<Model, "inputs"> = { inputs: [port("x", "u8", [1])] };
const stdin = new Uint8Array(1);

function json(model: Omit<Model, "inputs">, tier: "scalar" | "simd128" = "scalar"): string {
  const { stdout, code, stderr } = runShell({ ...nothing, ...model }, stdin, { chunk: 1000, tier });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return Buffer.from(stdout).toString();
}

describe("JSON", () => {
  test("scores of a classifier", () => {
    expect(json({ outputs: scores, run: classify, labels: ["a", 'b"\\\n', "c"] })).toBe(
      '{"top1":1,"label":"b\\"\\\\\\u000a","scores":[0.25,2,-1]}\n',
    );
    expect(json({ outputs: scores, run: classify }, "simd128")).toBe(
      '{"top1":1,"scores":[0.25,2,-1]}\n',
    );
  });

  test("the first of equal scores wins, NaN never", () => {
    const run = () => [Float32Array.of(Number.NaN, 3, 3)];
    expect(json({ outputs: scores, run })).toBe('{"top1":1,"scores":[null,3,3]}\n');
  });

  test("other outputs by name", () => {
    const outputs = [port("image", "i8", [2, 2]), port("é", "i64", [1]), port("n", "u8", [])];
    const lowest = -(2n ** 63n);
    const run = () => [
      Int8Array.of(-128, -1, 0, 127),
      BigInt64Array.of(lowest),
      Uint8Array.of(200),
    ];
    expect(json({ outputs, run })).toBe(
      `{"outputs":{"image":[-128,-1,0,127],"é":[${lowest}],"n":[200]}}\n`,
    );
  });

  test("f32 as short as it can be told", () => {
    const texts = ["0", "-0", "1", "0.1", "-0.5", "1e999", "-1e999", "null", "123456790"];
    texts.push(
      "3.4028235e38",
      "1e-45",
      "16777216",
      "1.1754944e-38",
      "0.000123",
      "1e10",
      "3.1415927",
    );
    const numbers = texts.map(text => (text === "null" ? Number.NaN : Number(text)));
    const outputs = [port("y", "f32", [texts.length, 1])];
    const text = json({ outputs, run: () => [Float32Array.from(numbers)] });
    const scoresText = /\[(.*)\]/.exec(text)![1]!.split(",");
    expect(scoresText).toEqual(texts);
  });

  test("f32 reads back to the same bits", () => {
    const count = 40_000;
    const random = new Random(1, "bits");
    const bits = Uint32Array.from({ length: count }, () => random.next());
    // Powers of two and their neighbours, where the step of f32 changes.
    for (let e = 0; e < 255; e++) bits.set([e << 23, (e << 23) + 1, (e << 23) - 1], e * 3);
    const numbers = new Float32Array(bits.buffer);
    const outputs = [port("y", "f32", [2, count / 2])];
    const text = json({ outputs, run: () => [numbers] });
    const read = (JSON.parse(text) as { outputs: { y: (number | null)[] } }).outputs.y;
    const wrong = [...numbers].filter((x, i) => !Object.is(x, Math.fround(read[i] ?? Number.NaN)));
    expect(wrong).toEqual([]);
    const digits = text.match(/[\d.]+(?=[e,\]])/g)!.map(t => t.replace(/\D|^0\.0*/g, "").length);
    expect(Math.max(...digits)).toBeLessThanOrEqual(9);
  });
});

describe("--npy", () => {
  test.each([
    ["<f4", "f32", [1, 3], Float32Array.of(1, -0, Number.NaN)],
    ["|i1", "i8", [2, 10, 1], Int8Array.from({ length: 20 }, (_, i) => i - 9)],
    ["<i8", "i64", [], BigInt64Array.of(-7n)],
  ] as const)("%s", (descr, dtype, shape, data) => {
    const outputs = [port("y", dtype, shape)];
    const model: Model = { ...nothing, outputs, run: () => [data] };
    const { stdout } = runShell(model, stdin, { args: ["--npy"], chunk: 50 });
    const header = stdout[8]! + 256 * stdout[9]!;
    expect((10 + header) % 64).toBe(0);
    const text = Buffer.from(stdout.subarray(10, 10 + header)).toString();
    const dims = shape.map(dim => `${dim},`).join("");
    expect(text.trimEnd()).toBe(
      `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`,
    );
    expect(text.endsWith("\n")).toBe(true);
    expect(Buffer.from(stdout.subarray(10 + header))).toEqual(
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    );
  });
});

test("a model that fails prints nothing", () => {
  const outcome = runShell({ ...nothing, outputs: scores, run: classify, status: 1 }, stdin);
  expect(outcome.code).toBe(3);
  expect(outcome.stdout).toHaveLength(0);
});

test("an unknown argument is refused", () => {
  const outcome = runShell({ ...nothing, outputs: scores, run: classify }, stdin, {
    args: ["digit.pgm"],
  });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toMatch(/^error\[usage\/bad-option\]: .*--npy.*stdin\n$/);
});
