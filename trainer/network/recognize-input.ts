/**
 * @file Reads off a float graph how it treats its input: conversion to f32,
 * subtraction of a mean, a scale. What the trainer exports begins so.
 */

import type { Node, NodeId } from "../../model/ir/graph.ts";
import { NETWORK_INPUT } from "./network.ts";
import type { NetworkDraft } from "./network-draft.ts";

/** x = (value − mean)·scale, as the model itself computes it. */
export interface InputConvention {
  /** Of the input as the model takes it. */
  readonly dtype: "u8" | "i8" | "f32";
  /** An integer. */
  readonly mean: number;
  readonly scale: number;
}

/** Follows the input to where the network proper begins; the nodes on the way count as the input. */
export function recognizeInput(draft: NetworkDraft): InputConvention | undefined {
  const start = draft.graph.inputs[0]!;
  const { dtype } = draft.graph.nodes[start]!.type;
  if (dtype !== "u8" && dtype !== "i8" && dtype !== "f32") return undefined;
  let at = start;
  const take = (accept: (node: Node) => number | undefined): number | undefined => {
    const next = onlyReader(draft, at);
    const value = next === undefined ? undefined : accept(next);
    if (next === undefined || value === undefined) return undefined;
    at = next.id;
    draft.assign(at, NETWORK_INPUT);
    return value;
  };
  take(node => (node.kind === "cast" && node.attrs.to === "f32" ? 0 : undefined));
  const mean = take(node => (node.kind === "sub" ? integerOf(draft, node, at) : undefined)) ?? 0;
  const scale = take(node => factorOf(draft, node, at)) ?? 1;
  return { dtype, mean, scale };
}

function onlyReader(draft: NetworkDraft, id: NodeId): Node | undefined {
  const readers = draft.readersOf(id);
  return readers.length === 1 ? draft.graph.nodes[readers[0]!] : undefined;
}

/** The integer that `node` subtracts from `x`. */
function integerOf(draft: NetworkDraft, node: Node, x: NodeId): number | undefined {
  const value = node.inputs[0] === x ? scalarOf(draft, node.inputs[1]) : undefined;
  return Number.isInteger(value) ? value : undefined;
}

/** The positive number that `node` multiplies `x` by. */
function factorOf(draft: NetworkDraft, node: Node, x: NodeId): number | undefined {
  if (node.kind !== "mul" && node.kind !== "div") return undefined;
  const [a, b] = node.inputs;
  if (node.kind === "div" && a !== x) return undefined;
  const value = scalarOf(draft, a === x ? b : a);
  if (value === undefined || value <= 0) return undefined;
  return node.kind === "div" ? 1 / value : value;
}

function scalarOf(draft: NetworkDraft, id: NodeId | undefined): number | undefined {
  const constant = draft.constant(id);
  return constant?.data.length === 1 ? constant.data[0] : undefined;
}
