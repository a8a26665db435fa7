/** @file PGM (`P5`) and PPM (`P6`) images of at most 8 bits per sample. */

import {
  F32, I8, INPUTS, INPUT_COUNT, LAYOUT_NCHW, LAYOUT_UNKNOWN, MEAN, SCALE, U8, dataOf, dimOf,
  elementCount, layoutOf, portAt, rankOf, typeOf,
} from "./descriptor";
import { EXIT_INPUT, begin, end, fail, putExpected } from "./fail";
import { drain, peek, take } from "./reader";
import { put, putInteger } from "./writer";

/** Whether stdin starts like an image. */
export function startsLikePnm(): bool {
  const kind = peek(1);
  return peek(0) == 0x50 && (kind == 0x35 || kind == 0x36) && isSpaceOrComment(peek(2));
}

@inline
function isSpace(byte: i32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

@inline
function isSpaceOrComment(byte: i32): bool {
  return isSpace(byte) || byte == 0x23;
}

function failImage(message: usize): void {
  fail(text("run/bad-input"), message);
}

/** The byte itself, or, if it starts a comment, the one that ends it. */
function skipComment(byte: i32): i32 {
  if (byte == 0x23) while (byte != 0x0a && byte >= 0) byte = take();
  return byte;
}

/** The next number of the header, with the white space or comment behind it. */
function takeNumber(): i32 {
  let byte = take();
  while (isSpaceOrComment(byte)) {
    skipComment(byte);
    byte = take();
  }
  let value = 0, digits = 0;
  for (; byte >= 0x30 && byte <= 0x39 && digits < 9; digits++) {
    value = value * 10 + byte - 0x30;
    byte = take();
  }
  if (digits == 0 || !isSpace(skipComment(byte))) {
    failImage(text("the header of the image is malformed"));
  }
  return value;
}

export function readPnm(descriptor: usize): void {
  take();
  const channels = take() == 0x36 ? 3 : 1;
  const width = takeNumber(), height = takeNumber(), maxval = takeNumber();
  if (maxval < 1 || maxval > 255) {
    failImage(text("the image has more than 8 bits per sample: its maxval must be 1 to 255"));
  }
  const port = portAt(descriptor, INPUTS, 0);
  demandFit(descriptor, port, width, height, channels);
  const planes = layoutOf(port) == LAYOUT_NCHW;
  const mean = load<f32>(descriptor, MEAN), scale = load<f32>(descriptor, SCALE);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < channels; c++) {
      const sample = takeSample(maxval);
      const index = planes ? c * width * height + pixel : pixel * channels + c;
      storePixel(port, index, sample, mean, scale);
    }
  }
  if (drain() > 0) failImage(text("there are bytes after the image's last pixel"));
}

/** The next sample, scaled to 0…255. */
function takeSample(maxval: i32): i32 {
  const sample = take();
  if (sample < 0) failImage(text("the image ends before its last pixel"));
  if (maxval == 255) return sample;
  return (min<i32>(sample, maxval) * 255 + (maxval >> 1)) / maxval;
}

function storePixel(port: usize, index: i32, sample: i32, mean: f32, scale: f32): void {
  const type = typeOf(port);
  const data = dataOf(port);
  if (type == F32) store<f32>(data + (<usize>index << 2), (<f32>sample - mean) * scale);
  else store<u8>(data + index, <u8>(type == I8 ? sample - 128 : sample));
}

function demandFit(descriptor: usize, port: usize, width: i32, height: i32, channels: i32): void {
  const type = typeOf(port);
  if (load<i32>(descriptor, INPUT_COUNT) != 1 || (type != F32 && type != I8 && type != U8)) {
    begin(text("run/wrong-dtype"));
    put(text("an image fits only a model with one input of type f32, i8 or u8"));
    end(EXIT_INPUT);
  }
  if (fits(port, width, height, channels)) return;
  begin(text("run/wrong-shape"));
  putExpected(port);
  put(text("; the image on stdin is "));
  putInteger(width);
  put(text(" wide, "));
  putInteger(height);
  put(text(" high, of "));
  putInteger(channels);
  put(channels == 1 ? text(" channel") : text(" channels"));
  end(EXIT_INPUT);
}

function fits(port: usize, width: i32, height: i32, channels: i32): bool {
  const layout = layoutOf(port);
  if (layout == LAYOUT_UNKNOWN || rankOf(port) != 4) {
    return <i64>width * <i64>height * channels == elementCount(port);
  }
  const first = layout == LAYOUT_NCHW ? 2 : 1;
  const channelAxis = layout == LAYOUT_NCHW ? 1 : 3;
  return dimOf(port, 0) == 1 && dimOf(port, first) == height && dimOf(port, first + 1) == width &&
    dimOf(port, channelAxis) == channels;
}
