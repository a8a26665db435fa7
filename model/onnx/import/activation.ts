/** @file Activations: clamps, and those that are compositions of other ops. */

import { numberAt } from "../../../core/tensor.ts";
import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

export const importRelu: Importer = n => positivePart(n, n.input(0));

function positivePart(n: ImportNode, x: NodeId): NodeId {
  return n.add("clamp", [x], { min: 0, max: Infinity });
}

function negativePart(n: ImportNode, x: NodeId): NodeId {
  return n.add("clamp", [x], { min: -Infinity, max: 0 });
}

/** A bound that is known, or a value that is not. */
type Bound = { readonly known: number } | { readonly computed: NodeId };

/** Bounds are attributes before opset 11, operands since; computed bounds need max and min. */
export const importClip: Importer = n => {
  const x = n.input(0);
  const min = boundOf(n, 1, "min", -Infinity);
  const max = boundOf(n, 2, "max", Infinity);
  if ("known" in min && "known" in max) {
    return n.add("clamp", [x], { min: min.known, max: max.known });
  }
  return bounded(n, "min", bounded(n, "max", x, min), max);
};

/** The larger (`max`) or smaller (`min`) of x and a bound; infinite ones change nothing. */
function bounded(n: ImportNode, kind: "min" | "max", x: NodeId, bound: Bound): NodeId {
  if ("computed" in bound) return n.add(kind, [x, bound.computed], {});
  if (!Number.isFinite(bound.known)) return x;
  return n.add(kind, [x, n.scalar(bound.known, x)], {});
}

function boundOf(n: ImportNode, index: number, name: string, fallback: number): Bound {
  const id = n.optional(index);
  if (id === undefined) return { known: n.attributes.float(name, fallback) };
  const value = n.constantValue(id);
  if (value === undefined) return { computed: id };
  if (value.data.length !== 1) n.fail("graph/bad-shape", `"${name}" of Clip must be one number`);
  return { known: numberAt(value, 0) };
}

export const importLeakyRelu: Importer = n =>
  n.add("leaky-relu", [n.input(0)], { alpha: n.attributes.float("alpha", Math.fround(0.01)) });

export const importHardSigmoid: Importer = n =>
  n.add("hard-sigmoid", [n.input(0)], {
    alpha: n.attributes.float("alpha", Math.fround(0.2)),
    beta: n.attributes.float("beta", 0.5),
  });

/** max(x, 0) + slope · min(x, 0) */
export const importPRelu: Importer = n => {
  const [x, slope] = [n.input(0), n.input(1)];
  const scaled = n.add("mul", [slope, negativePart(n, x)], {});
  return n.add("add", [positivePart(n, x), scaled], {});
};

/** max(x, 0) + alpha · (exp(min(x, 0)) − 1) */
export const importElu: Importer = n => {
  const x = n.input(0);
  const power = n.add("exp", [negativePart(n, x)], {});
  const below = n.add("sub", [power, n.scalar(1, x)], {});
  const scaled = n.add("mul", [n.scalar(n.attributes.float("alpha", 1), x), below], {});
  return n.add("add", [positivePart(n, x), scaled], {});
};

/** max(x, 0) + log(1 + exp(−|x|)): does not overflow. */
export const importSoftplus: Importer = n => {
  const x = n.input(0);
  const power = n.add("exp", [n.add("neg", [n.add("abs", [x], {})], {})], {});
  const rest = n.add("log", [n.add("add", [n.scalar(1, x), power], {})], {});
  return n.add("add", [positivePart(n, x), rest], {});
};

/** x / (1 + |x|) */
export const importSoftsign: Importer = n => {
  const x = n.input(0);
  return n.add("div", [x, n.add("add", [n.scalar(1, x), n.add("abs", [x], {})], {})], {});
};

/** x · sigmoid(alpha · x): SiLU for alpha = 1. */
export const importSwish: Importer = n => {
  const x = n.input(0);
  const alpha = n.attributes.float("alpha", 1);
  const argument = alpha === 1 ? x : n.add("mul", [x, n.scalar(alpha, x)], {});
  return n.add("mul", [x, n.add("sigmoid", [argument], {})], {});
};

/** ½ · x · (1 + erf(x / √2)), or its approximation by tanh. */
export const importGelu: Importer = n => {
  const x = n.input(0);
  const approximate = n.attributes.string("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") {
    n.unsupported(`"approximate" is "${approximate}"`, 'use "none" or "tanh"');
  }
  const curve = approximate === "tanh" ? tanhCurve(n, x) : erfCurve(n, x);
  const half = n.add("mul", [n.scalar(0.5, x), x], {});
  return n.add("mul", [half, n.add("add", [n.scalar(1, x), curve], {})], {});
};

function erfCurve(n: ImportNode, x: NodeId): NodeId {
  return n.add("erf", [n.add("mul", [x, n.scalar(Math.SQRT1_2, x)], {})], {});
}

/** tanh(√(2/π) · (x + 0.044715 · x³)) */
function tanhCurve(n: ImportNode, x: NodeId): NodeId {
  const square = n.add("mul", [x, x], {});
  const factor = n.add("mul", [square, n.scalar(0.044715, x)], {});
  const inner = n.add("mul", [x, n.add("add", [n.scalar(1, x), factor], {})], {});
  return n.add("tanh", [n.add("mul", [inner, n.scalar(Math.sqrt(2 / Math.PI), x)], {})], {});
}
