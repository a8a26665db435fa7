/** @file docs/results.md: tables of everything published under models/. */

import { epochsText, kilobytes, percent } from "./card.ts";
import { GROUPS, type Group, type ModelEntry } from "./entry.ts";
import { type Arm, DECIDING_SEEDS, type Estimate, estimateOf, verdictOn } from "./statistics.ts";
import type { Ablation, AblationArm, PrunedRow, Reference } from "./studies.ts";

export interface Published {
  readonly models: readonly ModelEntry[];
  readonly pruned: readonly PrunedRow[];
  readonly ablation: Ablation | undefined;
  readonly references: readonly Reference[];
}

/** A chart that was drawn: its file below docs/, and what it shows. */
export interface Chart {
  readonly file: string;
  readonly caption: string;
}

const HEAD = `# Results

<!-- Written by scripts/results.ts from the JSON files under models/; changes made here are lost. -->

Every accuracy of a quantised network is that of its **compiled module** on the whole test set, and equals to the sample what the trainer's
integer forward computes. \`node scripts/results.ts --check\` compiles and evaluates every model again and compares each figure.

* *float*: top-1 of the float network of the same run, or of the float run that it started from. *epochs*: of that run + of this one.
* *top-1*: of the committed network's module. *seeds*: mean ± standard error over (that many) seeds.
* *zeros*: among ternary weights. *packed*: weights at 2 bits (ternary) and 8 bits (int8). *coded*: ternary weights at their entropy instead. *module*: the whole \`.wasm\`.
`;

/** The document; the same for the same input. */
export function documentText(published: Published, charts: readonly Chart[]): string {
  const { models, pruned, ablation, references } = published;
  return [
    HEAD,
    ...(Object.keys(GROUPS) as Group[]).flatMap(group =>
      groupSection(
        group,
        models.filter(entry => entry.group === group),
      ),
    ),
    ...referenceSection(references),
    ...charts.map(({ file, caption }) => `![${caption}](${file})\n`),
    ...prunedSection(pruned),
    ...(ablation === undefined ? [] : ablationSections(ablation)),
  ].join("\n");
}

function groupSection(group: Group, entries: readonly ModelEntry[]): string[] {
  if (entries.length === 0) return [];
  const timed = entries.some(({ latencyUs }) => latencyUs !== undefined);
  const rows = entries.map(entry => [
    `[${entry.title}](../models/${entry.file.replace(/\.onnx$/, ".md")})`,
    entry.method,
    entry.activations,
    epochsText(entry),
    entry.floatTop1 === undefined ? "" : percent(entry.floatTop1),
    `**${percent(entry.top1)}**`,
    estimateText(estimateOf(entry.seeds.map(({ top1 }) => top1))),
    percent(entry.zeros),
    kilobytes(entry.bytes.packed),
    kilobytes(entry.bytes.shipped),
    kilobytes(entry.bytes.module),
    ...(timed ? [latencyText(entry.latencyUs)] : []),
  ]);
  const head = [
    ...["network", "method", "activations", "epochs", "float", "top-1", "seeds", "zeros"],
    ...["packed", "coded", "module"],
    ...(timed ? ["latency"] : []),
  ];
  return [`## ${GROUPS[group]}\n`, table(head, rows), commandList(entries)];
}

function commandList(entries: readonly ModelEntry[]): string {
  const lines = entries.flatMap(({ commands }) => commands);
  return `\`\`\`sh\n${[...new Set(lines)].join("\n")}\n\`\`\`\n`;
}

function referenceSection(references: readonly Reference[]): string[] {
  if (references.length === 0) return [];
  const rows = references.map(({ title, data, top1, bytes, latencyUs, source }) => [
    title,
    data,
    percent(top1),
    kilobytes(bytes),
    latencyText(latencyUs),
    source,
  ]);
  const head = ["network", "data", "top-1", "file", "latency", "source"];
  return ["## Networks of others to stand beside\n", table(head, rows)];
}

