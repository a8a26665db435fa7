/**
 * @file The texts of the shell.
 *
 * `text` gives the address of `ascii` as bytes with a zero at the end: scripts/build-kernels.ts
 * puts a `memory.data` in its place, as literals of the language take two bytes a
 * character, and a header.
 */
declare function text(ascii: string): usize;
