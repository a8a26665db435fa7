/**
 * @file Interleaved timing: every candidate in every round, so that a machine
 * whose speed drifts slows them all alike, and ratios hold.
 */

export interface Candidate {
  readonly name: string;
  /** One inference. */
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** Per inference, in microseconds. */
  readonly medianUs: number;
  /** First and third quartile of the rounds. */
  readonly lowUs: number;
  readonly highUs: number;
  /** Of the fastest round. */
  readonly leastUs: number;
}

export interface RoundOptions {
  readonly rounds: number;
  /** Each candidate runs at least this long in a round. */
  readonly roundMs: number;
}

/** Warms each candidate up, then times all of them in turn, `rounds` times. */
export async function timeInterleaved(
  candidates: readonly Candidate[],
  { rounds, roundMs }: RoundOptions,
): Promise<Timing[]> {
  const counts: number[] = [];
  for (const candidate of candidates) counts.push(await repetitionsFor(candidate, roundMs));
  const samples: number[][] = candidates.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, candidate] of candidates.entries()) {
      samples[index]!.push((await timeOnce(candidate, counts[index]!)) / counts[index]!);
    }
  }
  return candidates.map(({ name }, index) => summarize(name, samples[index]!));
}

/** Warms up for two rounds' time and returns how many runs fill one. */
async function repetitionsFor(candidate: Candidate, roundMs: number): Promise<number> {
  let count = 1;
  let elapsedUs = await timeOnce(candidate, count);
  while (elapsedUs < 2000 * roundMs) {
    count *= 2;
    elapsedUs = await timeOnce(candidate, count);
  }
  return Math.max(1, Math.ceil((count * 1000 * roundMs) / elapsedUs));
}

async function timeOnce({ run }: Candidate, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  return (performance.now() - start) * 1000;
}

function summarize(name: string, samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  return { name, medianUs: at(0.5), lowUs: at(0.25), highUs: at(0.75), leastUs: at(0) };
}
