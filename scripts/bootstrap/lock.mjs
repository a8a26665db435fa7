/** @file Lets one process at a time do what two at once would spoil. */

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";

const LOOK_AGAIN_MS = 200;
/** A lock of this age is left over, even if a process has its number: numbers are used again. */
const STALE_MS = 15 * 60_000;

/**
 * Runs `work` while this process holds `lock`, a file with its number.
 *
 * @param {string} lock
 * @param {() => void} onWait called once if another process holds it
 * @param {() => void} work
 */
export function alone(lock, onWait, work) {
  mkdirSync(dirname(lock), { recursive: true });
  for (let first = true; !take(lock); first = false) {
    if (first) onWait();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes the lock if nobody has it; takes it away from a process that is gone. @param {string} lock */
function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  if (isStale(lock)) rmSync(lock, { force: true });
  return false;
}

/** @param {string} lock */
function isStale(lock) {
  try {
    const age = Date.now() - statSync(lock).mtimeMs;
    return age > STALE_MS || !isRunning(Number(readFileSync(lock, "utf8")));
  } catch {
    // The holder has just given it back.
    return false;
  }
}

/** @param {number} pid 0 while the holder has yet to write its number */
function isRunning(pid) {
  try {
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
