/**
 * @file Writes the instructions of one WebAssembly function as bytes.
 *
 * Only what generated code needs. **Source:** WebAssembly core specification
 * 2.0, §5.4 (binary format of instructions).
 */

const VECTOR_PREFIX = 0xfd;
const VALUE_I32 = 0x7f;
const VALUE_V128 = 0x7b;
const VOID_BLOCK = 0x40;
/** log2 of the alignment promised for loads and stores; a hint that costs nothing when wrong. */
const ALIGNMENT = 0;

export class CodeWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** The function body: locals of the two types, then what was written, then `end`. */
  finish(counts: { readonly i32: number; readonly v128: number }): Uint8Array {
    const locals = new CodeWriter();
    locals.#unsigned(2);
    locals.#unsigned(counts.i32);
    locals.#byte(VALUE_I32);
    locals.#unsigned(counts.v128);
    locals.#byte(VALUE_V128);
    const head = locals.#bytes.subarray(0, locals.#length);
    const body = new Uint8Array(head.length + this.#length + 1);
    body.set(head);
    body.set(this.#bytes.subarray(0, this.#length), head.length);
    body[body.length - 1] = 0x0b;
    return body;
  }

  get(local: number): this {
    return this.#plain(0x20, local);
  }

  set(local: number): this {
    return this.#plain(0x21, local);
  }

  tee(local: number): this {
    return this.#plain(0x22, local);
  }

  constant(value: number): this {
    this.#byte(0x41);
    this.#signed(value);
    return this;
  }

  /** local += amount */
  advance(local: number, amount: number): this {
    return amount === 0 ? this : this.point(local, local, amount);
  }

  /** local = from + offset */
  point(local: number, from: number, offset: number): this {
    return this.get(from).constant(offset).addIntegers().set(local);
  }

  /** The sum of the two i32 on top. */
  addIntegers(): this {
    this.#byte(0x6a);
    return this;
  }

  /** The low half of the i32 on top, or the high one, unsigned. */
  halfInteger(half: number): this {
    this.constant(half === 0 ? 0xffff : 16).#byte(half === 0 ? 0x71 : 0x76);
    return this;
  }

  /** Pushes the i32 at (top of stack) + offset. */
  loadInteger(offset: number): this {
    this.#byte(0x28);
    this.#unsigned(ALIGNMENT);
    this.#unsigned(offset);
    return this;
  }

  /** Pushes the u16 at (top of stack) + offset. */
  loadWord16(offset: number): this {
    this.#byte(0x2f);
    this.#unsigned(ALIGNMENT);
    this.#unsigned(offset);
    return this;
  }

  /** Runs `body` as long as address `local`, which it moves, is below that in `end`. */
  loopBelow(local: number, end: number, body: () => void): this {
    const isBelow = (): void => this.get(local).get(end).#byte(0x49);
    isBelow();
    this.#byte(0x04, VOID_BLOCK);
    this.#byte(0x03, VOID_BLOCK);
    body();
    isBelow();
    this.#byte(0x0d, 0);
    this.#byte(0x0b);
    this.#byte(0x0b);
    return this;
  }

  /** Runs `body` `count` times; `counter` is a free i32 local. */
  loop(counter: number, count: number, body: () => void): this {
    if (count === 1) {
      body();
      return this;
    }
    this.constant(count).set(counter);
    this.#byte(0x03, VOID_BLOCK);
    body();
    this.get(counter).constant(-1).addIntegers();
    this.tee(counter).#byte(0x0d, 0);
    this.#byte(0x0b);
    return this;
  }

  /** Pushes the vector at (top of stack) + offset. */
  load(offset: number): this {
    return this.#memory(0x00, offset);
  }

  /** Pushes the i16 at (top of stack) + offset in all lanes. */
  loadSplat(offset: number): this {
    return this.#memory(0x08, offset);
  }

  /** Pushes the i32 at (top of stack) + offset in all four wide lanes. */
  loadSplatWide(offset: number): this {
    return this.#memory(0x09, offset);
  }

  /** Stores the vector on top at (below it) + offset. */
  store(offset: number): this {
    return this.#memory(0x0b, offset);
  }

  /** Stores 64 bits of the vector on top, lower or upper. */
  storeHalf(offset: number, half: 0 | 1): this {
    this.#memory(0x5b, offset);
    this.#byte(half);
    return this;
  }

  /** Pushes a vector of zeros. */
  zero(): this {
    this.#byte(VECTOR_PREFIX, 0x0c, ...new Array<number>(16).fill(0));
    return this;
  }

  /** A vector instruction that takes its operands from the stack, and nothing else: one of vector-ops.ts. */
  vector(op: number): this {
    this.#byte(VECTOR_PREFIX);
    this.#unsigned(op);
    return this;
  }

  /** i8x16.shuffle of the two on top: `lanes` are 16 byte indices, from 16 on of the upper. */
  shuffle(lanes: readonly number[]): this {
    this.#byte(VECTOR_PREFIX, 0x0d, ...lanes);
    return this;
  }

  #memory(op: number, offset: number): this {
    this.#byte(VECTOR_PREFIX);
    this.#unsigned(op);
    this.#unsigned(ALIGNMENT);
    this.#unsigned(offset);
    return this;
  }

  #plain(op: number, index: number): this {
    this.#append(op);
    this.#unsigned(index);
    return this;
  }

  #byte(...values: readonly number[]): void {
    for (const value of values) this.#append(value);
  }

  #append(value: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = value;
  }

  /** LEB128, unsigned. */
  #unsigned(value: number): void {
    let rest = value;
    do {
      const low = rest & 0x7f;
      rest >>>= 7;
      this.#append(rest === 0 ? low : low | 0x80);
    } while (rest !== 0);
  }

  /** LEB128, signed, 32 bits. */
  #signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.#byte(done ? low : low | 0x80);
      if (done) return;
    }
  }
}
