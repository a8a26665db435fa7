/** @file How long one layer takes, ours and theirs. */

export interface LayerTime {
  readonly channels: number;
  readonly side: number;
  /** Multiplications of a dense layer, in millions. */
  readonly mmac: number;
  readonly zeros: number;
  /** Microseconds per layer, by contender; 0 where the difference drowned in noise. */
  readonly us: Readonly<Record<string, number>>;
}
