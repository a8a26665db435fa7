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

/** Engines compile what is called often a second time, and better: large functions after a hundred runs. */
const WARM_RUNS = 200;
/** A candidate is warm once a window of its runs is no faster than this share of the fastest before. */
const STEADY = 0.97;
const LONGEST_WARM_UP_MS = 20_000;

/** Warms up until runs do not become faster any more, and returns how many fill a round. */
async function repetitionsFor(candidate: Candidate, roundMs: number): Promise<number> {
  const start = performance.now();
  let least = Number.POSITIVE_INFINITY;
  let runs = 0;
  for (let count = 1; ; ) {
    const elapsedUs = await timeOnce(candidate, count);
    runs += count;
    const isLong = elapsedUs >= 2000 * roundMs;
    const isWarm = runs >= WARM_RUNS && elapsedUs / count > STEADY * least;
    if (isLong) least = Math.min(least, elapsedUs / count);
    if ((isLong && isWarm) || performance.now() - start > LONGEST_WARM_UP_MS) {
      return Math.max(1, Math.ceil((count * 1000 * roundMs) / elapsedUs));
    }
    if (!isLong) count *= 2;
  }
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
