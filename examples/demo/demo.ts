/**
 * @file `npm run demo`: from data to a WebAssembly module that reads characters.
 *
 * Trains a small ternary network on the embedded data, compiles it, runs the
 * module as a WASI command, and compares accuracy, size and latency. Every
 * step prints the command that repeats it.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openData } from "../../trainer/index.ts";
import { timeBoth } from "./latency.ts";

const OUT = "runs/demo";
const CONFIG = "examples/demo/characters.train.json";
const DATA = "characters";
/** Pictures that the WASI command reads before our eyes. */
const SHOWN = 8;

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

title("Train a float network, then the same one with weights -1, 0 and +1");
tritc(["train", CONFIG, "--out", OUT]);

title("Compile it into one module: weights in 2 bits, memory fixed");
tritc(["compile", `${OUT}/model.onnx`, "-o", `${OUT}/model.wasm`, "--target", "wasi"]);

title("Verify: the module gives the bits of the reference evaluator");
tritc(["verify", `${OUT}/model.onnx`, `${OUT}/model.wasm`, "--samples", "50"]);

title("Run it as a WASI command, pictures of unseen typefaces on standard input");
const test = await openData(DATA, { split: "test" });
for (let i = 0; i < SHOWN; i++) readCharacter(Math.floor((i * test.count) / SHOWN));

title("Compare");
const float = evaluate(`${OUT}/float.onnx`);
const module = evaluate(`${OUT}/model.wasm`);
const trained = JSON.parse(readFileSync(`${OUT}/log.json`, "utf8")).results.quantized.top1;
const times = await timeBoth(`${OUT}/model.wasm`, `${OUT}/float.onnx`, test.sample(0));
const size = (file: string): string => `${(statSync(`${OUT}/${file}`).size / 1000).toFixed(1)} kB`;
print(`
              accuracy  size       latency
  float       ${percent(float)}   ${size("float.onnx").padEnd(9)}  ${times.rivalUs.toFixed(0)} µs in ONNX Runtime Web, whose own WebAssembly is ${times.rivalMegabytes.toFixed(1)} MB
  ternary     ${percent(trained)}   ${size("model.onnx").padEnd(9)}  (integer forward of the trainer)
  module      ${percent(module)}   ${size("model.wasm").padEnd(9)}  ${times.ourUs.toFixed(0)} µs: ${(times.rivalUs / times.ourUs).toFixed(1)} times as fast, nothing else to load

All of it is in ${OUT}/. The commands above repeat each step.`);

function readCharacter(index: number): void {
  const [height, width] = test.shape;
  const file = `${OUT}/${index}.pgm`;
  const header = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
  writeFileSync(file, Buffer.concat([header, Uint8Array.from(test.sample(index))]));
  const label = test.classNames[test.labels![index]!]!;
  const command = ["examples/demo/wasi-run.mjs", `${OUT}/model.wasm`];
  print(`$ node ${command.join(" ")} < ${file}`);
  const run = spawnSync(process.execPath, ["--no-warnings", ...command], {
    input: readFileSync(file),
    encoding: "utf8",
  });
  if (run.status !== 0) fail(run.stderr);
  const { label: read, scores } = JSON.parse(run.stdout) as { label: string; scores: number[] };
  print(
    `  {"label":"${read}", …}  score ${Math.max(...scores).toFixed(2)}; the picture shows ${label}`,
  );
}

/** Accuracy of a model or module on the test set, 0 to 1. */
function evaluate(file: string): number {
  const args = ["eval", file, "--data", DATA, "--json"];
  print(commandLine(args));
  const run = spawnSync(process.execPath, ["bin/tritc.mjs", ...args], { encoding: "utf8" });
  if (run.status !== 0) fail(run.stderr);
  return (JSON.parse(run.stdout) as { top1: number }).top1;
}

function tritc(args: readonly string[]): void {
  print(commandLine(args));
  const { status } = spawnSync(process.execPath, ["bin/tritc.mjs", ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function commandLine(args: readonly string[]): string {
  return `$ npx tritc ${args.join(" ")}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function title(text: string): void {
  print(`\n== ${text} ==`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(message: string): never {
  process.stderr.write(message);
  process.exit(1);
}
