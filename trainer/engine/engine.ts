/** @file What the trainer asks of whatever runs its graphs. */

import type { Tensor } from "../../core/tensor.ts";

/** Values by name. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface Session {
  /**
   * Runs the model on `feeds`. A result may be fed to the next run as it is:
   * nothing is copied on the way in.
   */
  run(feeds: Feeds): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/** `basic` keeps to what does not replace quantised operators by others. */
export type Optimization = "all" | "basic";

export interface Engine {
  /** For messages and logs: name and version. */
  readonly name: string;
  readonly threads: number;
  /** What computes: `cpu`, or another execution provider of ONNX Runtime. */
  readonly provider: string;
  /**
   * Channels of a block, if convolutions of weights that are no constants are
   * faster in blocks of channels (`blocked/`); found out by trial, once.
   */
  blockSize(): Promise<number | undefined>;
  /** Loads an ONNX model, and optimises it as far as asked: `all` unless told. */
  open(model: Uint8Array, optimization?: Optimization): Promise<Session>;
  /** Loads a model in a thread of its own, which computes while others do. */
  openBeside(model: Uint8Array): Promise<Session>;
}
