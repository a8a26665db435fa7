/**
 * @file Times modules in whatever engine it runs in; imports nothing but them.
 *
 * Every round has every module. Clocks of browsers are coarse, so rounds are
 * long.
 */

/** One module, as the staged folder holds it. */
export interface StagedModule {
  readonly name: string;
  /** In base64. */
  readonly wasm: string;
}

/** Microseconds of a run by module, medians; of those that the engine can load. */
export type Timings = Readonly<Record<string, number>>;

const WARM_UP_MS = 1500;
const ROUNDS = 15;
const ROUND_MS = 60;

interface Runner {
  readonly name: string;
  readonly run: () => void;
  readonly us: number[];
}

async function timeModules(): Promise<Timings> {
  const url = new URL("modules.js", import.meta.url).href;
  const { modules } = (await import(url)) as { modules: readonly StagedModule[] };
  const runners: Runner[] = [];
  for (const { name, wasm } of modules) {
    const bytes = Uint8Array.from(atob(wasm), letter => letter.charCodeAt(0));
    if (!WebAssembly.validate(bytes)) continue;
    const { instance } = await WebAssembly.instantiate(bytes, {});
    runners.push({ name, run: instance.exports.tritc_run as () => void, us: [] });
  }
  for (const { run } of runners) runFor(run, WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { run, us } of runners) us.push(runFor(run, ROUND_MS));
  }
  return Object.fromEntries(runners.map(({ name, us }) => [name, medianOf(us)]));
}

/** Microseconds of a run. */
function runFor(run: () => void, ms: number): number {
  const start = performance.now();
  let runs = 0;
  let passed = 0;
  while (passed < ms) {
    for (let i = 0; i < 20; i++) run();
    runs += 20;
    passed = performance.now() - start;
  }
  return (1000 * passed) / runs;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

if (typeof document === "undefined") console.log(JSON.stringify(await timeModules()));
else {
  const report = await timeModules().catch((error: unknown) => ({ failure: String(error) }));
  await fetch("report", { method: "POST", body: JSON.stringify(report) });
}
