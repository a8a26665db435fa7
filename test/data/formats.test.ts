/** @file Each kind of data set: what is read, and what is said about bad files. */

import { brotliCompressSync, gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { tensorOf } from "../../core/tensor.ts";
import { unpackBatch } from "../../trainer/data/cifar10.ts";
import { formatNpy, openData, parseNpy } from "../../trainer/data/index.ts";
import { cifarBatch, idxFile, tarFile } from "./files.ts";
import { failure, scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

describe("idx", () => {
  const pixels = Array.from({ length: 3 * 4 }, (_, i) => 10 * i);

  test("reads plain and gzipped files of either split", async () => {
    scratch.write("idx/train-images-idx3-ubyte", idxFile([3, 2, 2], pixels));
    scratch.write("idx/train-labels-idx1-ubyte.gz", gzipSync(idxFile([3], [7, 0, 9])));
    const data = await openData(`mnist:${scratch.path}/idx`);
    expect(data).toMatchObject({ count: 3, shape: [2, 2, 1], dtype: "u8", split: "train" });
    expect([...data.labels!]).toEqual([7, 0, 9]);
    expect([...data.sample(1)]).toEqual([40, 50, 60, 70]);
    expect(data.classNames[9]).toBe("9");
    const missing = await failure(
      () => openData(`mnist:${scratch.path}/idx`, { split: "test" }),
      "data/not-found",
    );
    expect(missing.notes.join()).toContain("t10k-images-idx3-ubyte");
    expect(missing.notes.join()).toContain("yann.lecun.com");
  });

  test.each([
    ["cut off", idxFile([3, 2, 2], pixels).subarray(0, 20), "byte 16"],
    ["of another type", Uint8Array.of(0, 0, 13, 3, ...new Uint8Array(12)), "found 0 0 13 3"],
    ["shorter than its header", Uint8Array.of(0, 0), "needs 16 bytes"],
    ["damaged gzip", gzipSync(idxFile([3, 2, 2], pixels)).subarray(0, 25), "gzip"],
  ])("refuses images that are %s", async (word, bytes, text) => {
    const folder = `idx-${word.replaceAll(" ", "-")}`;
    scratch.write(`${folder}/train-images-idx3-ubyte`, bytes);
    scratch.write(`${folder}/train-labels-idx1-ubyte`, idxFile([3], [0, 0, 0]));
    const bad = await failure(() => openData(`mnist:${scratch.path}/${folder}`), "data/bad-format");
    expect(bad.message).toContain(text);
    expect(bad.at).toContain("train-images-idx3-ubyte");
  });

  test.each([
    [[0, 1], "2 labels for 3 images"],
    [[0, 12, 1], "label 12 at index 1"],
  ])("refuses labels %j", async (labels, text) => {
    const folder = `idx-labels-${labels.length}`;
    scratch.write(`${folder}/t10k-images.idx3-ubyte`, idxFile([3, 2, 2], pixels));
    scratch.write(`${folder}/t10k-labels.idx1-ubyte`, idxFile([labels.length], labels));
    const open = () => openData(`fashion-mnist:${scratch.path}/${folder}`, { split: "test" });
    expect((await failure(open, "data/bad-format")).message).toContain(text);
  });
});

describe("cifar10", () => {
  test("reads the binary batches in order", async () => {
    for (const index of [1, 2, 3, 4, 5]) {
      scratch.write(`cifar/data_batch_${index}.bin`, cifarBatch([index, index + 1]));
    }
    const data = await openData(`cifar10:${scratch.path}/cifar`);
    expect(data).toMatchObject({ count: 10, shape: [32, 32, 3], layout: "nchw" });
    expect([...data.labels!]).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    const second = data.sample(1);
    expect([second[0], second[1024], second[1025], second[2048]]).toEqual([1, 2, 3, 254]);
  });

  test("refuses a batch with a wrong length or label", async () => {
    const open = (): unknown => openData(`cifar10:${scratch.path}/cifar-bad`, { split: "test" });
    scratch.write("cifar-bad/test_batch.bin", cifarBatch([1]).subarray(1));
    expect((await failure(open, "data/bad-format")).message).toContain("3073-byte records");
    scratch.write("cifar-bad/test_batch.bin", cifarBatch([1, 10]));
    expect((await failure(open, "data/bad-format")).message).toContain("byte 3073: label 10");
  });

  test("unpacks residuals modulo 256", () => {
    // One image whose residuals are all 1 in the green plane, 0 in the differences.
    const packed = new Uint8Array(3073);
    packed[0] = 4;
    packed.fill(1, 1, 1025);
    const batch = unpackBatch(brotliCompressSync(packed), "test");
    const [label, ...pixels] = batch;
    const greyAt = (x: number, y: number): number => pixels[y * 32 + x]!;
    expect(label).toBe(4);
    expect([greyAt(0, 0), greyAt(5, 0), greyAt(0, 5)]).toEqual([1, 6, 6]);
    expect(pixels.slice(1024, 2048)).toEqual(pixels.slice(0, 1024));
  });

  test("refuses packed data that is no brotli", async () => {
    const unpack = (): unknown => unpackBatch(Uint8Array.of(1, 2, 3), "x.pf.br");
    expect((await failure(unpack, "data/bad-format")).at).toBe("x.pf.br");
  });
});

describe("npy", () => {
  test.each([
    tensorOf("f32", [2, 3], [1, 2.5, -3, 4, 5, 6]),
    tensorOf("u8", [4], [0, 1, 254, 255]),
    tensorOf("i64", [], [-7]),
    tensorOf("i8", [1, 1, 2], [-128, 127]),
  ])("writes what it reads: $dtype $shape", original => {
    const file = formatNpy(original);
    expect(parseNpy(file, "x.npy")).toEqual(original);
    expect((file.length - original.data.byteLength) % 64).toBe(0);
  });

  test("reads samples with labels beside them", async () => {
    const path = scratch.write("a.npy", formatNpy(tensorOf("u8", [2, 2, 3, 1], range(12))));
    scratch.write("a.labels.npy", formatNpy(tensorOf("i64", [2], [1, 0])));
    const data = await openData(`npy:${path}`);
    expect(data).toMatchObject({ count: 2, shape: [2, 3, 1], layout: "nhwc" });
    expect([...data.labels!]).toEqual([1, 0]);
  });

  test("reads labels from another file, and none", async () => {
    const path = scratch.write("b.npy", formatNpy(tensorOf("f32", [2, 5], range(10))));
    const labels = scratch.write("c.npy", formatNpy(tensorOf("u8", [2], [0, 3])));
    expect(await openData(`npy:${path}`)).toMatchObject({ shape: [1, 1, 5], classNames: [] });
    expect((await openData(`npy:${path}`, { labels })).classNames).toEqual(["0", "1", "2", "3"]);
  });

  test.each([
    ["no magic", new Uint8Array(100), "not a .npy"],
    ["an object array", header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "'|O'"],
    [
      "big-endian numbers",
      header("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}"),
      ">f4",
    ],
    ["Fortran order", header("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}"), "Fortran"],
    ["no shape", header("{'descr': '<f4', 'fortran_order': False}"), "no shape"],
    [
      "no data",
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}"),
      "needs 12 bytes",
    ],
    ["half a header", header("{}").subarray(0, 9), "ends in its header"],
  ])("refuses a file with %s", async (_, bytes, text) => {
    const bad = await failure(() => parseNpy(bytes, "x.npy"), "data/bad-format");
    expect(bad.message).toContain(text);
  });
});

describe("npz", () => {
  test("prefers the arrays of the split", async () => {
    const path = npz("split.npz", {
      x_train: tensorOf("u8", [3, 3, 5, 5], range(225)),
      y_train: tensorOf("i32", [3], [2, 1, 0]),
      x_test: tensorOf("u8", [1, 3, 5, 5], range(75)),
    });
    const train = await openData(`npz:${path}`);
    expect(train).toMatchObject({ count: 3, shape: [5, 5, 3], layout: "nchw" });
    expect(train.classNames).toEqual(["0", "1", "2"]);
    const held = await openData(`npz:${path}`, { split: "test" });
    expect(held.count).toBe(1);
    expect(held.labels).toBeUndefined();
  });

  test("turns wide types into f32", async () => {
    const path = npz("wide.npz", { x: tensorOf("f64", [2, 2], [0.5, 1, 2, 300]) });
    const data = await openData(`npz:${path}`, { split: "test" });
    expect([data.dtype, ...data.sample(1)]).toEqual(["f32", 2, 300]);
  });

  test("says which arrays there are, and which numbers do not fit", async () => {
    const other = npz("other.npz", { images: tensorOf("u8", [1, 1], [0]) });
    const bad = await failure(() => openData(`npz:${other}`), "data/bad-format");
    expect(bad.notes).toEqual(["the file holds images"]);
    const short = npz("short.npz", {
      x: tensorOf("u8", [2, 1], [0, 0]),
      y: tensorOf("u8", [3], [0, 0, 0]),
    });
    const count = await failure(() => openData(`npz:${short}`), "data/bad-format");
    expect(count.message).toBe("3 labels for 2 samples");
    const flat = npz("flat.npz", { x: tensorOf("u8", [4], [0, 0, 0, 0]) });
    await failure(() => openData(`npz:${flat}`), "data/wrong-shape");
    const signed = npz("signed.npz", {
      x: tensorOf("u8", [1, 1], [0]),
      y: tensorOf("i8", [1], [-1]),
    });
    expect((await failure(() => openData(`npz:${signed}`), "data/bad-format")).message).toBe(
      "label -1 of sample 0 is no class index",
    );
    const text = scratch.write("text.npz", "hello");
    await failure(() => openData(`npz:${text}`), "data/bad-format");
  });
});

describe("images", () => {
  test("takes turns between the folders of classes", async () => {
    for (const [name, level] of [
      ["cat/1", 10],
      ["cat/2", 20],
      ["cat/3", 30],
      ["ant/1", 40],
    ] as const) {
      scratch.write(`pictures/train/${name}.png`, await picture(4, 3, level));
    }
    scratch.write("pictures/train/cat/notes.txt", "no picture");
    const data = await openData(`images:${scratch.path}/pictures`);
    expect(data).toMatchObject({ count: 4, shape: [3, 4, 1], classNames: ["ant", "cat"] });
    expect([...data.labels!]).toEqual([0, 1, 1, 1]);
    expect(Array.from({ length: 4 }, (_, i) => data.sample(i)[0])).toEqual([40, 10, 20, 30]);
  });

  test("refuses pictures of two sizes, unless told to resize", async () => {
    scratch.write("sizes/a/1.png", await picture(4, 4, 9));
    scratch.write("sizes/a/2.png", await picture(6, 4, 9));
    const spec = `images:${scratch.path}/sizes`;
    const bad = await failure(() => openData(spec), "data/wrong-shape");
    expect(bad.message).toContain("6×4");
    const resize = { height: 2, width: 2 };
    const data = await openData(spec, { resize, channels: 3 });
    expect(data).toMatchObject({ count: 2, shape: [2, 2, 3] });
    expect([...new Set(data.data)]).toEqual([9]);
  });

  test("refuses what is no picture, and folders without pictures", async () => {
    scratch.write("broken/a/1.png", "hello");
    const broken = await failure(
      () => openData(`images:${scratch.path}/broken`),
      "data/bad-format",
    );
    expect(broken.at).toContain("1.png");
    scratch.write("empty/readme.txt", "");
    await failure(() => openData(`images:${scratch.path}/empty`), "data/bad-format");
  });
});

describe("kws-bin", () => {
  const files = {
    "y_labels.csv": new TextEncoder().encode("b.bin,12,7\na.bin,12,0\n"),
    "a.bin": new Uint8Array(490).fill(83),
    "b.bin": new Uint8Array(490).fill(0x80),
  };

  test.each(["folder", "archive", "gzipped archive"])("reads a %s", async form => {
    const stem = form.replaceAll(" ", "-");
    const archive = tarFile(
      Object.fromEntries(Object.entries(files).map(([n, d]) => [`k/${n}`, d])),
    );
    if (form === "archive") scratch.write(`${stem}/eval-kws01.tar`, archive);
    if (form === "gzipped archive") scratch.write(`${stem}/eval-kws01.tar.gz`, gzipSync(archive));
    if (form === "folder") {
      for (const [name, data] of Object.entries(files)) scratch.write(`${stem}/k/${name}`, data);
    }
    const data = await openData(`kws-bin:${scratch.path}/${stem}`, { split: "test" });
    expect(data).toMatchObject({ count: 2, shape: [49, 10, 1], dtype: "i8" });
    expect(data.classNames[data.labels![0]!]).toBe("stop");
    expect([data.sample(0)[0], data.sample(1)[0]]).toEqual([-128, 83]);
  });

  test("says which sample or line is wrong", async () => {
    const open = (files: Readonly<Record<string, Uint8Array>>) => () =>
      openData(`kws-bin:${scratch.write("bad.tar", tarFile(files))}`);
    const short = await failure(open({ ...files, "a.bin": new Uint8Array(3) }), "data/bad-format");
    expect(short.at).toContain("a.bin");
    const { "b.bin": _, ...missing } = files;
    expect((await failure(open(missing), "data/bad-format")).at).toContain("b.bin");
    const line = new TextEncoder().encode("b.bin,12,7\nb.bin,12,12\n");
    const wrong = await failure(open({ ...files, "y_labels.csv": line }), "data/bad-format");
    expect(wrong.message).toContain("line 2");
    const cut = scratch.write("cut.tar", tarFile(files).subarray(0, 1600));
    expect((await failure(() => openData(`kws-bin:${cut}`), "data/bad-format")).message).toContain(
      "byte 1024",
    );
    const xz = scratch.write("bad.tar.xz", "hello");
    const damaged = await failure(() => openData(`kws-bin:${xz}`), "data/bad-format");
    expect(damaged.message).toContain("xz");
  });
});

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function header(dict: string): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, dict.length, 0),
    new TextEncoder().encode(dict),
  ]);
}

function npz(name: string, arrays: Readonly<Record<string, ReturnType<typeof parseNpy>>>): string {
  const files = Object.entries(arrays).map(([key, array]) => [`${key}.npy`, formatNpy(array)]);
  return scratch.write(name, zipSync(Object.fromEntries(files)));
}

function picture(width: number, height: number, level: number): Promise<Buffer> {
  const raw = { width, height, channels: 1 } as const;
  return sharp(Buffer.alloc(width * height, level), { raw })
    .toColourspace("b-w")
    .png()
    .toBuffer();
}
