/** @file What pools refuse. */

import { tensorOf } from "../../../core/tensor.ts";
import { i64, meaning, pool, q4, type Refusal, type Refusals, v, x4 } from "./operands.ts";

const windows: readonly Refusal[] = [
  [[v], pool, /expected an image with 4 dimensions, got f32\[2\]/],
  [[x4], { ...pool, kernel: [0, 2] }, /integers above 0, got \[0,2\]/],
  [[x4], { ...pool, strides: [1.5, 1] }, /integers above 0/],
  [[x4], { ...pool, pads: [0, 0, 0, -1] }, /four pads of at least 0, got \[0,0,0,-1\]/],
  [[x4], { ...pool, kernel: [6, 2] }, /a window of 6×2 does not fit into 5×5 padded by/],
  [[x4], { ...pool, pads: [0, 2, 0, 0] }, /window 0 along width holds nothing but padding/],
  [[x4], { ...pool, pads: [0, 0, 2, 0] }, /window 5 along height holds nothing but padding/],
];

export const pools = {
  "max-pool": [
    ...windows,
    [[i64], pool, /expected x of type f32 or i8 or u8/],
    [
      [
        {
          tensor: tensorOf("i8", [1, 1, 2, 2], [1, 2, 3, 4]),
          quantization: { ...meaning, axis: 1 },
        },
      ],
      pool,
      /one scale for the whole/,
    ],
  ],
  "average-pool": [
    ...windows,
    [[q4], { ...pool, countIncludePad: true }, /expected x of type f32/],
  ],
} satisfies Partial<Refusals>;
