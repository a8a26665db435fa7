/** @file The meaning of a tensor of integers. */

/**
 * What the integers of a tensor mean: real = scale · (q − zeroPoint) + mean.
 *
 * One scale and zero point for the whole tensor, or one per index of `axis`.
 */
export interface TensorQuantization {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  /** Present where there is more than one scale, or might be. */
  readonly axis?: number;
  /** f32, per index of `axis`; absent where all are 0. */
  readonly means?: readonly number[];
}
