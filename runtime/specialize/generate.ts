/**
 * @file Writes the code for the layers of an instance: from what its memory
 * holds of them to the bytes of a module that replaces them.
 */

import {
  type CodeConvolution,
  type CodeFunction,
  generateConvolution,
  packCodeParameters,
  packMask,
  rejectsCode,
  scratchBytesOf,
} from "../../compiler/specialize/convolution.ts";
import type { LayerSlot } from "../../compiler/specialize/layer-slots.ts";
import { unpackListParameters } from "../../compiler/specialize/list-parameters.ts";
import { unpackLists } from "../../compiler/specialize/sparse-lists.ts";
import { RunError } from "../error.ts";
import { type LayerCode, writeCodeModule } from "./code-module.ts";
import { strayPart } from "./slot-bounds.ts";

export interface GeneratedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many layers it replaces. */
  readonly layers: number;
}

/**
 * Generates the code of all layers; `pause` is awaited before each. Runs write
 * behind `arenaOffset` only.
 *
 * A layer whose code needs more room than the module keeps for it stays as it
 * is: the module was made for another version of the generator.
 *
 * @throws RunError run/not-tritc if memory does not hold what the slots say
 */
export async function generateModule(
  memory: Uint8Array,
  arenaOffset: number,
  slots: readonly LayerSlot[],
  pause: () => Promise<void>,
): Promise<GeneratedModule> {
  const layers: LayerCode[] = [];
  for (const [index, slot] of slots.entries()) {
    await pause();
    const layer = generateLayer(memory, arenaOffset, slot, index);
    if (layer !== undefined) layers.push(layer);
  }
  return { bytes: writeCodeModule(layers), layers: layers.length };
}

function generateLayer(
  memory: Uint8Array,
  arenaOffset: number,
  slot: LayerSlot,
  index: number,
): LayerCode | undefined {
  const conv = readLayer(memory, slot, index);
  const stray = strayPart(slot, conv, { arenaOffset, bytes: memory.length });
  if (stray !== undefined) throw damaged(index, `the ${stray} of a layer`);
  if (rejectsCode(conv) !== undefined || scratchBytesOf(conv) > slot.scratchBytes) return undefined;
  const parameters = packCodeParameters(conv);
  const mask = packMask(conv);
  const data = new Uint8Array(parameters.length + mask.length);
  if (data.length > slot.roomBytes) return undefined;
  data.set(parameters);
  data.set(mask, parameters.length);
  const { x, y, z, room, scratch } = slot;
  return {
    slot: index,
    bodies: generateConvolution(conv).map(({ body }: CodeFunction) => body),
    args: [x, y, z, room, room + parameters.length, scratch],
    data: { address: room, bytes: data },
  };
}

function readLayer(memory: Uint8Array, slot: LayerSlot, index: number): CodeConvolution {
  const layer = unpackListParameters(memory, slot.parameters);
  if (layer === undefined) throw damaged(index, "the parameters of a layer");
  const { input, output, group, kernel, gapBits } = layer;
  const depth = (input.channels / group) * kernel[0] * kernel[1];
  const weights = unpackLists(memory, slot.lists, gapBits, output.channels, depth);
  if (weights === undefined) throw damaged(index, "the weights of a layer");
  return { ...layer, weights };
}

function damaged(slot: number, expected: string): RunError {
  return new RunError("run/not-tritc", `layer ${slot} of the module`, expected, "something else");
}
