/** @file Reads words, numbers and values of the graph's text form, one line at a time. */

import { allocate, type DType, isBig, isDType } from "../../core/dtype.ts";
import { elementCount, type Shape, sameShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { ModelError, problem } from "../diagnostics/diagnostic.ts";
import type { NodeId, TensorQuantization, ValueType } from "./graph.ts";
import { BARE_WORD } from "./print.ts";

const NUMBER = /-?(?:inf|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|nan/;
const STRING = /"(?:[^"\\]|\\.)*"/;
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false };

/** A place in one line of the text. Every `@throws` is `graph/parse` via ModelError. */
export class Scanner {
  readonly #text: string;
  readonly #line: number;
  readonly #constants: ReadonlyMap<string, Tensor>;
  #position = 0;

  constructor(text: string, line: number, constants: ReadonlyMap<string, Tensor>) {
    this.#text = text;
    this.#line = line;
    this.#constants = constants;
  }

  /** Whether only blanks are left. */
  get done(): boolean {
    this.#skipBlanks();
    return this.#position === this.#text.length;
  }

  /** Where the next token begins, counted from 1. */
  get column(): number {
    this.#skipBlanks();
    return this.#position + 1;
  }

  fail(message: string, column = this.column): never {
    const at = `${this.#line}:${column}`;
    throw new ModelError(problem("graph/parse", message, { at }));
  }

  /** Whether `token` comes next. */
  at(token: string): boolean {
    this.#skipBlanks();
    return this.#text.startsWith(token, this.#position);
  }

  /** Takes `token` if it comes next. */
  accept(token: string): boolean {
    if (!this.at(token)) return false;
    this.#position += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) this.fail(`expected "${token}", got ${this.#upcoming()}`);
  }

