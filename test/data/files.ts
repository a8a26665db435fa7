/** @file Small data files, made as their formats say. */

/** An idx file of u8. */
export function idxFile(dims: readonly number[], elements: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dims.length));
  header.setUint8(2, 8);
  header.setUint8(3, dims.length);
  dims.forEach((dim, axis) => {
    header.setUint32(4 + 4 * axis, dim);
  });
  return Buffer.concat([new Uint8Array(header.buffer), Uint8Array.from(elements)]);
}

/** A CIFAR-10 batch: record i has label `labels[i]` and pixels red i, green 2i + k, blue 255 − i. */
export function cifarBatch(labels: readonly number[]): Uint8Array {
  const records = labels.map((label, i) => {
    const planes = [() => i, (k: number) => (2 * i + k) % 256, () => 255 - i];
    const pixels = planes.flatMap(plane => Array.from({ length: 1024 }, (_, k) => plane(k)));
    return Uint8Array.from([label, ...pixels]);
  });
  return Buffer.concat(records);
}

/** A tar archive of plain files. */
export function tarFile(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, data]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(data.length.toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
