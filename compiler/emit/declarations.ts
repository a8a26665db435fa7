/**
 * @file The `.d.ts` of a module: names and types of its inputs and outputs.
 *
 *     const model = await load<DigitsTypes>("digits.wasm");
 */

import type { Manifest, Port } from "../../core/abi.ts";
import type { DType } from "../../core/dtype.ts";

const ARRAYS: Readonly<Record<DType, string>> = {
  f32: "Float32Array",
  f64: "Float64Array",
  i8: "Int8Array",
  u8: "Uint8Array",
  i16: "Int16Array",
  u16: "Uint16Array",
  i32: "Int32Array",
  u32: "Uint32Array",
  i64: "BigInt64Array",
  u64: "BigUint64Array",
  i4: "Int8Array",
  u4: "Uint8Array",
  i2: "Int8Array",
  u2: "Uint8Array",
  bool: "Uint8Array",
};

export function declarationsOf({ name, inputs, outputs }: Manifest): string {
  return `// Types of the module "${comment(name)}", for load<${typeName(name)}>() of tritc/runtime.

export interface ${typeName(name)} {
  readonly inputs: {
${inputs.map(member).join("\n")}
  };
  readonly outputs: {
${outputs.map(member).join("\n")}
  };
}
`;
}

function member({ name, dtype, shape, layout }: Port): string {
  const note = `${dtype}[${shape.join(", ")}]${layout === undefined ? "" : ` ${layout}`}`;
  return `    /** ${note} */\n    readonly ${key(name)}: ${ARRAYS[dtype]};`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** `my-net 2` becomes `MyNet2Types`. */
function typeName(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(word => word !== "");
  const joined = words.map(word => word[0]!.toUpperCase() + word.slice(1)).join("");
  return `${/^[A-Za-z]/.test(joined) ? "" : "Model"}${joined}Types`;
}

function comment(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, " ");
}
