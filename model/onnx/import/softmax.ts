/** @file Softmax and LogSoftmax. Before opset 13 they run over all dimensions from `axis` on. */

import { elementCount } from "../../../core/shape.ts";
import type { Importer } from "./context.ts";

export function importSoftmax(kind: "softmax" | "log-softmax"): Importer {
  return n => {
    const x = n.input(0);
    const shape = n.shapeOf(x);
    const axis = n.axis(n.attributes.int("axis", n.opset < 13 ? 1 : -1), shape.length);
    if (n.opset >= 13 || axis === shape.length - 1) return n.add(kind, [x], { axis });
    const rows = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
    const result = n.add(kind, [n.reshape(x, rows)], { axis: 1 });
    return n.reshape(result, shape);
  };
}
