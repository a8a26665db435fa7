/** @file The commands on a small model: what they print, write and return. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { tensorOf } from "../../core/tensor.ts";
import { formatNpy, parseNpy } from "../../trainer/data/index.ts";
import { scratchFolder } from "../data/scratch.ts";
import { runTritc } from "../errors/terminal.ts";
import { smallClassifier } from "./models.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", smallClassifier());
const module = join(scratch.path, "model.wasm");

/** Runs a command that must succeed, and parses what it printed. */
async function json(...args: readonly string[]) {
  const { code, out, err } = await runTritc(...args, "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
}

beforeAll(async () => {
  await json("compile", model, "-o", module);
});

describe("compile", () => {
  test("prints the sizes, the memory beside its lower bound, and the layers", async () => {
    const { code, out } = await runTritc("compile", model, "-o", module);
    expect(code).toBe(0);
    expect(out).toMatch(/^wrote +.*model\.wasm\n/);
    expect(out).toMatch(/size +[\d.]+ kB: code [\d.]+ kB, weights [\d.]+ kB in memory/);
    expect(out).toMatch(/lower bound of [\d.]+ kB/);
    expect(out).toMatch(/f32_f32_igemm_minmax_\w+__simd128/);
  });

  test("gives the same bytes again, and others for another tier", async () => {
    const again = join(scratch.path, "again.wasm");
    await json("compile", model, "-o", again);
    expect(readFileSync(again)).toEqual(readFileSync(module));
    await json("compile", model, "-o", again, "--simd", "scalar");
    expect(readFileSync(again)).not.toEqual(readFileSync(module));
  });

  test("writes everything that --emit names", async () => {
    const stem = join(scratch.path, "all");
    const { files } = await json(
      ...["compile", model, "-o", `${stem}.wasm`],
      ...["--emit", "wasm,wat,dts,manifest,onnx,plan,graph"],
    );
    const suffixes = [".wasm", ".wat", ".d.ts", ".json", ".onnx", ".plan.txt", ".graph.txt"];
    expect(files).toEqual(suffixes.map(suffix => `${stem}${suffix}`));
    for (const file of files) expect(readFileSync(file).length).toBeGreaterThan(100);
    expect(JSON.parse(readFileSync(`${stem}.json`, "utf8")).name).toBe("sketch");
  });

  test("reports what quantising cost", async () => {
    const quantized = join(scratch.path, "int8.wasm");
    const args = ["compile", model, "-o", quantized, "--weights", "int8"];
    const report = await json(...args, "--calibrate", "characters", "--calibrate-samples", "32");
    expect(report.loss.samples).toBe(1000);
    expect(report.loss.agreement).toBeGreaterThan(0.9);
    expect(report.loss.loss).toBeCloseTo(report.loss.floatTop1 - report.loss.top1, 10);
    expect(report.diagnostics).toEqual([]);
    expect(report.layers.map((layer: { weights: string }) => layer.weights)).toContain("int8");
    const text = await runTritc(...args, "--calibrate", "characters", "--limit", "64");
    expect(text.out).toMatch(
      /accuracy +top-1 .* %, float .* of 64 samples of characters \(train\)/,
    );
    expect(await json("verify", model, quantized, "--samples", "5")).toEqual({
      samples: 5,
      identical: true,
    });
  });

  test("stops after a pass and prints the graph", async () => {
    const { code, out } = await runTritc("compile", model, "--stop-after", "fuse-clamp");
    expect(code).toBe(0);
    expect(out).toMatch(/^graph sketch\(/);
    expect(out).toContain("clamp={max=inf, min=0}");
    const unknown = await runTritc("compile", model, "--stop-after", "sharpen");
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('there is no pass "sharpen"');
  });

  test("leaves nothing behind where it cannot write, and keeps what was there", async () => {
    const folder = scratch.write("kept/model.wasm", "old");
    const broken = scratch.write("broken.onnx", smallClassifier().subarray(0, 500));
    expect((await runTritc("compile", broken, "-o", folder)).code).toBe(1);
    expect(readFileSync(folder, "utf8")).toBe("old");
    const onto = await runTritc("compile", model, "-o", join(scratch.path, "kept"));
    expect(onto.code).toBe(1);
    expect(onto.err).toContain("file/unwritable");
    expect(onto.err).toContain("= help: name a file in it");
    const below = await runTritc("compile", model, "-o", join(scratch.path, "none", "model.wasm"));
    expect(below.err).toContain("= help: make the folder");
    expect(readdirSync(join(scratch.path, "kept"))).toEqual(["model.wasm"]);
    expect(readdirSync(scratch.path).filter(name => name.endsWith(".tmp"))).toEqual([]);
  });

  test("leaves pipes and links what they are", async () => {
    const other = scratch.write("behind/model.wasm", "old");
    const link = join(scratch.path, "link.wasm");
    symlinkSync(other, link);
    await json("compile", model, "-o", link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(other)).toEqual(readFileSync(module));

    const pipe = join(scratch.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    const copy = join(scratch.path, "copy.wasm");
    const read = once(spawn("cp", [pipe, copy]), "exit");
    await json("compile", model, "-o", pipe);
    await read;
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readFileSync(copy)).toEqual(readFileSync(module));
  });

  test("does not write over the model", async () => {
    const own = scratch.write("own.onnx", smallClassifier());
    const args = ["compile", own, "-o", join(scratch.path, "own.wasm"), "--emit", "wasm,onnx"];
    const { code, err } = await runTritc(...args);
    expect(code).toBe(2);
    expect(err).toContain("would replace the model");
    expect(readFileSync(own)).toEqual(Buffer.from(smallClassifier()));
  });

  test("needs a place for the module, and known kinds", async () => {
    expect(await runTritc("compile", model)).toMatchObject({ code: 2, out: "" });
    expect(await runTritc("compile", model, "-o", "")).toMatchObject({ code: 2, out: "" });
    const kinds = await runTritc("compile", model, "-o", module, "--emit", "wasm,pdf");
    expect(kinds.code).toBe(2);
    expect(kinds.err).toContain("Kinds are wasm, wat");
  });

  test("shows its work where TRITC_DEBUG asks for it", async () => {
    process.env.TRITC_DEBUG = "4";
    try {
      const { err } = await runTritc("compile", model, "-o", join(scratch.path, "debug.wasm"));
      expect(err).toMatch(/pass fuse-clamp: [\d.]+ ms\n/);
      expect(err).toContain("nothing to do");
      expect(err).toContain("graph sketch(");
      expect(err).toContain("plan sketch web simd128");
      expect(err).toContain("(module");
    } finally {
      delete process.env.TRITC_DEBUG;
    }
  });
});

describe("inspect", () => {
  test("has the keys that programs rely on", async () => {
    const report = await json("inspect", module);
    expect(report).toMatchObject({
      bytes: readFileSync(module).length,
      codeBytes: expect.any(Number),
      weightBytes: expect.any(Number),
      peakMemoryBytes: expect.any(Number),
      arenaBytes: expect.any(Number),
      arenaLowerBoundBytes: expect.any(Number),
      macs: 4 * 9 * 28 * 28 + 4 * 14 * 14 * 36,
    });
    expect(report.codeBytes).toBeLessThan(report.bytes);
    expect(report.layers[0]).toMatchObject({
      name: expect.any(String),
      kernel: expect.any(String),
      weights: expect.any(String),
      sparsity: expect.any(Number),
      bitsPerWeight: expect.any(Number),
    });
  });

  test("reads ONNX models too", async () => {
    const report = await json("inspect", model);
    expect(report).toMatchObject({
      kind: "onnx",
      inputs: [{ name: "image", dtype: "f32", shape: [1, 1, 28, 28], layout: "nchw" }],
      weightCount: 36 + 4 * 14 * 14 * 36,
    });
    expect(report.layers.map((layer: { kind: string }) => layer.kind)).toEqual(["conv", "gemm"]);
    const { out } = await runTritc("inspect", model);
    expect(out).toMatch(/image: f32\[1,1,28,28\] nchw/);
  });

  test("warns as compiling would where an aim has nothing to choose from", async () => {
    const args = ["inspect", model, "--optimize", "speed"] as const;
    const { code, err } = await runTritc(...args);
    expect(code).toBe(0);
    expect(err).toMatch(/^warning\[compile\/needs-calibration\]: --optimize speed has no choice/);
    const [found] = (await json(...args)).diagnostics;
    expect(found.help).toContain("--calibrate");
  });

  test.each([
    [module, "frontier.svg", /a module's choices are made/],
    [model, "frontier.png", /ends in \.html or \.svg/],
  ])("refuses to draw %s as %s", async (file, picture, message) => {
    const { code, err } = await runTritc(
      "inspect",
      file,
      "--frontier",
      join(scratch.path, picture),
    );
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

test("costs of an engine are measured on that engine", async () => {
  const other = process.versions.v8.startsWith("11.") ? "v8-13" : "v8-11";
  const { code, err } = await runTritc("calibrate-costs", "--engine", other);
  expect(code).toBe(2);
  expect(err).toMatch(new RegExp(`runs on v8-\\d+, not on ${other}`));
});

describe("run", () => {
  const pixels = Uint8Array.from({ length: 784 }, (_, i) => (i * 7) % 256);
  const array = tensorOf("f32", [28, 28], pixels);

  test("takes a picture, an array and raw bytes alike", async () => {
    const raw = { width: 28, height: 28, channels: 1 } as const;
    const png = await sharp(pixels, { raw }).toColourspace("b-w").png().toBuffer();
    const files = [
      scratch.write("digit.png", png),
      scratch.write("digit.pgm", Buffer.concat([Buffer.from("P5 28 28 255\n"), pixels])),
      scratch.write("digit.npy", formatNpy(array)),
      scratch.write("bytes.npy", formatNpy(tensorOf("u8", [1, 28, 28, 1], pixels))),
      scratch.write("digit.raw", new Uint8Array(array.data.buffer)),
    ];
    const results = [];
    for (const file of files) results.push(await json("run", module, file));
    for (const result of results) expect(result).toEqual(results[0]);
    const { top1, label, scores, top5 } = results[0];
    expect(scores).toHaveLength(36);
    expect(top5).toHaveLength(5);
    expect(top5[0]).toEqual({ index: top1, label, score: Math.max(...scores) });
    const { out } = await runTritc("run", module, files[0]!);
    expect(out.split("\n")[0]).toBe(label);
  });

  test("writes the scores as .npy", async () => {
    const input = scratch.write("input.npy", formatNpy(array));
    const output = join(scratch.path, "scores.npy");
    const { scores } = await json("run", module, input, "--output", output);
    const written = parseNpy(readFileSync(output), output);
    expect(written.shape).toEqual([1, 36]);
    expect([...written.data]).toEqual(scores);
  });

  test("wants a picture of the model's size, or is told to scale it", async () => {
    const picture = scratch.write("small.ppm", Buffer.from("P6 2 1 255\nabcdef"));
    const wrong = await runTritc("run", module, picture);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("run/wrong-shape");
    expect(wrong.err).toContain("--resize");
    expect((await json("run", module, picture, "--resize", "28x28")).scores).toHaveLength(36);
    const files = await runTritc("run", module, picture, picture);
    expect(files.code).toBe(2);
    expect(files.err).toContain("2 files for 1 input\n");
    expect(files.err).toContain("= help: give one file\n");
  });

  test("normalises by the user's numbers", async () => {
    const input = scratch.write("zero.pgm", Buffer.concat([Buffer.from("P5 28 28 255\n"), pixels]));
    const scaled = scratch.write(
      "scaled.npy",
      formatNpy(
        tensorOf(
          "f32",
          [28, 28],
          [...pixels].map(p => Math.fround(Math.fround(p - 9) / 4)),
        ),
      ),
    );
    const { scores } = await json("run", module, input, "--mean", "9", "--std", "4");
    expect(scores).toEqual((await json("run", module, scaled)).scores);
    const { code, err } = await runTritc("run", module, input, "--std", "0");
    expect([code, err]).toEqual([2, expect.stringContaining("other than 0")]);
  });
});

describe("eval", () => {
  test("agrees between the module and ONNX Runtime", async () => {
    const args = ["--data", "characters", "--limit", "144"];
    const compiled = await json("eval", module, ...args);
    const original = await json("eval", model, ...args);
    expect(compiled).toEqual({ samples: 144, top1: original.top1, engine: "wasm" });
    expect(original.engine).toContain("onnxruntime");
    const { out } = await runTritc("eval", module, ...args);
    expect(out).toMatch(/^top-1 [\d.]+ % of 144 samples \(wasm\)\n$/);
  });

  test("takes a batch that does not divide the samples", async () => {
    const batched = join(scratch.path, "batched.wasm");
    await json("compile", model, "-o", batched, "--batch", "5");
    const one = await json("eval", module, "--data", "characters", "--limit", "36");
    const five = await json("eval", batched, "--data", "characters", "--limit", "36");
    expect(five).toEqual(one);
  });

  test("needs labels", async () => {
    const data = scratch.write(
      "blank.npy",
      formatNpy(tensorOf("u8", [1, 28, 28], new Array(784).fill(1))),
    );
    const { code, err } = await runTritc("eval", module, "--data", `npy:${data}`);
    expect(code).toBe(1);
    expect(err).toContain("no labels");
  });

  test("needs labels that the model can give", async () => {
    const image = tensorOf("u8", [1, 28, 28], new Array(784).fill(1));
    const data = scratch.write("foreign.npy", formatNpy(image));
    const labels = scratch.write("labels.npy", formatNpy(tensorOf("i32", [1], [36])));
    const args = ["--data", `npy:${data}`, "--labels", labels];
    const { code, err } = await runTritc("eval", module, ...args);
    expect(code).toBe(1);
    expect(err).toContain("sample 0 is of class 36");
    expect(err).toContain("36 classes");
  });
});

describe("verify", () => {
  test("is the same on random samples and on data", async () => {
    expect(await json("verify", model, module, "--samples", "4")).toEqual({
      samples: 4,
      identical: true,
    });
    const { code, out } = await runTritc(
      ...["verify", model, module, "--samples", "3", "--data", "characters"],
    );
    expect([code, out]).toEqual([0, "identical on 3 samples\n"]);
  });

  test("refuses a module of another model", async () => {
    const other = scratch.write(
      "other.onnx",
      Buffer.concat([smallClassifier(), Uint8Array.of(0x12, 1, 65)]),
    );
    const { code, err } = await runTritc("verify", other, module);
    expect(code).toBe(1);
    expect(err).toContain("another model");
    expect(err).toContain(`--> ${module}`);
  });

  test("refuses a module that is damaged", async () => {
    const bytes = readFileSync(module);
    bytes.fill(0xff, 600, 640);
    const damaged = scratch.write("damaged.wasm", bytes);
    const { code, err } = await runTritc("verify", model, damaged);
    expect(code).toBe(1);
    expect(err).toContain("run/not-tritc");
    expect(err).toContain(`--> ${damaged}`);
  });
});

describe("train", () => {
  test("finds out before it trains that results have no place", async () => {
    const config = {
      data: { source: "characters", limit: 64 },
      model: { kind: "lenet5", width: 0.25 },
      stages: [{ method: "float", epochs: 1, schedule: { kind: "constant", rate: 0.01 } }],
    };
    const path = scratch.write("train.json", JSON.stringify(config));
    const { code, err } = await runTritc("train", path, "--out", join(model, "run"));
    expect(code).toBe(1);
    expect(err).toMatch(/^error\[file\/unwritable\]/);
    expect(err).toContain("is not a folder");
  });

  test.each(["json", "ts"])("needs a configuration: one in .%s that is not there", async kind => {
    const { code, err } = await runTritc("train", join(scratch.path, `nowhere.${kind}`));
    expect(code).toBe(1);
    expect(err).toMatch(/^error\[file\/unreadable\]/);
    expect(err).toContain("= help: check the path");
  });
});
