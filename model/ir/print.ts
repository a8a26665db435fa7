/**
 * @file The text form of a graph; `parse.ts` reads it back.
 *
 *     graph tiny(%0 image: f32[1,4]) {
 *       metadata labels = "cat, dog"
 *       %1 = const i2[4,2]{axis=1, scales=[0.5, 0.25], zeroPoints=[0, 0]}(1, 0, …)  // fc.weight
 *       %2 = const f32[64,64] #4d1a3f0c5b7e9a21 zeros=0.50
 *       %3 = gemm %0, %1 {alpha=1, beta=1, clamp={max=inf, min=0}, …} : f32[1,2]  // fc
 *       return logits = %3
 *     }
 *
 * Constants of up to 16 elements stand in the text, larger ones by content
 * hash. What follows `//` is a node's name; an input is named as its port
 * unless `as` says otherwise. Attributes are sorted, so equal graphs have
 * equal texts.
 */

import { hashOf } from "../../core/hash.ts";
import { isTensor, type Tensor } from "../../core/tensor.ts";
import { sparsityOf } from "../../core/ternary.ts";
import { type Graph, type Node, nodeAt, type TensorQuantization, type ValueType } from "./graph.ts";

/** Larger tensors are printed by their hash. */
const INLINE_ELEMENTS = 16;
/** Words that need no quotes; `//` begins a name and `%` an id. */
export const BARE_WORD = /[A-Za-z_](?:[\w.-]|[:/](?=\w))*/;
const WHOLE_WORD = new RegExp(`^${BARE_WORD.source}$`);
const RESERVED = ["true", "false", "inf", "nan"];

export function printGraph(graph: Graph): string {
  const inputs = graph.inputs.map(id => printInput(nodeAt(graph, id) as Node<"input">));
  const metadata = Object.entries(graph.metadata).map(
    ([key, value]) => `  metadata ${word(key)} = ${JSON.stringify(value)}`,
  );
  const nodes = graph.nodes.filter(node => !graph.inputs.includes(node.id)).map(printNode);
  const outputs = graph.outputs.map(({ name, id }) => `${word(name)} = %${id}`);
  const lines = [
    `graph ${word(graph.name)}(${inputs.join(", ")}) {`,
    ...metadata,
    ...nodes.map(line => `  ${line}`),
    `  return ${outputs.join(", ")}`,
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** One line, as it stands in the text of the graph. */
export function printNode(node: Node): string {
  const name = node.name === undefined ? "" : `  // ${printName(node.name)}`;
  return `%${node.id} = ${printComputation(node)}${name}`;
}

/** The tensors that the text names by hash, for `parseGraph`. */
export function constantsOf(graph: Graph): ReadonlyMap<string, Tensor> {
  const tensors = graph.nodes.flatMap(node => tensorsIn(node.attrs));
  return new Map(tensors.map(t => [hashOf(t), t]));
}

function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

/** `f32[1,64]`, or `i8[1,8]{0.5, -128}`, or `i8[4,9]{axis=0, scales=[…], zeroPoints=[…]}`. */
export function printType({ dtype, shape, quantization }: ValueType): string {
  const meaning = quantization === undefined ? "" : printQuantization(quantization);
  return `${dtype}[${shape.join(",")}]${meaning}`;
}

function printQuantization(quantization: TensorQuantization): string {
  const { scales, zeroPoints, axis } = quantization;
  if (axis !== undefined || scales.length !== 1) return printValue(quantization);
  return `{${printNumber(scales[0]!)}, ${printNumber(zeroPoints[0]!)}}`;
}

function printInput({ id, attrs, name }: Node<"input">): string {
  const own = name === undefined ? " as _" : ` as ${JSON.stringify(name)}`;
  return `%${id} ${word(attrs.name)}${name === attrs.name ? "" : own}: ${printType(attrs)}`;
}

function printComputation(node: Node): string {
  if (node.kind === "const") return printConstant(node);
  const operands = node.inputs.map(id => ` %${id}`).join(",");
  const attrs = printValue(node.attrs);
  return `${node.kind}${operands}${attrs === "{}" ? "" : ` ${attrs}`} : ${printType(node.type)}`;
}

function printConstant({ attrs, type }: Node<"const">): string {
  return `const ${printType(type)}${printData(attrs.tensor)}`;
}

function printData(t: Tensor): string {
  if (t.data.length > INLINE_ELEMENTS) {
    return ` #${hashOf(t)} zeros=${sparsityOf(t.data).toFixed(2)}`;
  }
  return `(${Array.from(t.data as ArrayLike<number | bigint>, printElement(t)).join(", ")})`;
}

function printElement({ dtype }: Tensor): (value: number | bigint) => string {
  return value => {
    if (typeof value === "bigint") return value.toString();
    return dtype === "f32" ? shortest(value) : printNumber(value);
  };
}

/** The fewest digits that give the same f32. */
function shortest(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return printNumber(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

function printNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** An attribute: number, boolean, word, list, record or tensor. */
function printValue(value: unknown): string {
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return word(value);
  if (Array.isArray(value)) return `[${value.map(printValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (isTensor(value)) return `${value.dtype}[${value.shape.join(",")}]${printData(value)}`;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${key}=${printValue(entry)}`).join(", ")}}`;
}

function word(text: string): string {
  return WHOLE_WORD.test(text) && !RESERVED.includes(text) ? text : JSON.stringify(text);
}

/** Names end their line: they need quotes only where the text could be read otherwise. */
function printName(name: string): string {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('"')
    ? name
    : JSON.stringify(name);
}
