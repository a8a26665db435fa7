/** @file What calls pass to kernels: numbers, and addresses that are not known yet. */

import type { Block, View } from "./view.ts";

/** A place within a block, to be an address. */
export interface Address {
  readonly block: Block;
  readonly offset: number;
}

export type Argument = number | Address;

export function addressOf({ block, offset }: View): Address {
  return { block, offset };
}
