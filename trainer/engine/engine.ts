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

export interface Engine {
  /** For messages and logs: name and version. */
  readonly name: string;
  readonly threads: number;
  /** Loads an ONNX model. */
  open(model: Uint8Array): Promise<Session>;
}
