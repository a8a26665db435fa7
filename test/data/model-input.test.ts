/** @file Samples as a model takes them: layout, type, normalisation, batch. */

import { describe, expect, test } from "vitest";
import { type Dataset, dataset, type InputPort, toModelInput } from "../../trainer/data/index.ts";
import { failure } from "./scratch.ts";

const SHAPE = [2, 3, 2] as const;
/** Element h, w, c of sample i is 100i + 10h + 2w + c + 1, stored with channels last or first. */
const last = images("nhwc");
const first = images("nchw");

describe("layout", () => {
  test.each([
    ["nhwc", last],
    ["nchw", first],
  ] as const)("stored as %s reads the same", (_, stored) => {
    const nhwc = toModelInput(stored, 0, port([1, 2, 3, 2]));
    const nchw = toModelInput(stored, 0, port([1, 2, 2, 3]));
    expect([...nhwc.data]).toEqual([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
    expect([...nchw.data]).toEqual([1, 3, 5, 11, 13, 15, 2, 4, 6, 12, 14, 16]);
    expect(nchw.shape).toEqual([1, 2, 2, 3]);
  });

  test("a flat input takes the stored order", () => {
    expect([...toModelInput(first, 0, port([1, 12])).data]).toEqual([...first.sample(0)]);
    expect([...toModelInput(first, 0, port([12])).data]).toEqual([...first.sample(0)]);
  });

  test("a stated layout is not guessed away", async () => {
    const stated: InputPort = { ...port([1, 2, 3, 2]), layout: "nchw" };
    const bad = await failure(() => toModelInput(last, 0, stated), "data/wrong-shape");
    expect(bad.message).toContain("2×3×2");
    expect(bad.notes.join()).toContain("nchw");
  });

  test("another size is refused", async () => {
    await failure(() => toModelInput(last, 0, port([1, 3, 3, 2])), "data/wrong-shape");
    await failure(() => toModelInput(last, 0, port([1, 3, 2, 2])), "data/wrong-shape");
  });
});

test("a batch is filled in order, its rest with the last sample", () => {
  const { data } = toModelInput(last, [1, 0], port([3, 2, 3, 2]));
  expect([data[0], data[12], data[24]]).toEqual([101, 1, 1]);
});

describe("normalisation", () => {
  const one = dataset({
    ...last,
    shape: [1, 1, 2],
    data: Uint8Array.of(51, 200),
    labels: Int32Array.of(0),
  });
  const input = port([1, 1, 1, 2]);
  const read = (options: Parameters<typeof toModelInput>[3]) => [
    ...toModelInput(one, 0, input, options).data,
  ];

  test("is absent by default", () => {
    expect(read({})).toEqual([51, 200]);
  });

  test("subtracts the mean, then divides, in pixel units", () => {
    expect(read({ mean: 1, std: 2 })).toEqual([25, 99.5]);
    expect(read({ mean: [1, 100], std: [50] })).toEqual([1, 2]);
    expect(read({ std: [1, 10] })).toEqual([51, 20]);
  });

  test("follows the model's own unless the user has one", () => {
    const preprocess = { mean: 1, scale: Math.fround(1 / 255) };
    expect(read({ preprocess })[0]).toBe(Math.fround(50 * preprocess.scale));
    expect(read({ preprocess, mean: 0 })).toEqual([51, 200]);
  });

  test("refuses as many numbers as there are no channels", async () => {
    const bad = await failure(() => read({ mean: [1, 2, 3] }), "data/wrong-shape");
    expect(bad.message).toBe("mean has 3 numbers for 2 channels");
  });
});

describe("types", () => {
  const spoken = dataset({
    ...last,
    dtype: "i8",
    shape: [1, 1, 2],
    data: Int8Array.of(83, -128),
    labels: Int32Array.of(0),
    quantization: { scale: 0.5, zeroPoint: 83 },
  });

  test("a float input takes real values, an integer one what is stored", () => {
    expect([...toModelInput(spoken, 0, port([1, 2])).data]).toEqual([0, -105.5]);
    expect(toModelInput(spoken, 0, { dtype: "i8", shape: [1, 2] }).data).toEqual(spoken.data);
  });

  test("an i8 input takes pixels as pixel − 128", () => {
    const { data } = toModelInput(last, 0, { dtype: "i8", shape: [1, 2, 3, 2] });
    expect([...data.subarray(0, 2)]).toEqual([-127, -126]);
  });

  test("an integer input that cannot hold what is stored is refused", async () => {
    const unsigned: InputPort = { dtype: "u8", shape: [1, 2] };
    await failure(() => toModelInput(spoken, 0, unsigned), "data/wrong-shape");
    const signed: InputPort = { dtype: "i8", shape: [1, 2] };
    await failure(() => toModelInput(spoken, 0, signed, { mean: 3 }), "data/wrong-shape");
  });
});

function port(shape: readonly number[]): InputPort {
  return { dtype: "f32", shape };
}

function images(layout: "nhwc" | "nchw"): Dataset {
  const [height, width, channels] = SHAPE;
  const axes = layout === "nhwc" ? [height, width, channels] : [channels, height, width];
  const data = Uint8Array.from({ length: 24 }, (_, i) => {
    const place = [
      Math.floor(i / (axes[1]! * axes[2]!)) % axes[0]!,
      Math.floor(i / axes[2]!) % axes[1]!,
      i % axes[2]!,
    ];
    const [h, w, c] = layout === "nhwc" ? place : [place[1], place[2], place[0]];
    return 100 * Math.floor(i / 12) + 10 * h! + 2 * w! + c! + 1;
  });
  const labels = Int32Array.of(0, 0);
  return dataset({
    name: "images",
    split: "test",
    shape: SHAPE,
    layout,
    dtype: "u8",
    data,
    labels,
    classNames: ["a"],
  });
}
