/** @file Tables and sizes as plain text. */

/** Columns two spaces apart; numbers to the right, text to the left. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, String(cell).length);
    });
  }
  return rows
    .map(row => row.map((cell, column) => aligned(cell, widths[column]!)).join("  "))
    .map(line => `${line.trimEnd()}\n`)
    .join("");
}

function aligned(cell: string | number, width: number): string {
  return typeof cell === "number" ? String(cell).padStart(width) : cell.padEnd(width);
}

/** A size as people read it: `612 B`, `38.4 kB` (1 kB is 1000 bytes). */
export function bytesText(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`;
  return `${(size / 1e6).toFixed(2)} MB`;
}

/** A share of 0 to 1 as `98.91 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** A count as `12.5 M`. */
export function countText(count: number): string {
  if (count < 1e4) return String(count);
  if (count < 1e6) return `${(count / 1e3).toFixed(1)} k`;
  return `${(count / 1e6).toFixed(2)} M`;
}
