/**
 * @file Generates model/onnx/proto/onnx_pb.ts from onnx.proto beside it.
 *
 * Run as a program it writes the file; a test calls `generateProto` and
 * compares. Works offline: `buf` and its plugin are development dependencies.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "node_modules/.bin");
const SOURCE = join(ROOT, "model/onnx/proto");
export const GENERATED_PROTO = join(SOURCE, "onnx_pb.ts");

/** The text of the generated file. */
export function generateProto(): string {
  const folder = mkdtempSync(join(tmpdir(), "tritc-proto-"));
  try {
    const template = JSON.stringify({
      version: "v2",
      plugins: [
        {
          local: join(BIN, "protoc-gen-es"),
          out: folder,
          opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
        },
      ],
    });
    execFileSync(join(BIN, "buf"), ["generate", SOURCE, "--template", template], {
      cwd: folder,
      env: { ...process.env, BUF_CACHE_DIR: folder },
    });
    return readFileSync(join(folder, "onnx_pb.ts"), "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(GENERATED_PROTO, generateProto());
}
