/** @file Reads one picture file as 8-bit pixels, row by row. */

import sharp, { type Sharp } from "sharp";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import { badFormat, messageOf, readBytes } from "./locate.ts";
import { isNetpbm, parseNetpbm } from "./netpbm.ts";

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Height × width × channels. */
  readonly data: Uint8Array;
}

export interface PictureOptions {
  /** Scales to exactly this size; default: the picture's own. */
  readonly resize?: { readonly height: number; readonly width: number } | undefined;
  /** Default: 1 for grey pictures, else 3. */
  readonly channels?: 1 | 3 | undefined;
}

/** Decodes a picture; transparency is laid on black. @throws file/unreadable, data/bad-format */
export async function readPicture(path: string, options: PictureOptions = {}): Promise<Picture> {
  return decodePicture(readBytes(path), path, options);
}

/** Decodes the bytes of a picture; `at` names it in messages. @throws data/bad-format */
export async function decodePicture(
  bytes: Uint8Array,
  at: string,
  { resize, channels }: PictureOptions = {},
): Promise<Picture> {
  try {
    const { source, grey } = await open(bytes, at);
    const flat = source.flatten({ background: "#000" });
    const sized = resize ? flat.resize(resize.width, resize.height, { fit: "fill" }) : flat;
    const wanted = channels ?? (grey ? 1 : 3);
    const { data, info } = await sized
      .toColourspace(wanted === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return { width, height, channels: wanted, data: firstChannels(data, info.channels, wanted) };
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw badFormat(at, "the picture cannot be decoded", {
      notes: [messageOf(error)],
      help: "give a PNG, JPEG, WebP, GIF, TIFF, PGM or PPM file",
    });
  }
}

/** The picture as its camera held it, and whether it is grey. */
async function open(
  bytes: Uint8Array,
  at: string,
): Promise<{ readonly source: Sharp; readonly grey: boolean }> {
  if (isNetpbm(bytes)) {
    const { data, ...raw } = parseNetpbm(bytes, at);
    return { source: sharp(data, { raw }), grey: raw.channels === 1 };
  }
  const { channels, space } = await sharp(bytes).metadata();
  const grey = space === "b-w" || space === "grey16" || (channels ?? 3) < 3;
  return { source: sharp(bytes).rotate(), grey };
}

function firstChannels(data: Uint8Array, stored: number, wanted: number): Uint8Array {
  if (stored === wanted) return new Uint8Array(data);
  const kept = new Uint8Array((data.length / stored) * wanted);
  for (let i = 0; i < kept.length; i++) {
    kept[i] = data[Math.floor(i / wanted) * stored + Math.min(i % wanted, stored - 1)]!;
  }
  return kept;
}
