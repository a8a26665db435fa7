/** @file Gives every block its address and turns a schedule into a plan. */

import type { BufferRecord, SimdTier, TargetName } from "../../core/abi.ts";
import { dtypeBytes } from "../../core/dtype.ts";
import { elementCount } from "../../core/shape.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import type { LayerSlot } from "../specialize/layer-slots.ts";
import type { Address, Argument } from "./argument.ts";
import type { DraftCall } from "./draft.ts";
import { type Arena, type Lifetime, planMemory } from "./memory.ts";
import {
  alignUp,
  BLOCK_ALIGNMENT,
  type Call,
  OVERREAD_BYTES,
  PAGE_BYTES,
  type Plan,
  type PlannedPort,
  type StaticBlock,
} from "./plan.ts";
import { layoutOfPort } from "./port-layout.ts";
import type { Schedule } from "./schedule.ts";
import type { Storage } from "./storage.ts";
import type { ConstantBlock } from "./view.ts";

export interface PlanOptions {
  readonly name: string;
  readonly target: TargetName;
  readonly simd: SimdTier;
  /** Addresses below this belong to the kernel library. */
  readonly reservedBytes: number;
  /** Bytes behind the arena that the target keeps for itself. */
  readonly scratchBytes: number;
  /** Whether the room for a border is there while the node before is computed, so that both may go on at one time. */
  readonly fillsEarly: boolean;
}

