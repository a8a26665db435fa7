/**
 * @file The rules that keep the tree in the shape that docs/architecture.md
 * draws. Each takes what it judges as an argument and returns its complaints,
 * one line each; no complaint, no fault.
 */

import { posix } from "node:path";
import ts from "typescript";

/** A source file: its path from the root, with forward slashes, and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** One row of the import table. Paths end in `/` for folders, else name a file. */
export interface ImportRule {
  readonly folder: string;
  readonly mayImport: readonly string[] | "anything";
}

/**
 * Reads the rows of the table whose last column says "may import".
 *
 * A row names one or more folders in backticks, and what they may import: paths
 * in backticks, "nothing", or "anything".
 */
export function parseImportTable(markdown: string): ImportRule[] {
  const lines = markdown.split("\n");
  const start = lines.findIndex(line => /^\|.*may import\s*\|$/.test(line));
  if (start < 0) return [];
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 2, end < 0 ? undefined : end).flatMap(line => {
    const cells = line.split("|").slice(1, -1);
    const permission = cells.at(-1) ?? "";
    const mayImport = /\banything\b/.test(permission) ? "anything" : codeWords(permission);
    return codeWords(cells[0] ?? "").map(folder => ({ folder, mayImport }));
  });
}

/** Imports that the table does not allow, and folders that it does not mention. */
export function forbiddenImports(
  files: readonly SourceText[],
  rules: readonly ImportRule[],
): string[] {
  return files.flatMap(file => {
    const rule = ruleFor(file.path, rules);
    if (rule === undefined) return [`${file.path} lies in no folder of the import table`];
    return relativeImports(file)
      .filter(target => !isAllowed(target, rule, rules))
      .map(target => `${file.path} imports ${target}: ${rule.folder} may not`);
  });
}

/** The most specific row, if there is one. */
function ruleFor(path: string, rules: readonly ImportRule[]): ImportRule | undefined {
  const fitting = rules.filter(rule => path.startsWith(rule.folder));
  return fitting.sort((a, b) => b.folder.length - a.folder.length)[0];
}

function isAllowed(target: string, rule: ImportRule, rules: readonly ImportRule[]): boolean {
  if (rule.mayImport === "anything") return true;
  if (ruleFor(target, rules) === rule) return true;
  return rule.mayImport.some(path =>
    path.endsWith("/") ? target.startsWith(path) : target === path,
  );
}

/** Chains of files that import each other in a ring, each once. */
export function importCycles(files: readonly SourceText[]): string[] {
  const imports = new Map(files.map(file => [file.path, relativeImports(file)]));
  const finished = new Set<string>();
  const rings: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) rings.push([...trail.slice(at), path].join(" -> "));
    if (at >= 0 || finished.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of files) visit(path, []);
  return rings;
}

/** Globals that reach outside: the host, the clock, chance. */
const IMPURE_GLOBALS = ["console", "Date", "fetch", "performance", "process", "setTimeout"];

/** Uses of the host, the clock or chance, where results must depend on arguments alone. */
export function impurities(file: SourceText): string[] {
  const found = importedModules(file).filter(name => name.startsWith("node:"));
  visitNodes(parse(file), node => {
    if (ts.isIdentifier(node) && IMPURE_GLOBALS.includes(node.text) && isUsed(node)) {
      found.push(node.text);
    }
    if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") {
      found.push("Math.random");
    }
  });
  return found.map(name => `${file.path} uses ${name}`);
}

/** Whether `name` stands where its value is taken: called, constructed, or accessed. */
function isUsed(name: ts.Identifier): boolean {
  const { parent } = name;
  return (
    (ts.isPropertyAccessExpression(parent) ||
      ts.isElementAccessExpression(parent) ||
      ts.isCallExpression(parent) ||
      ts.isNewExpression(parent)) &&
    parent.expression === name
  );
}

/** Modules outside the tree that `file` loads as soon as it is loaded itself. */
export function eagerPackages(file: SourceText): string[] {
  return parse(file)
    .statements.filter(
      statement => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement),
    )
    .flatMap(({ moduleSpecifier }) =>
      moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [],
    )
    .filter(name => !name.startsWith("."))
    .map(name => `${file.path} imports ${name}`);
}

export function defaultExports(file: SourceText): string[] {
  const isDefault = (statement: ts.Statement): boolean =>
    (ts.isExportAssignment(statement) && !statement.isExportEquals) ||
    (ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some(m => m.kind === ts.SyntaxKind.DefaultKeyword));
  return parse(file)
    .statements.filter(isDefault)
    .map(() => `${file.path} has a default export`);
}

/** Built by a command, so not in a fresh tree. */
const BUILT = ["assembly/build", "dist", "node_modules"];

/**
 * Paths in backticks that `tree`, the paths of all files, does not hold.
 *
 * A word is a path if it starts with a top-level folder and `/`; it may leave
 * out `.ts`, name a folder, or end in a pattern.
 */
export function missingPaths(document: SourceText, tree: readonly string[]): string[] {
  const folders = new Set(tree.filter(path => path.includes("/")).map(path => path.split("/")[0]));
  return codeWords(document.text)
    .filter(word => /^[\w.-]+\/\S*$/.test(word) && folders.has(word.split("/")[0]))
    .filter(word => !BUILT.some(folder => word.startsWith(folder)))
    .filter(word => !isInTree(word, tree))
    .map(word => `${document.path} mentions ${word}, which does not exist`);
}

function isInTree(word: string, tree: readonly string[]): boolean {
  const fixed = word.replace(/[*<{…].*$/, "").replace(/#.*$/, "");
  if (fixed !== word || fixed.endsWith("/")) return tree.some(path => path.startsWith(fixed));
  return tree.some(
    path => path === fixed || path === `${fixed}.ts` || path.startsWith(`${fixed}/`),
  );
}

function codeWords(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(match => match[1]!);
}

/** Files of the tree that `file` imports, types included. */
function relativeImports(file: SourceText): string[] {
  return importedModules(file)
    .filter(name => name.startsWith("."))
    .map(name => posix.normalize(posix.join(posix.dirname(file.path), name)))
    .map(path => (posix.extname(path) === "" ? `${path}.ts` : path));
}

function importedModules(file: SourceText): string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(found => found.fileName);
}

function parse(file: SourceText): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
}

function visitNodes(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, child => visitNodes(child, look));
}
