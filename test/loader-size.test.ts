/** @file The generator of code, and the loader that it runs in, are small and need nothing. */

import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

test.each([
  { what: "generator", path: "compiler/specialize/convolution.ts", bytes: 40_960, gzip: 15_000 },
  { what: "loader", path: "runtime/specialize/index.ts", bytes: 56_000, gzip: 21_000 },
])("the $what is small, and needs nothing", async ({ path, bytes, gzip }) => {
  const input = new URL(`../${path}`, import.meta.url).pathname;
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  expect(output).toHaveLength(1);
  const [{ code, imports }] = output;
  expect(imports).toEqual([]);
  expect(Buffer.byteLength(code)).toBeLessThanOrEqual(bytes);
  expect(gzipSync(code).length).toBeLessThanOrEqual(gzip);
});