function prunedSection(rows: readonly PrunedRow[]): string[] {
  if (rows.length === 0) return [];
  const body = rows.map(row => [
    row.title,
    percent(row.zeros),
    row.recovery,
    String(row.epochs),
    String(row.seed),
    percent(row.floatTop1),
    `**${percent(row.top1)}**`,
    points(row.top1 - row.floatTop1),
  ]);
  const head = ["network", "pruned", "recovery", "epochs", "seed", "dense", "module", "change"];
  const commands = rows.flatMap(({ training, command }) => [training, command]);
  const note =
    "Dense: the float network, trained with the penalty that its configuration names. Module: int8 weights and activations, pruned by one command.\n";
  return [
    "## Pruned without retraining\n",
    note,
    table(head, body),
    `\`\`\`sh\n${[...new Set(commands)].join("\n")}\n\`\`\`\n`,
  ];
}

function ablationSections({ studies, arms }: Ablation): string[] {
  return Object.entries(studies).flatMap(([name, study]) => {
    const own = arms.filter(arm => arm.study === name);
    if (own.length === 0) return [];
    const names = [...new Set(own.map(({ arm }) => arm))];
    const baseline = armOf(own, study.baseline);
    const rows = names.map(arm => {
      const found = armOf(own, arm)!;
      const verdict = baseline === undefined ? "" : verdictOn(found, baseline);
      return [
        arm === study.baseline ? `${arm} (baseline)` : arm,
        String(own.find(row => row.arm === arm)!.epochs),
        estimateText(found.top1),
        percent(found.zeros),
        estimateOf(own.filter(row => row.arm === arm).map(row => row.cosine)).mean.toFixed(3),
        baseline === undefined ? "" : points(found.top1.mean - baseline.top1.mean),
        arm === study.baseline ? "" : verdict,
      ];
    });
    const head = ["arm", "epochs", "top-1", "zeros", "cosine", "difference", "verdict"];
    return [
      `## Ablation: ${study.title}\n`,
      `Accuracy of the integer forward on ${study.samples} training samples held back, mean ± standard error over seeds; the float network ` +
        `that every arm starts from has ${percent(study.floatTop1)}. A recipe becomes the default only if it beats the baseline by more than two ` +
        `standard errors of the difference at equal zeros, over at least ${DECIDING_SEEDS} seeds.\n`,
      table(head, rows),
      `\`\`\`sh\n${study.command}\n\`\`\`\n`,
      `${decision(names, own, study.baseline)}\n`,
    ];
  });
}

/** What the rule says of the whole study. */
function decision(names: readonly string[], own: readonly AblationArm[], base: string): string {
  const baseline = armOf(own, base);
  if (baseline === undefined) return `Undecided: the baseline \`${base}\` has not been run.`;
  const winners = names
    .map(name => ({ name, arm: armOf(own, name)! }))
    .filter(({ arm }) => verdictOn(arm, baseline) === "better")
    .sort((a, b) => b.arm.top1.mean - a.arm.top1.mean);
  if (winners.length === 0)
    return `**No-go**: no arm beats \`${base}\` by the rule; what sets them apart stays off unless asked for.`;
  return `**Go**: \`${winners[0]!.name}\` beats \`${base}\` by the rule.`;
}

function armOf(rows: readonly AblationArm[], name: string): Arm | undefined {
  const own = rows.filter(({ arm }) => arm === name);
  if (own.length === 0) return undefined;
  return {
    top1: estimateOf(own.map(({ top1 }) => top1)),
    zeros: estimateOf(own.map(({ zeros }) => zeros)).mean,
  };
}

function estimateText({ mean, error, count }: Estimate): string {
  if (error === undefined) return `${percent(mean)} (1)`;
  return `${(100 * mean).toFixed(2)} ± ${(100 * error).toFixed(2)} % (${count})`;
}

function latencyText(latencyUs: number | undefined): string {
  return latencyUs === undefined ? "" : `${latencyUs.toFixed(0)} µs`;
}

function points(difference: number): string {
  const value = (100 * difference).toFixed(2);
  return `${difference > 0 ? "+" : ""}${value}`.replace("-", "−");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return `${[line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n")}\n`;
}
