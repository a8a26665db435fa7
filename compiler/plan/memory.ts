/**
 * @file Gives buffers their offsets in the arena, so that buffers whose lives
 * do not meet may share bytes.
 *
 * Buffers are placed one after another, each into the tightest gap between
 * those that it lives with. The order decides how good the result is: the
 * usual ones are tried, then small changes to the best so far, until the lower
 * bound is reached or the tries are used up. Deterministic.
 */

import { alignUp, BLOCK_ALIGNMENT } from "./plan.ts";

/** A buffer's life, in call indices, both ends included. */
export interface Lifetime {
  readonly name: string;
  readonly bytes: number;
  readonly firstUse: number;
  readonly lastUse: number;
}

export interface Arena {
  /** Offset of each buffer, in the order given. */
  readonly offsets: readonly number[];
  readonly bytes: number;
  readonly lowerBoundBytes: number;
}

const TRIES = 400;

export function planMemory(lifetimes: readonly Lifetime[]): Arena {
  const buffers = lifetimes.map(life => ({ ...life, bytes: alignUp(life.bytes, BLOCK_ALIGNMENT) }));
  const lowerBoundBytes = largestLiveSet(buffers);
  let best: Placement | undefined;
  let order: readonly number[] = [];
  for (const candidate of orders(buffers, () => order)) {
    const placement = place(buffers, candidate);
    if (best === undefined || placement.bytes < best.bytes) {
      best = placement;
      order = candidate;
    }
    if (best.bytes === lowerBoundBytes) break;
  }
  return { ...best!, lowerBoundBytes };
}

/** The largest sum of sizes of buffers that are live at one call. */
function largestLiveSet(buffers: readonly Lifetime[]): number {
  const sums = buffers.map(({ firstUse }) =>
    buffers
      .filter(other => other.firstUse <= firstUse && firstUse <= other.lastUse)
      .reduce((sum, { bytes }) => sum + bytes, 0),
  );
  return Math.max(0, ...sums);
}

type Order = readonly number[];

/** Orders to try: three by rule, then `best()` with one buffer moved forward. */
function* orders(buffers: readonly Lifetime[], best: () => Order): Generator<Order> {
  const indices = buffers.map((_, index) => index);
  const by = (weight: (life: Lifetime) => number): Order =>
    indices.toSorted((a, b) => weight(buffers[b]!) - weight(buffers[a]!) || a - b);
  yield by(life => life.bytes);
  yield by(life => life.bytes * (life.lastUse - life.firstUse + 1));
  yield by(life => -life.firstUse);
  const random = sequence();
  for (let i = 0; i < TRIES && buffers.length > 2; i++) {
    const order = [...best()];
    const [moved] = order.splice(random(order.length), 1);
    order.splice(random(order.length), 0, moved!);
    yield order;
  }
}

/** Numbers below a bound, the same on every run (a multiplicative congruential generator). */
function sequence(): (bound: number) => number {
  let state = 1;
  return bound => {
    state = (state * 48271) % 0x7fffffff;
    return state % bound;
  };
}

interface Placement {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

function place(buffers: readonly Lifetime[], order: Order): Placement {
  const offsets = new Array<number>(buffers.length).fill(0);
  const placed: number[] = [];
  let bytes = 0;
  for (const index of order) {
    const own = buffers[index]!;
    const neighbours = placed
      .filter(other => meet(own, buffers[other]!))
      .map(other => ({ start: offsets[other]!, end: offsets[other]! + buffers[other]!.bytes }));
    offsets[index] = tightestGap(own.bytes, neighbours);
    placed.push(index);
    bytes = Math.max(bytes, offsets[index]! + own.bytes);
  }
  return { offsets, bytes };
}

function meet(a: Lifetime, b: Lifetime): boolean {
  return a.firstUse <= b.lastUse && b.firstUse <= a.lastUse;
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The start of the smallest gap of at least `bytes` between `taken`, or their end. */
function tightestGap(bytes: number, taken: readonly Extent[]): number {
  let end = 0;
  let best = Infinity;
  let bestStart: number | undefined;
  for (const extent of taken.toSorted((a, b) => a.start - b.start)) {
    const gap = extent.start - end;
    if (gap >= bytes && gap < best) {
      best = gap;
      bestStart = end;
    }
    end = Math.max(end, extent.end);
  }
  return bestStart ?? end;
}
