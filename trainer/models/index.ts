/** @file The built-in models, by name. */

import { dscnn } from "./dscnn.ts";
import { lenet5 } from "./lenet5.ts";
import { mobilenetV1 } from "./mobilenet-v1.ts";
import type { ModelKind } from "./model.ts";
import { resnet8 } from "./resnet8.ts";
import { resnet20 } from "./resnet20.ts";
import { smallCnn } from "./small-cnn.ts";

export const MODEL_KINDS: readonly ModelKind[] = [
  lenet5,
  smallCnn,
  resnet8,
  resnet20,
  dscnn,
  mobilenetV1,
];

export function modelKind(name: string): ModelKind | undefined {
  return MODEL_KINDS.find(kind => kind.name === name);
}
