/**
 * @file Times every call of a module that `splitRun` has prepared.
 *
 * `timeCalls` is sent to other engines as text: it uses nothing from outside
 * itself but WebAssembly and `performance`.
 */

export interface TimeOptions {
  /** Time for all rounds together. */
  readonly budgetMs: number;
  /** Runs before the first round, until engines have compiled what is hot. */
  readonly warmMs: number;
  /** Set where the clock is too coarse for one call: calls are repeated to fill this, in place. */
  readonly loopMs?: number;
  /** Which of all samples counts, 0 to 1: the median unless told; less where other programs disturb. */
  readonly quantile?: number;
  /** Of the module, in order: each run finds values there, since the one before has consumed them. */
  readonly inputs?: readonly { readonly dtype: string; readonly shape: readonly number[] }[];
}

export interface CallTimes {
  /** Nanoseconds of each call. */
  readonly calls: readonly number[];
  /** Of a whole run, by `tritc_run`; measured in turn with the calls. */
  readonly run: number;
}

/** Times the calls in the order of a run, so that each finds memory as a run leaves it. */
export function timeCalls(wasm: Uint8Array, count: number, options: TimeOptions): CallTimes {
  const module = new WebAssembly.Module(wasm as BufferSource);
  // What commands import is only called by their shell.
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: () => 0 };
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const entries = Array.from({ length: count }, (_, i) => exports[`tritc_call_${i}`]) as ((
    times: number,
  ) => void)[];
  const { buffer } = exports.memory as WebAssembly.Memory;
  const inputOf = exports.tritc_input as (index: number) => number;
  const feeds = (options.inputs ?? []).map(({ dtype, shape }, index) => {
    const elements = shape.reduce((product, length) => product * length, 1);
    // Numbers that are neither zero nor denormal, which take times of their own.
    const values =
      dtype === "f32"
        ? Float32Array.from({ length: elements }, (_, i) => (i % 19) / 8 - 1.1)
        : Int8Array.from({ length: elements }, (_, i) => i % 101);
    const bytes = new Uint8Array(values.buffer);
    return { bytes, target: new Uint8Array(buffer, inputOf(index), bytes.length) };
  });
  const feed = (): void => {
    for (const { bytes, target } of feeds) target.set(bytes);
  };
  const run = exports.tritc_run as () => number;
  const now = (): number => performance.now();
  const samples: number[][] = entries.map(() => []);
  const runs: number[] = [];
  const clock: number[] = [];
  const loops: number[] = entries.map(() => 1);
  const { quantile = 0.5 } = options;
  const typical = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor((values.length - 1) * quantile)] ?? 0;
  const warmUntil = now() + options.warmMs;
  while (now() < warmUntil) {
    feed();
    for (const entry of entries) entry(1);
    feed();
    run();
  }
  if (options.loopMs !== undefined) {
    feed();
    for (const [i, entry] of entries.entries()) {
      for (let took = 0; took < options.loopMs; loops[i]! *= 2) {
        const start = now();
        entry(loops[i]! * 2);
        took = now() - start;
      }
    }
  }
  const end = now() + options.budgetMs;
  for (let round = 0; round < 10 || (now() < end && round < 1000); round++) {
    feed();
    for (const [i, entry] of entries.entries()) {
      const start = now();
      entry(loops[i]!);
      const stop = now();
      clock.push(now() - stop);
      samples[i]!.push((stop - start) / loops[i]!);
    }
    feed();
    const start = now();
    run();
    runs.push(now() - start);
  }
  const tick = options.loopMs === undefined ? typical(clock) : 0;
  return {
    calls: samples.map(times => Math.max(0, typical(times) - tick) * 1e6),
    run: Math.max(0, typical(runs) - tick) * 1e6,
  };
}
