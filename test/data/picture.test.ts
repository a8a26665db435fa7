/** @file Single pictures: netpbm by hand, the rest through sharp. */

import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodePicture } from "../../trainer/data/index.ts";
import { failure } from "./scratch.ts";

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("netpbm", () => {
  test.each([
    ["P5", "P5\n2 1\n255\n\x07\xfe", 1, [7, 254]],
    ["P5 with comments", "P5 # made by hand\n2 # wide\n1\n255\n\x07\xfe", 1, [7, 254]],
    ["P5 of 16 bits", "P5 2 1 65535\n\xff\xff\x80\x00", 1, [255, 128]],
    ["P5 of 16 levels", "P5 2 1 15\n\x0f\x01", 1, [255, 17]],
    ["P6", "P6 1 1 255\nabc", 3, [97, 98, 99]],
    ["P2", "P2\n2 1\n10\n0 # dark\n10\n", 1, [0, 255]],
    ["P3", "P3 1 1 255 1 2 3", 3, [1, 2, 3]],
  ])("%s", async (_, text, channels, values) => {
    const picture = await decodePicture(latin1(text), "x.pgm");
    expect([...picture.data]).toEqual(values);
    expect(picture).toMatchObject({ channels, height: 1, width: values.length / channels });
  });

  test.each([
    ["P5 2 2 255\nabc", "ends before its 4 values"],
    ["P5 2 2 0\nabcd", "largest value"],
    ["P5 2 x", "no PGM or PPM header"],
    ["P2 2 2 9 1 2 3", "ends before its 4 values"],
  ])("refuses %j", async (text, message) => {
    const bad = await failure(() => decodePicture(latin1(text), "x.pgm"), "data/bad-format");
    expect(bad.message).toContain(message);
  });
});

test("colour becomes grey and grey becomes colour where asked for", async () => {
  const red = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#f00" } })
    .png()
    .toBuffer();
  expect((await decodePicture(red, "red.png")).data).toEqual(Uint8Array.of(255, 0, 0));
  const grey = await decodePicture(red, "red.png", { channels: 1 });
  expect([grey.channels, grey.data.length]).toEqual([1, 1]);
  const colour = await decodePicture(latin1("P5 1 1 255\n\x09"), "x.pgm", { channels: 3 });
  expect(colour.data).toEqual(Uint8Array.of(9, 9, 9));
});

test("transparency is laid on black", async () => {
  const clear = await sharp({
    create: { width: 1, height: 1, channels: 4, background: { r: 200, g: 100, b: 0, alpha: 0 } },
  })
    .png()
    .toBuffer();
  expect((await decodePicture(clear, "clear.png")).data).toEqual(Uint8Array.of(0, 0, 0));
});
