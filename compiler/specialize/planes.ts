/**
 * @file Channel planes: how images lie in memory for code that runs its lanes
 * over pixels.
 *
 * Elements are i16. Each channel is a plane of rows; rows have room for a halo
 * before and after. With two phases the even and the odd columns of a row lie
 * apart, so that a window of stride 2 reads neighbours.
 */

export interface Planes {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  /** Bytes from one channel, and from one row, to the next. */
  readonly planeBytes: number;
  readonly rowBytes: number;
  /** Columns of halo before the first. */
  readonly left: number;
  readonly phases: 1 | 2;
  /** Bytes from the even to the odd columns of a row; 0 with one phase. */
  readonly phaseBytes: number;
}

export const ELEMENT_BYTES = 2;
/** Pixels in a vector. */
export const LANES = 8;

/** Bytes of `column` (from −left on) within its row. */
export function columnOffset(planes: Planes, column: number): number {
  const padded = column + planes.left;
  const phase = padded % planes.phases;
  return phase * planes.phaseBytes + Math.floor(padded / planes.phases) * ELEMENT_BYTES;
}
