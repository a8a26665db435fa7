/** @file Versions: of the format, and of the operator sets. */

import { ModelError, problem } from "../diagnostics/diagnostic.ts";
import type { ModelProto } from "./proto/onnx_pb.ts";

export const MIN_OPSET = 7;
export const MAX_OPSET = 25;
export const MAX_IR_VERSION = 13;

/** The domain of operators that ONNX Runtime adds. */
export const MICROSOFT = "com.microsoft";

/** The first opset of each IR version that a written model can have. */
const IR_VERSIONS: readonly (readonly [opset: number, irVersion: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [13, 7],
];

/** The lowest IR version whose readers know `opset`. */
export function irVersionOf(opset: number): number {
  return IR_VERSIONS.find(([first]) => opset >= first)?.[1] ?? 7;
}

/** `ai.onnx` is the long name of the standard domain. */
export function normalizeDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

/** The version of the standard operators. @throws onnx/unsupported-opset */
export function opsetOf(model: ModelProto): number {
  if (model.irVersion > MAX_IR_VERSION) {
    throw unsupported(`IR version ${model.irVersion} is newer than tritc reads`);
  }
  const standard = model.opsetImport.find(entry => normalizeDomain(entry.domain) === "");
  if (standard === undefined) throw unsupported("the model does not state its opset");
  const opset = Number(standard.version);
  if (opset < MIN_OPSET || opset > MAX_OPSET) {
    throw unsupported(`opset ${opset} is outside what tritc reads`);
  }
  return opset;
}

function unsupported(message: string): ModelError {
  return new ModelError(
    problem("onnx/unsupported-opset", message, {
      notes: [`tritc reads opsets ${MIN_OPSET} to ${MAX_OPSET}, IR versions to ${MAX_IR_VERSION}`],
      help: "export the model with opset 17, or convert it with onnx.version_converter",
    }),
  );
}
