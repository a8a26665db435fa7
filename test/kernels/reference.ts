/**
 * @file What every kernel family computes, in the plainest form.
 *
 * The models take a kernel's own arguments and work on a scene's memory; only
 * weights and parameters come unpacked.
 */

import type { Scene } from "./scene.ts";

export type Element = "f32" | "i8" | "u8";

const f = Math.fround;

/** Reads one element. */
export function read(scene: Scene, element: Element, address: number): number {
  switch (element) {
    case "f32":
      return scene.view.getFloat32(address, true);
    case "i8":
      return scene.view.getInt8(address);
    case "u8":
      return scene.view.getUint8(address);
    default:
      return element satisfies never;
  }
}

/** Writes one element. */
export function write(scene: Scene, element: Element, address: number, value: number): void {
  if (element === "f32") scene.putF32(address, value);
  else scene.view.setInt8(address, value);
}

export function sizeOf(element: Element): number {
  return element === "f32" ? 4 : 1;
}

export interface Pixels {
  readonly x: number;
  readonly y: number;
  readonly rows: number;
  readonly cols: number;
  readonly xRow: number;
  readonly xCol: number;
  readonly yRow: number;
  readonly yCol: number;
}

/** Calls `visit` with the addresses of every output pixel and its window. */
export function forEachPixel(p: Pixels, visit: (window: number, pixel: number) => void): void {
  for (let row = 0; row < p.rows; row++) {
    for (let col = 0; col < p.cols; col++) {
      visit(p.x + row * p.xRow + col * p.xCol, p.y + row * p.yRow + col * p.yCol);
    }
  }
}

/** How a sum of products becomes an output. */
export interface Finish {
  readonly element: Element;
  readonly finish: (acc: number, channel: number) => number;
}

/** `addresses[k]` of x, relative to the window, meets `weight(channel, k)`. */
export interface Products {
  readonly element: "f32" | "i8";
  readonly channels: number;
  addresses(channel: number): readonly number[];
  weight(channel: number, k: number): number;
}

/** igemm and dwconv: sums of products in order of k, then `finish`. */
export function sumProducts(scene: Scene, pixels: Pixels, products: Products, out: Finish): void {
  forEachPixel(pixels, (window, pixel) => {
    for (let c = 0; c < products.channels; c++) {
      let acc = 0;
      for (const [k, address] of products.addresses(c).entries()) {
        const x = read(scene, products.element, window + address);
        const w = products.weight(c, k);
        acc = products.element === "f32" ? f(acc + f(x * w)) : (acc + Math.imul(x, w)) | 0;
      }
      write(scene, out.element, pixel + c * sizeOf(out.element), out.finish(acc, c));
    }
  });
}

export interface PoolArguments extends Pixels {
  readonly inH: number;
  readonly inW: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly channels: number;
}

/** Pooling: `finish` gets the values of each window that lie inside, in order. */
export function pool(
  scene: Scene,
  args: PoolArguments,
  element: "f32" | "i8",
  finish: (values: readonly number[]) => number,
): void {
  for (let row = 0; row < args.rows; row++) {
    for (let col = 0; col < args.cols; col++) {
      for (let c = 0; c < args.channels; c++) {
        const values: number[] = [];
        for (let ky = 0; ky < args.kh; ky++) {
          for (let kx = 0; kx < args.kw; kx++) {
            const h = row * args.strideH - args.padTop + ky * args.dilationH;
            const w = col * args.strideW - args.padLeft + kx * args.dilationW;
            if (h < 0 || h >= args.inH || w < 0 || w >= args.inW) continue;
            const address = args.x + h * args.xRow + w * args.xCol + c * sizeOf(element);
            values.push(read(scene, element, address));
          }
        }
        const pixel = args.y + row * args.yRow + col * args.yCol;
        write(scene, element, pixel + c * sizeOf(element), finish(values));
      }
    }
  }
}

export interface RowArguments {
  readonly rows: number;
  readonly n: number;
}

/** An operand of a row kernel: address, bytes from row to row, element type. */
export interface RowOperand {
  readonly at: number;
  readonly row: number;
  readonly element: Element;
}

/** Elementwise kernels over rows. */
export function mapRows(
  scene: Scene,
  { rows, n }: RowArguments,
  inputs: readonly RowOperand[],
  output: RowOperand,
  map: (...values: number[]) => number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < n; i++) {
      const values = inputs.map(({ at, row: step, element }) =>
        read(scene, element, at + row * step + i * sizeOf(element)),
      );
      const to = output.at + row * output.row + i * sizeOf(output.element);
      write(scene, output.element, to, map(...values));
    }
  }
}

/** Calls `visit` with the addresses of all operands for every index of four dimensions. */
export function forEachIndex(
  dims: readonly number[],
  operands: readonly { readonly at: number; readonly steps: readonly number[] }[],
  visit: (...addresses: number[]) => void,
): void {
  const [d0, d1, d2, d3] = dims as [number, number, number, number];
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        for (let l = 0; l < d3; l++) {
          const at = [i, j, k, l];
          visit(
            ...operands.map(o => o.at + at.reduce((sum, v, axis) => sum + v * o.steps[axis]!, 0)),
          );
        }
      }
    }
  }
}
