/**
 * @file Quantisation of activations in training with a range that is learned.
 *
 * With s = (high − low) / levels, z the rounded zero point, δ what rounding
 * added to z and ε what it added to a value's own integer:
 *
 *     y = x + ε·s                          inside
 *     y = low − δ·s, y = high − δ·s        below, above
 *
 * Roundings are taken as constants, as the straight-through estimator does;
 * then these are the gradients, exactly:
 *
 *     ds = Σ_inside dy·ε − Σ_outside dy·δ
 *     dlow = Σ_below dy − ds / levels      dhigh = Σ_above dy + ds / levels
 *
 * The clipped part is that of PACT, the rest that of the step size in LSQ. The
 * gradients are multiplied by levels^1.5 / √N for N values per sample: the
 * range then moves as LSQ moves a step, levels times as far.
 *
 * **Source** Esser et al. 2020 (arXiv 1902.08153), sections 2.1 and 2.2; Choi et
 * al. 2018 (arXiv 1805.06085), section 3.
 */

import { elementCount } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import type { CustomGradient } from "../autodiff/rule.ts";
import type { StepFormat } from "../quantize/activation.ts";
import { fakeQuantize, type Range } from "./fake-quantize.ts";

export interface LearnedQuantized {
  readonly value: NodeId;
  /** Of x and of the ends of the range; a range without negative values has one end. */
  readonly gradient: CustomGradient;
}

export function learnedQuantize(
  ops: Arithmetic,
  x: NodeId,
  range: Range,
  format: StepFormat,
  gradientScale: number,
): LearnedQuantized {
  const { value, gradient, grid } = fakeQuantize(ops, x, range, format);
  const count = elementCount(ops.shapeOf(x).slice(1));
  const factor = (gradientScale * grid.levels ** 1.5) / Math.sqrt(count);
  const total = (terms: NodeId): NodeId => ops.sum(terms, allAxes(ops.shapeOf(terms).length));
  const ends = (dy: NodeId): { readonly low: NodeId; readonly high: NodeId } => {
    const nothing = scalar(0);
    const above = ops.where(ops.compare("greater", grid.scaled, grid.inside), dy, nothing);
    const below = ops.where(ops.compare("less", grid.scaled, grid.inside), dy, nothing);
    const within = ops.compare("equal", grid.scaled, grid.inside);
    const error = ops.sub(grid.rounded, grid.inside);
    const inner = total(ops.where(within, ops.mul(dy, error), nothing));
    const [dAbove, dBelow] = [total(above), total(below)];
    const dStep =
      grid.zeroPointError === undefined
        ? inner
        : ops.sub(inner, ops.mul(ops.add(dAbove, dBelow), grid.zeroPointError));
    const share = ops.mul(dStep, scalar(1 / grid.levels));
    return {
      low: ops.mul(ops.sub(dBelow, share), scalar(factor)),
      high: ops.mul(ops.add(dAbove, share), scalar(factor)),
    };
  };
  const operands = format === "signed" ? [x, range.min, range.max] : [x, range.max];
  return {
    value,
    gradient: {
      operands,
      gradient: dy => {
        const { low, high } = ends(dy);
        const [dx] = gradient.gradient(dy);
        return format === "signed" ? [dx, low, high] : [dx, high];
      },
    },
  };
}
