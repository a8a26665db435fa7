/** @file How fast a run goes, and how long it still takes. */

/** Weight of the newest step in the running mean. */
const NEWEST = 0.05;

export class Pace {
  readonly #totalSteps: number;
  readonly #batch: number;
  #last = 0;
  #secondsPerStep = 0;
  #done = 0;

  constructor(totalSteps: number, batch: number) {
    this.#totalSteps = totalSteps;
    this.#batch = batch;
  }

  /** What went before is not counted: evaluation, saving. */
  start(): void {
    this.#last = performance.now();
  }

  /** One more step, `done` in all. */
  tick(done: number): void {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    const weight = this.#secondsPerStep === 0 ? 1 : NEWEST;
    this.#secondsPerStep += weight * (seconds - this.#secondsPerStep);
    this.#last = now;
    this.#done = done;
  }

  get imagesPerSecond(): number {
    return this.#secondsPerStep === 0 ? 0 : this.#batch / this.#secondsPerStep;
  }

  get secondsLeft(): number {
    return (this.#totalSteps - this.#done) * this.#secondsPerStep;
  }
}
