/** @file What the documents show of the trainer is what it does. */

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { METHOD_KINDS, parseConfig } from "../../trainer/index.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), "utf8");

/** The fenced blocks in `language`. */
function blocks(markdown: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...markdown.matchAll(fence)].map(match => match[1]!);
}

describe("docs/training.md", () => {
  test("shows configurations that are valid", async () => {
    const found = blocks(await read("docs/training.md"), "json");
    expect(found.length).toBeGreaterThan(1);
    for (const block of found) parseConfig(JSON.parse(block));
  });

  test("names every method and every option", async () => {
    const text = await read("docs/training.md");
    const words = METHOD_KINDS.flatMap(kind => [kind.name, ...Object.keys(kind.options.shape)]);
    expect(words).toContain("ternary");
    expect(words.filter(word => word !== "kind" && !text.includes(`\`${word}\``))).toEqual([]);
  });
});

test("docs/adding-a-method.md names every part of a method", async () => {
  const source = await read("trainer/methods/method.ts");
  const body = /^export interface WeightMethod \{\n([\s\S]*?)^\}/m.exec(source)![1]!;
  const parts = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(match => match[1]!);
  expect(parts).toContain("learned");
  const text = await read("docs/adding-a-method.md");
  const told = ["name", "weights"];
  expect(parts.filter(part => !told.includes(part) && !text.includes(`\`${part}\``))).toEqual([]);
});

test("docs/adding-a-method.md shows code that is in its file", async () => {
  const found = blocks(await read("docs/adding-a-method.md"), "ts");
  expect(found.length).toBeGreaterThan(1);
  for (const block of found) {
    const [, path, code] = /^\/\/ (\S+)\n([\s\S]*)$/.exec(block)!;
    expect(await read(path!)).toContain(code!);
  }
});
