/** @file Content hashes of tensors, for value numbering and the text form. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesOf, type Tensor } from "./tensor.ts";

/** SHA-256 of `bytes`, in lower-case hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

const digests = new WeakMap<Tensor, string>();

/** First 16 hexadecimal digits of the SHA-256 of type, shape and bytes; cached. */
export function hashOf(t: Tensor): string {
  let digest = digests.get(t);
  if (digest === undefined) {
    const header = utf8ToBytes(`${t.dtype}[${t.shape.join(",")}]`);
    digest = bytesToHex(sha256.create().update(header).update(bytesOf(t)).digest()).slice(0, 16);
    digests.set(t, digest);
  }
  return digest;
}
