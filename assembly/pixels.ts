/**
 * @file Steps through the output pixels of an image, row after row, as one sequence.
 *
 * A tile takes MR neighbours of the sequence, so only the last tile of an
 * image, not of each row, may be partly empty. The pointer of an absent pixel
 * repeats its neighbour's: it computes the same and writes the same.
 */

/** The column after `col`. */
@inline
export function nextColumn(col: i32, cols: i32): i32 {
  return col + 1 < cols ? col + 1 : 0;
}

/** Bytes from the last pixel of a row to the first of the next. */
@inline
export function wrapStep(cols: i32, byRow: i32, byCol: i32): i32 {
  return byRow - (cols - 1) * byCol;
}

/** The pixel in column `col`, given the one before it. */
@inline
export function nextPixel(before: usize, col: i32, byCol: i32, wrap: i32): usize {
  return before + <usize>(col ? byCol : wrap);
}
