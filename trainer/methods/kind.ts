/** @file A method as a configuration names it: its options, and how they become a method. */

import { z } from "zod";
import type { WeightMethod } from "./method.ts";

/** As a configuration says it: the kind, and options with their defaults filled in or not. */
export interface MethodChoice {
  readonly kind: string;
}

export interface MethodKind {
  readonly name: string;
  /** One line, for listings. */
  readonly summary: string;
  /** What a configuration may say; every key but `kind` has a default. */
  readonly options: z.ZodObject;
  build(choice: MethodChoice): WeightMethod;
}

export function methodKind<Options extends z.ZodRawShape>(
  name: string,
  summary: string,
  options: Options,
  build: (options: z.output<z.ZodObject<Options>>) => WeightMethod,
): MethodKind {
  const schema = z.strictObject({ kind: z.literal(name), ...options });
  return {
    name,
    summary,
    options: schema as unknown as z.ZodObject,
    build: choice => build(schema.parse(choice) as z.output<z.ZodObject<Options>>),
  };
}

/** A method without options. */
export function plainKind(method: WeightMethod, summary: string): MethodKind {
  return methodKind(method.name, summary, {}, () => method);
}
