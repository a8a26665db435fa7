/**
 * @file Chooses the methods of layers while a model is lowered, and chooses
 * again where the module came out larger than it may be.
 */

import type { MethodName, OptimizeChoice, SimdTier } from "../core/abi.ts";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import {
  type Choosing,
  choosing,
  type Decision,
  forcedMethods,
  methodsFor,
} from "./choose/index.ts";
import type { FunctionPart } from "./choose/problem.ts";
import type { Costs } from "./costs/costs.ts";
import type { Methods } from "./plan/lower/methods.ts";
import type { KernelRow } from "./plan/select.ts";

export interface PlannerOptions {
  readonly optimize: OptimizeChoice;
  readonly simd: SimdTier;
  readonly table: readonly KernelRow[];
  readonly kernelParts: ReadonlyMap<string, readonly FunctionPart[]>;
  readonly costs: Costs;
  readonly codeAtLoad: boolean;
  readonly maxBytes?: number;
  /** In place of a choice. */
  readonly method?: MethodName;
}

export class Planner {
  readonly #options: PlannerOptions;
  #choosing: Choosing | undefined;
  #decision: Decision | undefined;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /** What there was to choose from; `undefined` before `decide`, and where a method was given. */
  get choosing(): Choosing | undefined {
    return this.#choosing;
  }

  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** The methods for a graph none of whose layers is on channel planes. */
  decide(dense: Graph): Methods {
    const { optimize, maxBytes, method } = this.#options;
    if (method !== undefined) return forcedMethods(dense, method);
    const methods = methodsFor(optimize, maxBytes !== undefined);
    this.#choosing = choosing(dense, { ...this.#options, methods });
    return this.#take(this.#choosing.decide(optimize, maxBytes)) ?? this.smallest();
  }

  /** The best methods whose module is predicted to take at most `bytes`, if there are any. */
  within(bytes: number): Methods | undefined {
    return this.#take(this.#choosing?.decide(this.#options.optimize, bytes));
  }

  smallest(): Methods {
    return this.#take(this.#choosing?.decide("size")) ?? new Map();
  }

  #take(decision: Decision | undefined): Methods | undefined {
    if (decision !== undefined) this.#decision = decision;
    return decision?.methods;
  }
}

/** How often the planner is asked again: each time it knows better what it leaves out. */
const ATTEMPTS = 4;

/**
 * What `emit` makes of the planner's methods, in at most `maxBytes`.
 *
 * Predictions leave out what the module has around its layers; the first
 * module shows how much that is.
 *
 * @throws compile/too-large
 */
export function emitWithin<C extends { readonly wasm: Uint8Array }>(
  planner: Planner | undefined,
  maxBytes: number,
  emit: (methods?: Methods) => C,
): C {
  let made = emit();
  let unseen = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (made.wasm.length <= maxBytes) return made;
    const predicted = planner?.decision?.point.bytes;
    if (predicted === undefined) break;
    unseen = Math.max(unseen, made.wasm.length - predicted);
    const methods = planner?.within(maxBytes - unseen);
    if (methods === undefined) break;
    made = emit(methods);
  }
  if (made.wasm.length <= maxBytes) return made;
  const smallest = planner?.choosing === undefined ? made : emit(planner.smallest());
  if (smallest.wasm.length <= maxBytes) return smallest;
  throw tooLarge(smallest.wasm.length, maxBytes);
}

function tooLarge(smallest: number, maxBytes: number): ModelError {
  return new ModelError(
    problem("compile/too-large", `the module does not fit ${maxBytes} bytes`, {
      at: "--max-bytes",
      notes: [`the smallest module of this model takes ${smallest} bytes`],
      help: `allow ${smallest} bytes, quantise the weights, or train a smaller model`,
    }),
  );
}
