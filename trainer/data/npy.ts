/**
 * @file Reads and writes NumPy's `.npy`: one array with its type and shape.
 *
 * **Source** NEP 1, versions 1.0 to 3.0. Little-endian, C order.
 */

import { allocate, type DType, dtypeBytes } from "../../core/dtype.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import { bytesOf, type Tensor } from "../../core/tensor.ts";
import { badFormat } from "./locate.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** Array data starts at a multiple of this. */
const ALIGNMENT = 64;
const VERSION_1 = [1, 0] as const;

/** Type words without their byte order. */
const DTYPE_OF: Readonly<Record<string, DType>> = {
  b1: "bool",
  u1: "u8",
  i1: "i8",
  u2: "u16",
  i2: "i16",
  u4: "u32",
  i4: "i32",
  u8: "u64",
  i8: "i64",
  f4: "f32",
  f8: "f64",
};

/** Parses `bytes`; `at` names the file in messages. @throws data/bad-format */
export function parseNpy(bytes: Uint8Array, at: string): Tensor {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw badFormat(at, "byte 0: this is not a .npy file", {
      help: 'write it with numpy.save("x.npy", array)',
    });
  }
  const { text, dataStart } = readHeader(bytes, at);
  const dtype = dtypeIn(text, at);
  if (/'fortran_order':\s*True/.test(text)) {
    throw badFormat(at, "the array is in Fortran order", {
      help: "save numpy.ascontiguousarray(array)",
    });
  }
  const shape = shapeIn(text, at);
  const size = elementCount(shape) * dtypeBytes(dtype);
  if (bytes.length - dataStart < size) {
    throw badFormat(
      at,
      `byte ${dataStart}: ${dtype}[${shape.join(",")}] needs ${size} bytes, ` +
        `the file has ${bytes.length - dataStart}`,
    );
  }
  const data = allocate(dtype, elementCount(shape));
  const tensor: Tensor = { dtype, shape, data };
  bytesOf(tensor).set(bytes.subarray(dataStart, dataStart + size));
  return tensor;
}

function readHeader(
  bytes: Uint8Array,
  at: string,
): { readonly text: string; readonly dataStart: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = bytes[6] === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (bytes.length < headerStart) throw badFormat(at, "the file ends in its header");
  const length = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + length;
  if (bytes.length < dataStart) throw badFormat(at, "the file ends in its header");
  const text = new TextDecoder().decode(bytes.subarray(headerStart, dataStart));
  return { text, dataStart };
}

function dtypeIn(header: string, at: string): DType {
  const word = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header);
  const dtype = word?.[2] === undefined ? undefined : DTYPE_OF[word[2]];
  if (dtype === undefined || word?.[1] === ">") {
    const found = /'descr':\s*('[^']*'|\[[^\]]*\])/.exec(header)?.[1] ?? header.trim();
    throw badFormat(at, `the element type ${found} is not supported`, {
      notes: ["supported: little-endian integers of 1 to 8 bytes, float32, float64, bool"],
      help: 'convert with array.astype("<f4")',
    });
  }
  return dtype;
}

function shapeIn(header: string, at: string): Shape {
  const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const shape = dims
    ?.split(",")
    .filter(dim => dim.trim() !== "")
    .map(Number);
  if (shape === undefined || !shape.every(dim => Number.isInteger(dim) && dim >= 0)) {
    throw badFormat(at, "the header states no shape");
  }
  return shape;
}

/** The `.npy` file of a tensor. Requires a type of whole bytes. */
export function formatNpy(t: Tensor): Uint8Array {
  const word = Object.keys(DTYPE_OF).find(key => DTYPE_OF[key] === t.dtype);
  if (word === undefined) throw new RangeError(`.npy has no element type ${t.dtype}`);
  const order = dtypeBytes(t.dtype) === 1 ? "|" : "<";
  const dims = t.shape.length === 1 ? `${t.shape[0]},` : t.shape.join(", ");
  const dict = `{'descr': '${order}${word}', 'fortran_order': False, 'shape': (${dims}), }`;
  const unpadded = MAGIC.length + VERSION_1.length + 2 + dict.length + 1;
  const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
  const header = new TextEncoder().encode(`${dict}${" ".repeat(padding)}\n`);
  const prefix = [...MAGIC, ...VERSION_1, header.length & 255, header.length >> 8];
  const file = new Uint8Array(prefix.length + header.length + t.data.byteLength);
  file.set(prefix);
  file.set(header, prefix.length);
  file.set(bytesOf(t), prefix.length + header.length);
  return file;
}
