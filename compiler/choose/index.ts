/**
 * @file The planner's choice: a method for each layer, under an aim and a limit.
 */

import type { MethodName, OptimizeChoice, RunnerUp } from "../../core/abi.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import type { Methods } from "../plan/lower/methods.ts";
import { weightsOf } from "../plan/schedule.ts";
import { type Frontier, frontierOf } from "./frontier.ts";
import { isLayer, type LayerGraph, type LayerGraphOptions, layerGraphOf } from "./layer-graph.ts";
import { balance, pickPoint } from "./objective.ts";
import { type Point, priceChoice } from "./problem.ts";
import { canUse } from "./trial.ts";

export type { Frontier } from "./frontier.ts";
export type { Point } from "./problem.ts";

export interface Decision {
  readonly point: Point;
  readonly methods: Methods;
  /** What each layer would have been otherwise, by its weights. */
  readonly runnersUp: ReadonlyMap<Tensor, RunnerUp>;
}

/** Everything that there is to choose from in a graph. */
export interface Choosing {
  readonly frontier: Frontier;
  /** The decision for an aim; `undefined` if everything is larger than `maxBytes`. */
  decide(aim: OptimizeChoice, maxBytes?: number): Decision | undefined;
  /** What the point's choice means. */
  decisionAt(point: Point, aim: OptimizeChoice): Decision;
}

/** The methods that an aim is served by: code is never smaller than packed weights. */
export function methodsFor(aim: OptimizeChoice, isLimited: boolean): readonly MethodName[] {
  return aim === "size" && !isLimited ? ["kernels", "lists"] : ["kernels", "lists", "code"];
}

/** `method` for every layer that it can compute. */
export function forcedMethods(dense: Graph, method: MethodName): Methods {
  const able = dense.nodes.filter(node => isLayer(node, dense));
  return new Map(
    able
      .filter(node => method === "kernels" || canUse(node, method, dense))
      .map(node => [weightsOf(node, dense)!, method]),
  );
}

export function choosing(dense: Graph, options: LayerGraphOptions): Choosing {
  const layers = layerGraphOf(dense, options);
  const frontier = frontierOf(layers.problem);
  const decisionAt = (point: Point, aim: OptimizeChoice): Decision => ({
    point,
    methods: methodsAt(layers, point),
    runnersUp: runnersUp(layers, point, other => scoreOf(other, aim, frontier)),
  });
  return {
    frontier,
    decisionAt,
    decide(aim, maxBytes) {
      const point = pickPoint(frontier.points, aim, maxBytes);
      return point === undefined ? undefined : decisionAt(point, aim);
    },
  };
}

function methodsAt({ problem, weights }: LayerGraph, { choice }: Point): Methods {
  return new Map(
    weights.map((tensor, v) => [tensor, problem.variables[v]!.options[choice[v]!]!.method]),
  );
}

/** For each layer the option that, with all others as they are, is second best. */
function runnersUp(
  { problem, weights }: LayerGraph,
  point: Point,
  scoreAt: (point: Point) => number,
): ReadonlyMap<Tensor, RunnerUp> {
  const found = new Map<Tensor, RunnerUp>();
  for (const [v, { options }] of problem.variables.entries()) {
    const others = [...options.keys()].filter(option => option !== point.choice[v]);
    if (others.length === 0) continue;
    const scored = others.map(option => ({
      option: options[option]!,
      score: scoreAt(priceChoice(problem, point.choice.with(v, option))),
    }));
    const { method, ns, bytes } = scored.toSorted((a, b) => a.score - b.score)[0]!.option;
    found.set(weights[v]!, { method, predictedNs: Math.round(ns), bytes });
  }
  return found;
}

function scoreOf(point: Point, aim: OptimizeChoice, { points }: Frontier): number {
  if (aim === "balanced") return balance(point, points);
  return aim === "size" ? point.bytes : point.ns;
}
