/** @file Reads costs from JSON, checked by a schema. */

import { z } from "zod";
import { ENGINES } from "../../core/abi.ts";
import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Costs } from "./costs.ts";

const prices = z.record(z.string(), z.number().nonnegative());

const schema = z.strictObject({
  engine: z.enum(ENGINES),
  measuredOn: z.string(),
  kernels: z.record(z.string(), prices),
  others: z.strictObject({ scalar: prices, simd128: prices, relaxed: prices }),
});

/** @throws compile/bad-costs, for everything that is wrong; `at` names the file */
export function parseCosts(text: string, at: string): Costs {
  const result = schema.safeParse(jsonOf(text, at));
  if (result.success) return result.data;
  throw new ModelError(...result.error.issues.map(issue => explain(issue, at)));
}

function jsonOf(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ModelError(
      problem("compile/bad-costs", "the costs are not JSON", {
        at,
        notes: [(error as Error).message],
        help: HELP,
      }),
    );
  }
}

const HELP = "make the file with tritc calibrate-costs --out FILE";

function explain({ path, message }: z.core.$ZodIssue, at: string): Diagnostic {
  const place = path.length === 0 ? at : `${at}: ${path.map(String).join(".")}`;
  return problem("compile/bad-costs", message.charAt(0).toLowerCase() + message.slice(1), {
    at: place,
    help: HELP,
  });
}
