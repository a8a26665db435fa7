/** @file What a kind of data set is: the name users write, and the loader behind it. */

import type { Dataset, Split } from "./dataset.ts";

export interface OpenOptions {
  /** Default `train`. */
  readonly split?: Split | undefined;
  /** At most this many samples: the first ones. */
  readonly limit?: number | undefined;
  /** Keeps these classes only, renumbered in this order. */
  readonly classes?: readonly string[] | undefined;
  /** `npy`: the file of labels; by default `NAME.labels.npy` beside it, if there. */
  readonly labels?: string | undefined;
  /** `images`: scales every picture to this size; without it all must be of one size. */
  readonly resize?: { readonly height: number; readonly width: number } | undefined;
  /** `images`: 1 for grey, 3 for colour; default: as the first picture. */
  readonly channels?: 1 | 3 | undefined;
  /** `npz`, `npy`: order of the axes of 4-D arrays; default: channels are the axis of 1…4. */
  readonly layout?: "nhwc" | "nchw" | undefined;
}

/** What a loader is asked for. */
export interface OpenRequest extends OpenOptions {
  readonly split: Split;
  /** The file or folder, which exists; empty for an embedded set. */
  readonly path: string;
  /** What the data set calls itself in messages. */
  readonly name: string;
  /** Where to get the originals: a note for messages. */
  readonly origin: string;
}

/** A kind of data that users can name. */
export interface DataKind {
  readonly kind: string;
  readonly summary: string;
  /** `embedded`: part of tritc, takes no path. Else the name under the data folder that is meant without a path, if any. */
  readonly place: "embedded" | { readonly byDefault?: string };
  /** Where to get the originals. */
  readonly origin: string;
  readonly open: (request: OpenRequest) => Promise<Dataset>;
}
