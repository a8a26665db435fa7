/** @file Reads the text form of a graph; see `print.ts`. */

import type { Tensor } from "../../core/tensor.ts";
import { collectProblems } from "../diagnostics/diagnostic.ts";
import type { OpAttributes } from "./attributes.ts";
import type { Graph, GraphOutput, Node, NodeId, OpKind, ValueType } from "./graph.ts";
import { Scanner } from "./scanner.ts";

const HEADER = /^\s*graph\b/;
const IGNORED = /^\s*(?:\/\/.*)?$/;

/**
 * The graph that `text` describes. Types are taken as written: `verifyGraph`
 * compares them with inference. Tensors that the text names by hash come from
 * `constants`, which `constantsOf` makes. Lines that begin with `//` are
 * comments.
 *
 * @throws graph/parse with the problems of all lines, each at line:column, via ModelError
 */
export function parseGraph(
  text: string,
  constants: ReadonlyMap<string, Tensor> = new Map(),
): Graph {
  const draft = new Draft();
  const lines = [...text.split("\n").entries()].filter(([, line]) => !IGNORED.test(line));
  const last = lines.at(-1)?.[0] ?? 0;
  collectProblems(lines, ([index, line]) => {
    parseLine(new Scanner(line, index + 1, constants), draft, HEADER.test(line));
  });
  draft.demandComplete(new Scanner("", last + 1, constants));
  return draft.graph();
}

/** What has been read so far. */
class Draft {
  name: string | undefined;
  closed = false;
  readonly nodes: Node[] = [];
  readonly inputs: NodeId[] = [];
  readonly metadata = new Map<string, string>();
  /** Ids given so far, also to lines with problems: their readers are not at fault. */
  readonly ids = new Set<NodeId>();
  outputs: readonly GraphOutput[] | undefined;

  demandComplete(end: Scanner): void {
    if (this.name === undefined) end.fail('expected "graph NAME(…) {"');
    if (this.outputs === undefined) end.fail('expected "return" before the end of the graph');
    if (!this.closed) end.fail('expected "}" at the end of the graph');
    for (let id = 0; id < this.nodes.length; id++) {
      if (this.nodes[id] === undefined) end.fail(`there is no %${id}: ids are consecutive from %0`);
    }
  }

  graph(): Graph {
    const { name, nodes, inputs, outputs } = this;
    const metadata = Object.fromEntries(this.metadata);
    return { name: name!, nodes, inputs, outputs: outputs!, metadata };
  }
}

function parseLine(scanner: Scanner, draft: Draft, isHeader: boolean): void {
  if (draft.closed) scanner.fail("expected nothing after the end of the graph");
  if (isHeader) parseHeader(scanner, draft);
  else if (scanner.accept("metadata ")) parseMetadata(scanner, draft);
  else if (scanner.accept("return ")) parseReturn(scanner, draft);
  else if (scanner.accept("}")) draft.closed = true;
  else parseNode(scanner, draft);
  if (!scanner.done) scanner.fail("expected the end of the line");
}

function parseHeader(scanner: Scanner, draft: Draft): void {
  scanner.expect("graph");
  if (draft.name !== undefined) scanner.fail("a text holds one graph");
  draft.name = scanner.word("a name");
  scanner.expect("(");
  scanner.list(")", () => parseInput(scanner, draft));
  scanner.expect("{");
}

function parseInput(scanner: Scanner, draft: Draft): void {
  const id = parseNewId(scanner, draft);
  const name = scanner.word("the name of an input");
  const own = scanner.accept("as ") ? parseOwnName(scanner) : { name };
  scanner.expect(":");
  const { dtype, shape } = scanner.type();
  const attrs = { name, dtype, shape };
  draft.nodes[id] = { id, kind: "input", inputs: [], attrs, type: { dtype, shape }, ...own };
  draft.inputs.push(id);
}

/** `_` is no name. */
function parseOwnName(scanner: Scanner): { name?: string } {
  return scanner.accept("_") ? {} : { name: scanner.word("a name") };
}

function parseMetadata(scanner: Scanner, draft: Draft): void {
  const key = scanner.word("a key");
  scanner.expect("=");
  draft.metadata.set(key, scanner.word("a value"));
}

function parseReturn(scanner: Scanner, draft: Draft): void {
  if (draft.outputs !== undefined) scanner.fail("a graph returns once");
  const outputs: GraphOutput[] = [];
  do {
    const name = scanner.word("the name of an output");
    scanner.expect("=");
    outputs.push({ name, id: parseOperand(scanner, draft) });
  } while (scanner.accept(","));
  draft.outputs = outputs;
}

function parseNode(scanner: Scanner, draft: Draft): void {
  const id = parseNewId(scanner, draft);
  scanner.expect("=");
  const kind = scanner.word("an op") as OpKind;
  const { inputs, attrs, type } =
    kind === "const" ? parseConstant(scanner) : parseComputation(scanner, draft);
  const name = scanner.name();
  const node = { id, kind, inputs, attrs, type, ...(name === undefined ? {} : { name }) };
  draft.nodes[id] = node as unknown as Node;
}

interface Computation {
  readonly inputs: readonly NodeId[];
  readonly attrs: unknown;
  readonly type: ValueType;
}

function parseConstant(scanner: Scanner): Computation {
  const type = scanner.type();
  const tensor = scanner.data(type);
  const { quantization } = type;
  const attrs: OpAttributes["const"] = {
    tensor,
    ...(quantization === undefined ? {} : { quantization }),
  };
  return { inputs: [], attrs, type };
}

function parseComputation(scanner: Scanner, draft: Draft): Computation {
  const inputs: NodeId[] = [];
  if (!scanner.at("{") && !scanner.at(":")) {
    do inputs.push(parseOperand(scanner, draft));
    while (scanner.accept(","));
  }
  const attrs = scanner.accept("{") ? scanner.record() : {};
  scanner.expect(":");
  return { inputs, attrs, type: scanner.type() };
}

function parseNewId(scanner: Scanner, draft: Draft): NodeId {
  const { column } = scanner;
  const id = scanner.id();
  if (draft.ids.has(id)) scanner.fail(`%${id} is defined twice`, column);
  draft.ids.add(id);
  return id;
}

function parseOperand(scanner: Scanner, draft: Draft): NodeId {
  const { column } = scanner;
  const id = scanner.id();
  if (!draft.ids.has(id)) scanner.fail(`%${id} is not defined before`, column);
  return id;
}
