/** @file The calls of WASI preview 1 that the shell makes. Results are 0 or an error number. */

/** `vectors` → pairs of address and length; the number of bytes goes to `done`. */
@external("wasi_snapshot_preview1", "fd_read")
export declare function fd_read(fd: i32, vectors: usize, count: i32, done: usize): i32;

@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: i32, vectors: usize, count: i32, done: usize): i32;

@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function args_sizes_get(count: usize, bytes: usize): i32;

@external("wasi_snapshot_preview1", "args_get")
export declare function args_get(pointers: usize, texts: usize): i32;

@external("wasi_snapshot_preview1", "proc_exit")
export declare function proc_exit(code: i32): void;
