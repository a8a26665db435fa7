/** @file The loader that writes code is small, and needs nothing. */

import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const LOADER_BYTES = 40_000;
const LOADER_GZIP_BYTES = 16_000;

test("the loader is small, and needs nothing", async () => {
  const input = new URL("../runtime/specialize/index.ts", import.meta.url).pathname;
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  expect(output).toHaveLength(1);
  const [{ code, imports }] = output;
  expect(imports).toEqual([]);
  expect(Buffer.byteLength(code)).toBeLessThanOrEqual(LOADER_BYTES);
  expect(gzipSync(code).length).toBeLessThanOrEqual(LOADER_GZIP_BYTES);
});