  /** Calls `item` until `close`, with commas between. */
  list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.accept(close)) return items;
    do items.push(item());
    while (this.accept(","));
    this.expect(close);
    return items;
  }

  /** A bare or quoted word. */
  word(what: string): string {
    return this.#word() ?? this.fail(`expected ${what}, got ${this.#upcoming()}`);
  }

  /** `%12` */
  id(): NodeId {
    const digits = this.#take(/%\d+/) ?? this.fail(`expected an id, got ${this.#upcoming()}`);
    return Number(digits.slice(1)) as NodeId;
  }

  /** What stands behind `//`, to the end of the line. */
  name(): string | undefined {
    if (!this.accept("//")) return undefined;
    this.#skipBlanks();
    const start = this.#position;
    const rest = this.#text.slice(start).trimEnd();
    this.#position = this.#text.length;
    return rest.startsWith('"') ? this.#unquote(rest, start) : rest;
  }

  type(): ValueType {
    const dtype = this.#dtype();
    const shape = this.#shape();
    if (!this.accept("{")) return { dtype, shape };
    return { dtype, shape, quantization: this.#quantization() };
  }

  /** The elements of a tensor of a known type: in parentheses, or a hash. */
  data({ dtype, shape }: ValueType): Tensor {
    const { column } = this;
    const hash = this.#take(/#[0-9a-f]+/);
    if (hash === undefined) return this.#elements(dtype, shape, column);
    if (this.accept("zeros=")) this.#number();
    const found = this.#constants.get(hash.slice(1));
    if (found === undefined) this.fail(`no constant has the hash ${hash}`, column);
    const same = found.dtype === dtype && sameShape(found.shape, shape);
    if (!same) {
      this.fail(
        `constant ${hash} is ${found.dtype}[${found.shape}], not ${dtype}[${shape}]`,
        column,
      );
    }
    return found;
  }

  /** `{key=value, …}` behind its opening brace. */
  record(): Record<string, unknown> {
    const entries = this.list("}", () => {
      const key = this.word("a key");
      this.expect("=");
      return [key, this.value()] as const;
    });
    return Object.fromEntries(entries);
  }

  value(): unknown {
    if (this.accept("[")) return this.list("]", () => this.value());
    if (this.accept("{")) return this.record();
    const number = this.#take(NUMBER, /(?![\w.])/);
    if (number !== undefined) return toNumber(number);
    const quoted = this.#quoted();
    if (quoted !== undefined) return quoted;
    const word = this.#take(BARE_WORD);
    if (word === undefined) this.fail(`expected a value, got ${this.#upcoming()}`);
    if (isDType(word) && this.#text[this.#position] === "[") {
      return this.data({ dtype: word, shape: this.#shape() });
    }
    return Object.hasOwn(WORDS, word) ? WORDS[word] : word;
  }

  #dtype(): DType {
    const { column } = this;
    const word = this.word("an element type");
    return isDType(word) ? word : this.fail(`"${word}" is not an element type`, column);
  }

  #shape(): Shape {
    this.expect("[");
    return this.list("]", () => this.#number());
  }

  /** `{scale, zeroPoint}` or `{axis=…, means=[…], scales=[…], zeroPoints=[…]}`, behind the brace. */
  #quantization(): TensorQuantization {
    this.#skipBlanks();
    if (/^(?:[-\d]|(?:inf|nan)\b)/.test(this.#text.slice(this.#position))) {
      const scale = this.#number();
      this.expect(",");
      const zeroPoint = this.#number();
      this.expect("}");
      return { scales: [scale], zeroPoints: [zeroPoint] };
    }
    const { column } = this;
    const { axis, means, scales, zeroPoints, ...rest } = this.record();
    const valid =
      isNumbers(scales) &&
      isNumbers(zeroPoints) &&
      (axis === undefined || typeof axis === "number") &&
      (means === undefined || isNumbers(means)) &&
      Object.keys(rest).length === 0;
    if (!valid) this.fail("expected {axis=…, means=[…], scales=[…], zeroPoints=[…]}", column);
    return {
      scales,
      zeroPoints,
      ...(axis === undefined ? {} : { axis: axis as number }),
      ...(means === undefined ? {} : { means: means as readonly number[] }),
    };
  }

  #elements(dtype: DType, shape: Shape, column: number): Tensor {
    this.expect("(");
    const values = this.list(")", () => this.#digits());
    const count = elementCount(shape);
    if (values.length !== count) {
      this.fail(`${values.length} elements do not fill ${dtype}[${shape}]`, column);
    }
    const data = allocate(dtype, count);
    for (const [i, text] of values.entries()) {
      const integer = isBig(dtype) && /^-?\d+$/.test(text);
      if (isBig(dtype) && !integer) this.fail(`"${text}" is not an integer`, column);
      (data as unknown as (number | bigint)[])[i] = integer ? BigInt(text) : toNumber(text);
    }
    return { dtype, shape, data };
  }

  #number(): number {
    return toNumber(this.#digits());
  }

  #digits(): string {
    return this.#take(NUMBER) ?? this.fail(`expected a number, got ${this.#upcoming()}`);
  }

  #word(): string | undefined {
    return this.#quoted() ?? this.#take(BARE_WORD);
  }

  #quoted(): string | undefined {
    this.#skipBlanks();
    const start = this.#position;
    const quoted = this.#take(STRING);
    return quoted === undefined ? undefined : this.#unquote(quoted, start);
  }

  #unquote(text: string, start: number): string {
    try {
      return JSON.parse(text) as string;
    } catch {
      return this.fail(`${text} is not a JSON string`, start + 1);
    }
  }

  #take(pattern: RegExp, lookahead = /(?:)/): string | undefined {
    this.#skipBlanks();
    const sticky = new RegExp(`(?:${pattern.source})${lookahead.source}`, "y");
    sticky.lastIndex = this.#position;
    const found = sticky.exec(this.#text)?.[0];
    this.#position += found?.length ?? 0;
    return found;
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text[this.#position] ?? "")) this.#position++;
  }

  #upcoming(): string {
    const rest = this.#text.slice(this.#position).trim();
    return rest === "" ? "the end of the line" : `"${rest.slice(0, 20)}"`;
  }
}

function toNumber(text: string): number {
  if (text === "nan") return Number.NaN;
  return Number(text.replace("inf", "Infinity"));
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(item => typeof item === "number");
}
