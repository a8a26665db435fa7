/**
 * @file Random changes of training images: shifts and mirror images.
 *
 * A sample's change depends on the seed, the epoch and the sample alone, not
 * on its place in a batch.
 */

import { Random } from "../../core/random.ts";
import { extentOf, type Samples } from "./samples.ts";

export interface Augmentation {
  /** Moves the image by up to this many pixels along each axis; 0 for none. */
  readonly shift: number;
  /** Mirrors half of the images left to right. */
  readonly flip: boolean;
  /** The stored value that moves in from the edges. */
  readonly fill: number;
}

/** Writes `source`, changed by the stream that `stream` names, into `target`. */
export function augmentInto(
  target: Uint8Array | Int8Array,
  source: Uint8Array | Int8Array,
  samples: Pick<Samples, "shape" | "order">,
  { shift, flip, fill }: Augmentation,
  [seed, ...path]: readonly (number | string)[],
): void {
  if (shift === 0 && !flip) {
    target.set(source);
    return;
  }
  const random = new Random(seed as number, ...path);
  const down = random.integer(-shift, shift);
  const right = random.integer(-shift, shift);
  const mirrored = flip && random.integer(0, 1) === 1;
  move(target, source, samples, down, right, mirrored, fill);
}

function move(
  target: Uint8Array | Int8Array,
  source: Uint8Array | Int8Array,
  samples: Pick<Samples, "shape" | "order">,
  down: number,
  right: number,
  mirrored: boolean,
  fill: number,
): void {
  const { height, width, channels } = extentOf(samples);
  const planar = samples.order === "chw";
  const [planes, pixel] = planar ? [channels, 1] : [1, channels];
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < height; y++) {
      const fromRow = (plane * height + (y - down)) * width * pixel;
      const toRow = (plane * height + y) * width * pixel;
      const inside = y - down >= 0 && y - down < height;
      for (let x = 0; x < width; x++) {
        const at = x - right;
        const from = mirrored ? width - 1 - at : at;
        const valid = inside && at >= 0 && at < width;
        for (let c = 0; c < pixel; c++) {
          target[toRow + x * pixel + c] = valid ? source[fromRow + from * pixel + c]! : fill;
        }
      }
    }
  }
}
