/**
 * @file What it takes to have a value in a form: the calls that fill its halo
 * and that copy it from the form that its producer writes, priced.
 */

import type { Node } from "../../model/ir/graph.ts";
import { type Costs, priceOf } from "../costs/costs.ts";
import type { Work } from "../costs/work.ts";
import { type PlanesNeed, type PlanesPlace, planesBuffer } from "../plan/channel-planes.ts";
import { Draft } from "../plan/draft.ts";
import { borderFills, type Fill } from "../plan/frame.ts";
import { callNarrow, callSplit, callWiden } from "../plan/lower/planes-copies.ts";
import type { Caller } from "../plan/lower/rows.ts";
import type { KernelRow } from "../plan/select.ts";
import { workOf } from "../plan/touched-work.ts";
import { denseView, extendView, type Halo, hasHalo, permuteView, type View } from "../plan/view.ts";

/** [N, H, W, C] as [N, C, H, W]. */
const TO_NCHW = [0, 3, 1, 2];
const BYTES = 1;

/** What a conversion takes: nothing, or calls of library kernels. */
export interface Conversion {
  readonly ns: number;
  readonly kernels: readonly string[];
}

export const NO_CONVERSION: Conversion = { ns: 0, kernels: [] };

export function allOf(conversions: readonly Conversion[]): Conversion {
  return {
    ns: conversions.reduce((sum, { ns }) => sum + ns, 0),
    kernels: [...new Set(conversions.flatMap(({ kernels }) => kernels))],
  };
}

export class Conversions {
  readonly #costs: Costs;
  readonly #kernel: (family: string) => KernelRow;

  constructor(costs: Costs, kernel: (family: string) => KernelRow) {
    this.#costs = costs;
    this.#kernel = kernel;
  }

  /** Fills the halo of planes. */
  planesHalo(value: Node, need: PlanesNeed): Conversion {
    return this.#fills(bufferOf(value, need).frame);
  }

  /** Fills the halo of a dense image. */
  denseHalo({ type }: Node, halo: Halo): Conversion {
    if (!hasHalo(halo)) return NO_CONVERSION;
    const [n, h, w, c] = type.shape as [number, number, number, number];
    const outer = [n, h + halo.top + halo.bottom, w + halo.left + halo.right, c];
    const back = { top: -halo.top, left: -halo.left, bottom: -halo.bottom, right: -halo.right };
    return this.#fills(borderFills(extendView(denseOf(outer), back), halo, 0));
  }

  /** From a dense image to planes; `isChannelFirst`: from what the value is a transpose of. */
  widen(value: Node, need: PlanesNeed, isChannelFirst: boolean): Conversion {
    const { shape } = value.type;
    const source = isChannelFirst
      ? denseOf(TO_NCHW.map(axis => shape[axis]!))
      : permuteView(denseOf(shape), TO_NCHW);
    return this.#calls(caller => callWiden(caller, source, bufferOf(value, need).place));
  }

  /** From planes to a dense image. */
  narrow(value: Node, need: PlanesNeed): Conversion {
    const target = permuteView(denseOf(value.type.shape), TO_NCHW);
    return this.#calls(caller => callNarrow(caller, bufferOf(value, need).place, target));
  }

  /** From planes of one phase to planes of two. */
  split(value: Node, from: PlanesNeed, to: PlanesNeed): Conversion {
    const [source, target] = [bufferOf(value, from).place, bufferOf(value, to).place];
    return this.#calls(caller => callSplit(caller, source, target));
  }

  #fills(fills: readonly Fill[]): Conversion {
    return this.#priced(
      fills.map(({ family, writes }) => ({
        kernel: this.#kernel(family).name,
        work: workOf([], writes),
      })),
    );
  }

  #calls(make: (caller: Caller) => void): Conversion {
    const draft = new Draft(new Map(), family => this.#kernel(family).name);
    make({
      kernel: this.#kernel,
      call: (kernel, args, touch) => draft.call(kernel.name, args, touch, ""),
    });
    return this.#priced(draft.calls);
  }

  #priced(calls: readonly { readonly kernel: string; readonly work: Work }[]): Conversion {
    return allOf(
      calls.map(({ kernel, work }) => ({
        ns: priceOf(this.#costs, kernel, work),
        kernels: [kernel],
      })),
    );
  }
}

/** Planes of an image that is channel-last as yet. */
function bufferOf(
  { type }: Node,
  need: PlanesNeed,
): { readonly place: PlanesPlace; readonly frame: readonly Fill[] } {
  const shape = TO_NCHW.map(axis => type.shape[axis]!);
  return planesBuffer("planes", shape, need, 0);
}

function denseOf(shape: readonly number[]): View {
  const bytes = shape.reduce((product, dim) => product * dim, BYTES);
  return denseView({ kind: "buffer", name: "dense", bytes }, shape, BYTES);
}
