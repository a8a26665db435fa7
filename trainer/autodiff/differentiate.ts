/**
 * @file Reverse-mode differentiation: writes the gradient of a scalar into the
 * graph that computes it.
 *
 * Walks the nodes from the loss back to the wanted values. Only nodes on a
 * path between the two are visited, so nothing is spent on gradients of inputs
 * or constants.
 */

import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { NodeId, OpKind } from "../../model/ir/graph.ts";
import { Arithmetic } from "./arithmetic.ts";
import type { CustomGradients, GradientRequest, GradientRule } from "./rule.ts";
import { GRADIENT_RULES } from "./rules/index.ts";

/**
 * Adds nodes that compute d `loss` / d `wanted[i]`, and returns them.
 *
 * A value that the loss does not depend on gets zeros. Where `custom` states a
 * gradient, it replaces the rule and what lies between the value and the
 * stated operands. `block` is what a rule is told of the engine.
 *
 * **Requires** `loss` has one element.
 */
export function differentiate(
  builder: GraphBuilder,
  loss: NodeId,
  wanted: readonly NodeId[],
  custom: CustomGradients = new Map(),
  block?: number,
): NodeId[] {
  const ops = new Arithmetic(builder);
  const operandsOf = (id: NodeId): readonly NodeId[] =>
    custom.get(id)?.operands ?? builder.node(id).inputs;
  const active = dependents(loss, wanted, operandsOf);
  const contributions = new Map<NodeId, NodeId[]>([
    [loss, [ops.filled(builder.typeOf(loss).shape, 1)]],
  ]);
  const gradients = new Map<NodeId, NodeId>();

  for (let id = loss; id >= 0; id = (id - 1) as NodeId) {
    const parts = contributions.get(id);
    if (!active.has(id) || parts === undefined) continue;
    const dy = ops.total(parts);
    gradients.set(id, dy);
    const operands = operandsOf(id);
    const needed = (index: number): boolean => active.has(operands[index]!);
    if (!operands.some((_, index) => needed(index))) continue;
    const found =
      custom.get(id)?.gradient(dy) ?? applyRule({ node: ops.node(id), dy, ops, needed, block });
    operands.forEach((operand, index) => {
      const part = found[index];
      if (part === undefined || !needed(index)) return;
      const known = contributions.get(operand);
      if (known === undefined) contributions.set(operand, [part]);
      else known.push(part);
    });
  }
  return wanted.map(id => gradients.get(id) ?? ops.filled(builder.typeOf(id).shape, 0));
}

function applyRule(request: GradientRequest<OpKind>): readonly (NodeId | undefined)[] {
  const { kind } = request.node;
  const rule = GRADIENT_RULES[kind] as GradientRule<OpKind> | undefined;
  if (rule === undefined) {
    throw new InternalError(`differentiate: no gradient rule for "${kind}"`);
  }
  return rule.gradient(request);
}

/** The values between `wanted` and `loss`, both included. */
function dependents(
  loss: NodeId,
  wanted: readonly NodeId[],
  operandsOf: (id: NodeId) => readonly NodeId[],
): ReadonlySet<NodeId> {
  const active = new Set<NodeId>(wanted);
  const reached = ancestors(loss, operandsOf);
  for (const id of [...reached].sort((a, b) => a - b)) {
    if (operandsOf(id).some(operand => active.has(operand))) active.add(id);
  }
  return active;
}

function ancestors(
  loss: NodeId,
  operandsOf: (id: NodeId) => readonly NodeId[],
): ReadonlySet<NodeId> {
  const seen = new Set<NodeId>();
  const pending = [loss];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    pending.push(...operandsOf(id));
  }
  return seen;
}
