/** @file The card of a published model: where it comes from, and its figures. */

import type { ModelEntry } from "./entry.ts";

export function cardText(name: string, entry: ModelEntry): string {
  const { top1, floatTop1, bytes, seeds } = entry;
  const rows: readonly (readonly [string, string])[] = [
    ["data", `${entry.data}: ${entry.samples} test samples`],
    ...(entry.from === undefined ? [] : [["starts from", entry.from] as const]),
    ["method", entry.method],
    ["activations", entry.activations],
    ["epochs", epochsText(entry)],
    ["seed", String(seeds[0]!.seed)],
    ["top-1 of the compiled module", percent(top1)],
    ...(floatTop1 === undefined
      ? []
      : [["top-1 of the float network", percent(floatTop1)] as const]),
    ...otherSeeds(entry),
    ["weights", entry.weights.toLocaleString("en")],
    ["zeros among ternary weights", percent(entry.zeros)],
    ["weights packed · entropy coded", `${kilobytes(bytes.packed)} · ${kilobytes(bytes.shipped)}`],
    ["whole module", kilobytes(bytes.module)],
  ];
  const table = rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n");
  return `# ${name}

${entry.title}. Ternary weights are INT2, others INT8; activations go through QuantizeLinear and DequantizeLinear.

| | |
|---|---|
${table}

Made, from the root of the repository, by

\`\`\`sh
${entry.commands.join("\n")}
\`\`\`

The accuracy is that of the module that \`tritc compile\` writes, on the whole test set:

\`\`\`sh
tritc compile models/${entry.file} -o ${name}.wasm
tritc eval ${name}.wasm --data ${entry.data}${entry.classes ? ` --classes ${entry.classes.join()}` : ""}
\`\`\`
`;
}

function otherSeeds({ seeds }: ModelEntry): (readonly [string, string])[] {
  if (seeds.length < 2) return [];
  return [["top-1 by seed", seeds.map(({ seed, top1 }) => `${seed}: ${percent(top1)}`).join(", ")]];
}

export function epochsText({ epochs, floatEpochs }: ModelEntry): string {
  return floatEpochs === 0 ? String(epochs) : `${floatEpochs} + ${epochs}`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
