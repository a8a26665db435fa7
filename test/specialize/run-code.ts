/** @file Runs generated functions in a module of nothing else. */

import type { CodeFunction } from "../../compiler/specialize/convolution.ts";

type Entry = (x: number, y: number, z: number, p: number, m: number, s: number) => void;

/** Compiles `functions` over `memory`. */
export function instantiate(
  functions: readonly CodeFunction[],
  memory: WebAssembly.Memory,
): readonly Entry[] {
  const names = functions.map((_, i) => `f${i}`);
  const bytes = new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 6, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0]),
    ...section(2, [1, ...text("e"), ...text("m"), 2, 0, 1]),
    ...section(3, [...size(functions.length), ...functions.map(() => 0)]),
    ...section(7, [
      ...size(names.length),
      ...names.flatMap((name, i) => [...text(name), 0, ...size(i)]),
    ]),
    ...section(10, [
      ...size(functions.length),
      ...functions.flatMap(({ body }) => [...size(body.length), ...body]),
    ]),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    e: { m: memory },
  });
  return names.map(name => exports[name] as Entry);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...size(content.length), ...content];
}

function text(word: string): number[] {
  return [word.length, ...new TextEncoder().encode(word)];
}

function size(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...size(value >>> 7)];
}