export function linkPlan(
  graph: Graph,
  storage: Storage,
  schedule: Schedule,
  options: PlanOptions,
): Plan {
  const { draft, layers, choices, viewOf } = schedule;
  const outputIds = graph.outputs.map(output => output.id);
  const pins = { inputs: graph.inputs.map(viewOf), outputs: outputIds.map(viewOf) };
  const statics = placeStatics(draft.constants, options.reservedBytes);
  const arenaOffset = alignUp(endOf(statics, options.reservedBytes), BLOCK_ALIGNMENT);
  const known = new Map([...storage.buffers, ...draft.buffers]);
  const lifetimes = lifetimesOf(draft.calls, pins, known, options.fillsEarly);
  const arena = planMemory(lifetimes);
  const buffers = placeBuffers(lifetimes, arena, arenaOffset);
  const address = addressBook([...statics, ...buffers]);
  const port = (name: string, id: NodeId): PlannedPort => {
    const { type } = graph.nodes[id]!;
    const { block, offset } = viewOf(id);
    const layout = layoutOfPort(graph, id);
    return {
      port: { name, dtype: type.dtype, shape: type.shape, ...(layout ? { layout } : {}) },
      block: block.name,
      address: address(block.name) + offset,
      bytes: elementCount(type.shape) * dtypeBytes(type.dtype),
    };
  };
  const scratchOffset = alignUp(arenaOffset + arena.bytes + OVERREAD_BYTES, BLOCK_ALIGNMENT);
  return {
    name: options.name,
    target: options.target,
    simd: options.simd,
    inputs: graph.inputs.map(id => port(inputName(graph, id), id)),
    outputs: graph.outputs.map(({ name, id }) => port(name, id)),
    statics,
    code: draft.code,
    buffers,
    calls: draft.calls.map(call => linkCall(call, address)),
    memory: {
      staticOffset: options.reservedBytes,
      arenaOffset,
      arenaBytes: arena.bytes,
      arenaLowerBoundBytes: arena.lowerBoundBytes,
      scratchOffset,
      scratchBytes: options.scratchBytes,
      totalBytes: alignUp(scratchOffset + options.scratchBytes, PAGE_BYTES),
    },
    choices,
    layers,
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}

function inputName(graph: Graph, id: NodeId): string {
  const node = graph.nodes[id]!;
  if (node.kind !== "input") throw new InternalError(`%${id} is listed as an input`);
  return node.attrs.name;
}

function placeStatics(constants: readonly ConstantBlock[], from: number): StaticBlock[] {
  let end = from;
  return constants.map(({ name, role, data }) => {
    const offset = alignUp(end, BLOCK_ALIGNMENT);
    end = offset + data.length;
    return { name, role, offset, data };
  });
}

function endOf(statics: readonly StaticBlock[], from: number): number {
  return statics.reduce((end, { offset, data }) => Math.max(end, offset + data.length), from);
}

interface Pins {
  readonly inputs: readonly { readonly block: { readonly name: string } }[];
  readonly outputs: readonly { readonly block: { readonly name: string } }[];
}

/**
 * When each buffer is in use. The host writes the inputs before call 0 and
 * reads the outputs after the last one. An input's bytes may be used again
 * once its last reader has run: a run consumes its inputs.
 */
function lifetimesOf(
  calls: readonly DraftCall[],
  pins: Pins,
  buffers: Storage["buffers"],
  fillsEarly: boolean,
): Lifetime[] {
  const lives = new Map<string, { first: number; last: number }>();
  const touch = (name: string, index: number): void => {
    if (!buffers.has(name)) return;
    const life = lives.get(name) ?? { first: index, last: index };
    lives.set(name, { first: Math.min(life.first, index), last: Math.max(life.last, index) });
  };
  for (const { block } of pins.inputs) touch(block.name, 0);
  for (const [index, { reads, writes }] of calls.entries()) {
    for (const { block } of [...reads, ...writes]) touch(block, index);
    if (fillsEarly && reads.length === 0) {
      for (const { block } of writes) touch(block, startOfValue(calls, index - 1));
    }
  }
  for (const { block } of pins.outputs) touch(block.name, Math.max(0, calls.length - 1));
  return [...lives].map(([name, { first, last }]) => ({
    name,
    bytes: buffers.get(name)!.bytes,
    firstUse: first,
    lastUse: last,
  }));
}

/** The first of the calls around `index` that work on one value. */
function startOfValue(calls: readonly DraftCall[], index: number): number {
  let start = Math.max(0, index);
  while (start > 0 && calls[start - 1]!.value === calls[index]!.value) start--;
  return start;
}

function placeBuffers(
  lifetimes: readonly Lifetime[],
  arena: Arena,
  arenaOffset: number,
): BufferRecord[] {
  return lifetimes.map(({ name, bytes, firstUse, lastUse }, i) => ({
    name,
    offset: arenaOffset + arena.offsets[i]!,
    bytes,
    firstUse,
    lastUse,
  }));
}

function addressBook(
  records: readonly { readonly name: string; readonly offset: number }[],
): (name: string) => number {
  const addresses = new Map(records.map(({ name, offset }) => [name, offset]));
  if (addresses.size < records.length) throw new InternalError("two blocks share a name");
  return name => {
    const address = addresses.get(name);
    if (address === undefined) throw new InternalError(`${name} has no address`);
    return address;
  };
}

function linkCall(call: DraftCall, address: (name: string) => number): Call {
  const resolve = (argument: Argument): number =>
    typeof argument === "number" ? argument : address(argument.block.name) + argument.offset;
  const place = <R extends { readonly block: string; readonly offset: number }>(region: R): R => ({
    ...region,
    offset: address(region.block) + region.offset,
  });
  return {
    kernel: call.kernel,
    args: call.args.map(resolve),
    reads: call.reads.map(place),
    writes: call.writes.map(place),
    value: call.value,
    work: call.work,
    ...(call.share !== undefined && { share: call.share }),
    ...(call.room && { slot: slotOf(call, call.room, resolve) }),
  };
}

/** `call` is that of a kernel over lists, whose arguments are the addresses of a slot. */
function slotOf(
  { args, writes }: DraftCall,
  room: ConstantBlock,
  resolve: (argument: Argument) => number,
): LayerSlot {
  const [x, y, z, parameters, lists, scratch] = args.map(resolve) as Six;
  const area = (args[5] as Address).block.name;
  const scratchBytes = writes.find(({ block }) => block === area)!.bytes;
  const roomBytes = room.data.length;
  return {
    ...{ x, y, z, parameters, lists, scratch, scratchBytes },
    ...{ room: resolve({ block: room, offset: 0 }), roomBytes },
  };
}

type Six = [number, number, number, number, number, number];
