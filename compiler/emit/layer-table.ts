/**
 * @file The function table of a module whose code is written as it is loaded:
 * a slot for each layer, called without arguments. It starts with functions
 * that call library kernels; a loader may put others in their place.
 */

import { EXPORTS } from "../../core/abi.ts";
import type { Plan } from "../plan/plan.ts";
import { SPECIALIZE_SECTION, writeSlots } from "../specialize/layer-slots.ts";
import { binaryen, type Expression, type WasmModule } from "./binaryen.ts";

/** Puts `layers`, a call each, into slots of their own; returns calls through the slots. */
export function addLayerTable(module: WasmModule, layers: readonly Expression[]): Expression[] {
  const { none } = binaryen;
  const table = EXPORTS.layers;
  if (layers.length === 0) return [];
  const names = layers.map((body, slot) => {
    const name = `${table}/${slot}`;
    module.addFunction(name, none, none, [], body);
    return name;
  });
  module.addTable(table, layers.length, layers.length);
  module.addActiveElementSegment(table, table, names, module.i32.const(0));
  module.addTableExport(table, table);
  return layers.map((_, slot) =>
    module.call_indirect(table, module.i32.const(slot), [], none, none),
  );
}

/** The section that says what lies behind each slot; without slots it is there if `isAsked` for. */
export function addLayerSection(module: WasmModule, { calls }: Plan, isAsked: boolean): void {
  const slots = calls.flatMap(({ slot }) => slot ?? []);
  if (isAsked || slots.length > 0) module.addCustomSection(SPECIALIZE_SECTION, writeSlots(slots));
}
