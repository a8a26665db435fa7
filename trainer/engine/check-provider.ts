/** @file Finds out before anything else whether an execution provider of ONNX Runtime starts. */

import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import { CPU, openSession, type Runtime } from "./runtime-session.ts";

/** Loads a model of one addition on `provider`. @throws train/no-engine via UsageError */
export async function checkProvider(
  runtime: Runtime,
  name: string,
  provider: string,
): Promise<void> {
  if (provider === CPU) return;
  try {
    const session = await openSession(runtime, addition(), { threads: 1, provider });
    await session.release();
  } catch (error) {
    const reason = (error as Error).message.split("\n", 1)[0]!;
    throw new UsageError(
      problem("train/no-engine", `the execution provider "${provider}" does not start`, {
        at: `${name} ${runtime.env.versions.common ?? ""}`.trim(),
        notes: [reason, `known to this package: ${providersOf(runtime).join(", ")}`],
        help: 'set provider to "cpu", or install what that provider needs',
      }),
    );
  }
}

/** Those that need more software or hardware are among them. */
function providersOf(runtime: Runtime): readonly string[] {
  const listed = runtime as { listSupportedBackends?: () => readonly { name: string }[] };
  return listed.listSupportedBackends?.().map(({ name }) => name) ?? ["cpu", "webgpu"];
}

function addition(): Uint8Array {
  const b = graphBuilder();
  const x = b.input("x", "f32", [1]);
  return writeOnnx(b.finish("addition", [{ name: "y", id: b.add("add", [x, x], {}) }]));
}
