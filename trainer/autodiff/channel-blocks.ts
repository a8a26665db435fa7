/**
 * @file When channels in blocks pay: an engine that computes convolutions on
 * blocks of B channels fills channels up to a multiple of B, and computes the
 * filling too.
 */

/** `count`, rounded up to whole blocks. */
export function filledUp(count: number, block: number): number {
  return Math.ceil(count / block) * block;
}

/** The least share of products that must not be filling: blocks are about three times as fast. */
const USEFUL = 0.3;

/**
 * Whether a convolution of `inputs` to `outputs` channels is worth computing in
 * blocks. Fewer inputs than a block are read as they are.
 */
export function suitsBlocks(outputs: number, inputs: number, block: number): boolean {
  const read = inputs < block ? 1 : inputs / filledUp(inputs, block);
  return (outputs / filledUp(outputs, block)) * read >= USEFUL;
}
