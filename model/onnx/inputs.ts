/**
 * @file The graph's inputs, with every dimension a number.
 *
 * A symbolic first dimension is the batch: it is bound to `batch`, or to 1
 * where no batch is given. The same symbol elsewhere gets the same number. Any
 * other symbol is an error.
 */

import type { DType } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import { type Diagnostic, ModelError, problem } from "../diagnostics/diagnostic.ts";
import { dtypeOfElementType, elementTypeName } from "./element-type.ts";
import type {
  GraphProto,
  TensorShapeProto_Dimension,
  TypeProto_Tensor,
  ValueInfoProto,
} from "./proto/onnx_pb.ts";

export interface ModelInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** @throws onnx/dynamic-shape, onnx/unsupported-type: for all inputs at once */
export function resolveInputs(graph: GraphProto, batch: number | undefined): readonly ModelInput[] {
  const defaults = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !defaults.has(name));
  const symbols = batchSymbols(inputs, batch ?? 1);
  const found: Diagnostic[] = [];
  const resolved = inputs.flatMap(input => {
    const result = resolveInput(input, symbols, batch ?? 1);
    if (!("code" in result)) return [result];
    found.push(result);
    return [];
  });
  if (batch !== undefined && found.length === 0) found.push(...fixedBatch(resolved, batch));
  if (found.length > 0) throw new ModelError(...found);
  return resolved;
}

function tensorTypeOf(input: ValueInfoProto): TypeProto_Tensor | undefined {
  const type = input.type?.value;
  return type?.case === "tensorType" ? type.value : undefined;
}

function symbolOf(dim: TensorShapeProto_Dimension): string | undefined {
  if (dim.value.case === "dimParam") return dim.value.value;
  return dim.value.case === "dimValue" && dim.value.value >= 0 ? undefined : "";
}

/** The symbols that name the batch, with its size. */
function batchSymbols(
  inputs: readonly ValueInfoProto[],
  batch: number,
): ReadonlyMap<string, number> {
  const symbols = new Map<string, number>();
  for (const input of inputs) {
    const first = tensorTypeOf(input)?.shape?.dim[0];
    const symbol = first === undefined ? undefined : symbolOf(first);
    if (symbol !== undefined && symbol !== "") symbols.set(symbol, batch);
  }
  return symbols;
}

function resolveInput(
  input: ValueInfoProto,
  symbols: ReadonlyMap<string, number>,
  batch: number,
): ModelInput | Diagnostic {
  const at = `input "${input.name}"`;
  const type = tensorTypeOf(input);
  const dtype = dtypeOfElementType(type?.elemType ?? 0);
  if (type === undefined || dtype === undefined) {
    const what = type === undefined ? "not a tensor" : `of type ${elementTypeName(type.elemType)}`;
    return problem("onnx/unsupported-type", `the input is ${what}`, {
      at,
      help: "export the model with float, integer or boolean tensors as inputs",
    });
  }
  if (type.shape === undefined) {
    return problem("onnx/dynamic-shape", "the input has no shape", {
      at,
      help: "export the model with fixed input shapes",
    });
  }
  const dims = type.shape.dim.map((dim, axis) => sizeOf(dim, axis, symbols, batch));
  const open = dims.flatMap((dim, axis) => (typeof dim === "number" ? [] : [{ dim, axis }]));
  if (open.length === 0) return { name: input.name, dtype, shape: dims as number[] };
  return problem("onnx/dynamic-shape", "the input's shape is not fixed", {
    at,
    notes: open.map(({ dim, axis }) => `dimension ${axis} is ${dim === "" ? "open" : `"${dim}"`}`),
    help: "export the model with fixed input shapes; only the first dimension, the batch, may be open (--batch N)",
  });
}

/** The number, or the symbol that has none. */
function sizeOf(
  dim: TensorShapeProto_Dimension,
  axis: number,
  symbols: ReadonlyMap<string, number>,
  batch: number,
): number | string {
  const symbol = symbolOf(dim);
  if (symbol === undefined) return Number(dim.value.value);
  return symbols.get(symbol) ?? (axis === 0 ? batch : symbol);
}

/** A batch was asked for: some input must have it. */
function fixedBatch(inputs: readonly ModelInput[], batch: number): Diagnostic[] {
  if (inputs.length === 0 || inputs.some(({ shape }) => shape[0] === batch)) return [];
  const shapes = inputs.map(({ name, shape }) => `input "${name}" is [${shape.join(",")}]`);
  return [
    problem("onnx/dynamic-shape", `the model's batch is fixed and is not ${batch}`, {
      at: `input "${inputs[0]!.name}"`,
      notes: shapes,
      help: "leave out --batch, or export the model with a symbolic first dimension",
    }),
  ];
}
