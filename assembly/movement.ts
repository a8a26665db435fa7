/** @file Copies over four dimensions, steps in bytes; neighbours are moved in blocks. */

/** Copies `bytes` bytes in blocks of type B; the last block overlaps the one before it. */
@inline
function copyRun<B>(x: usize, y: usize, bytes: usize): void {
  if (bytes < sizeof<B>()) {
    copyFew(x, y, bytes);
    return;
  }
  const last = bytes - sizeof<B>();
  for (let i: usize = 0; i < last; i += sizeof<B>()) store<B>(y + i, load<B>(x + i));
  store<B>(y + last, load<B>(x + last));
}

/** Copies fewer bytes than the widest block has. */
@inline
function copyFew(x: usize, y: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 4 <= bytes; i += 4) store<u32>(y + i, load<u32>(x + i));
  for (; i < bytes; i++) store<u8>(y + i, load<u8>(x + i));
}

/** Copies elements of type T, neighbours in blocks of type B. */
@inline
export function copy4<T, B>(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const size = <i32>sizeof<T>();
  const dense = x3 == size && y3 == size;
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        let a = x + <usize>(i * x0 + j * x1 + k * x2);
        let b = y + <usize>(i * y0 + j * y1 + k * y2);
        if (dense) {
          copyRun<B>(a, b, <usize>(d3 * size));
        } else {
          for (let left = d3; left > 0; left--) {
            store<T>(b, load<T>(a));
            a += x3;
            b += y3;
          }
        }
      }
    }
  }
}
