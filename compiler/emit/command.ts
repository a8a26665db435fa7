/**
 * @file The descriptor that tells the shell of a WASI command about the model.
 *
 * **Layout:** docs/wasi.md. It lies behind the arena, with the shell's scratch
 * area after it.
 */

import type { Port, Preprocess } from "../../core/abi.ts";
import type { DType } from "../../core/dtype.ts";
import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import { alignUp, BLOCK_ALIGNMENT, type PlannedPort } from "../plan/plan.ts";

const HEADER_BYTES = 40;
const PORT_BYTES = 32;
const LABEL_BYTES = 8;
/** The shell formats and parses in pieces of this size. */
const SCRATCH_BYTES = 16384;
const DTYPE_NUMBERS: Partial<Record<DType, number>> = { f32: 0, i8: 1, u8: 2, i32: 3, i64: 4 };
const LAYOUT_NUMBERS = { nchw: 1, nhwc: 2 } as const;

export interface CommandShell {
  readonly address: number;
  readonly data: Uint8Array;
}

/** What the shell needs to know of a model. */
export interface CommandFacts {
  readonly inputs: readonly PlannedPort[];
  readonly outputs: readonly PlannedPort[];
  readonly labels: readonly string[];
  readonly preprocess?: Preprocess;
}

/** Bytes behind the arena that the shell takes: descriptor, texts and scratch. */
export function shellBytes(ports: readonly NamedShape[], labels: readonly string[]): number {
  const { header, texts } = sizesOf(ports, labels);
  return alignUp(header + texts, BLOCK_ALIGNMENT) + SCRATCH_BYTES;
}

type NamedShape = Pick<Port, "name" | "shape">;

function sizesOf(ports: readonly NamedShape[], labels: readonly string[]) {
  const dims = ports.reduce((sum, { shape }) => sum + shape.length * 4, 0);
  const header = HEADER_BYTES + ports.length * PORT_BYTES + labels.length * LABEL_BYTES + dims;
  const texts = [...ports.map(({ name }) => name), ...labels];
  return { header, texts: texts.reduce((sum, text) => sum + utf8(text).length, 0) };
}

/** The descriptor as it lies at `address`. */
export function commandShell(facts: CommandFacts, address: number): CommandShell {
  const ports = [...facts.inputs, ...facts.outputs].map(({ port }) => port);
  const { header, texts } = sizesOf(ports, facts.labels);
  const data = new Uint8Array(header + texts);
  new DescriptorWriter(data, address, header).write(facts);
  return { address, data };
}

class DescriptorWriter {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  readonly #address: number;
  /** Next free byte of the fixed part, and of the texts behind it. */
  #fixed = HEADER_BYTES;
  #text: number;

  constructor(data: Uint8Array, address: number, textStart: number) {
    this.#data = data;
    this.#view = new DataView(data.buffer);
    this.#address = address;
    this.#text = textStart;
  }

  write({ inputs, outputs, labels, preprocess }: CommandFacts): void {
    const scratch = alignUp(this.#address + this.#data.length, BLOCK_ALIGNMENT);
    this.#ints(0, inputs.length, this.#ports(inputs), outputs.length, this.#ports(outputs));
    this.#ints(16, labels.length, this.#labels(labels));
    this.#view.setFloat32(24, preprocess?.mean ?? 0, true);
    this.#view.setFloat32(28, preprocess?.scale ?? 1, true);
    this.#ints(32, scratch, SCRATCH_BYTES);
  }

  /** Writes ports one after the other; returns their address. */
  #ports(ports: readonly PlannedPort[]): number {
    const start = this.#reserve(ports.length * PORT_BYTES);
    for (const [index, { port, address }] of ports.entries()) {
      const { name, dtype, shape, layout } = port;
      const number = DTYPE_NUMBERS[dtype];
      if (number === undefined) throw unsupported(port);
      const dims = this.#reserve(shape.length * 4);
      this.#ints(dims, ...shape);
      const channels = layout === undefined ? 0 : LAYOUT_NUMBERS[layout];
      const at = start + index * PORT_BYTES;
      const text = this.#writeText(name);
      this.#ints(at, ...text, number, shape.length, this.#address + dims, address, channels, 0);
    }
    return this.#address + start;
  }

  #labels(labels: readonly string[]): number {
    const start = this.#reserve(labels.length * LABEL_BYTES);
    for (const [index, label] of labels.entries()) {
      this.#ints(start + index * LABEL_BYTES, ...this.#writeText(label));
    }
    return this.#address + start;
  }

  /** Address and length of `text`, which is written. */
  #writeText(text: string): readonly [number, number] {
    const bytes = utf8(text);
    const at = this.#text;
    this.#data.set(bytes, at);
    this.#text += bytes.length;
    return [this.#address + at, bytes.length];
  }

  #reserve(bytes: number): number {
    const at = this.#fixed;
    this.#fixed += bytes;
    return at;
  }

  #ints(at: number, ...values: readonly number[]): void {
    for (const [i, value] of values.entries()) this.#view.setInt32(at + i * 4, value, true);
  }
}

function unsupported({ name, dtype }: Port): ModelError {
  return new ModelError(
    problem("compile/unsupported", `a command cannot read or write ${dtype}`, {
      at: `"${name}"`,
      notes: [`it takes and gives ${Object.keys(DTYPE_NUMBERS).join(", ")}`],
      help: "compile for another target, or export the model with another type here",
    }),
  );
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
