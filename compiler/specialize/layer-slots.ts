/**
 * @file The custom section that says which layers of a module may be replaced
 * by code: one slot of its function table each.
 *
 * **Layout:** unsigned LEB128 numbers: the version, the number of slots, then
 * the fields of each slot in the order of `FIELDS`, and at last the checksum of
 * all bytes before it: no address tells by itself whether it is the right one.
 *
 * **Source:** FNV-1a of 32 bits, The FNV Non-Cryptographic Hash Algorithm, IETF
 * draft-eastlake-fnv. It tells any change of one byte.
 */

export const SPECIALIZE_SECTION = "tritc:specialize";
const SECTION_VERSION = 2;

const FIELDS = [
  "x",
  "y",
  "z",
  "parameters",
  "lists",
  "scratch",
  "scratchBytes",
  "room",
  "roomBytes",
] as const;

/** A layer on channel planes; slot i of the table is called to compute it. All but sizes are addresses. */
export type LayerSlot = {
  /**
   * `x`, `y`, `z`, `scratch`: as code takes them (code-function.ts).
   * `parameters`: of list-parameters.ts; `lists`: of sparse-lists.ts.
   * `room`: for the parameters and the mask of code; zeros until it is there.
   */
  readonly [field in (typeof FIELDS)[number]]: number;
};

/** Why a section cannot be used. */
export interface SectionFault {
  readonly expected: string;
  readonly got: string;
}

const GROUP_BITS = 7;
const MORE = 0x80;
/** Bytes of a number of 32 bits. */
const MAX_GROUPS = 5;

export function writeSlots(slots: readonly LayerSlot[]): Uint8Array {
  const numbers = [
    SECTION_VERSION,
    slots.length,
    ...slots.flatMap(slot => FIELDS.map(field => slot[field])),
  ];
  const content = numbers.flatMap(unsigned);
  return Uint8Array.from([...content, ...unsigned(checksumOf(content))]);
}

/** `value` as unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= MORE; rest = Math.floor(rest / MORE)) bytes.push((rest % MORE) | MORE);
  return [...bytes, rest];
}

export function readSlots(bytes: Uint8Array): readonly LayerSlot[] | SectionFault {
  const numbers = readNumbers(bytes);
  const [version, count, ...values] = numbers ?? [];
  if (version !== undefined && version !== SECTION_VERSION) {
    return { expected: `version ${SECTION_VERSION}`, got: `version ${version}` };
  }
  const checksum = values.pop();
  if (checksum !== undefined) {
    const own = checksumOf(bytes.subarray(0, bytes.length - unsigned(checksum).length));
    if (checksum !== own) return { expected: `the checksum ${own}`, got: `${checksum}` };
  }
  if (count === undefined || values.length !== count * FIELDS.length) {
    const got = numbers === undefined ? "half a number" : `${values.length} numbers`;
    return { expected: `${FIELDS.length} numbers for each of ${count ?? "its"} slots`, got };
  }
  return Array.from(
    { length: count },
    (_, slot) =>
      Object.fromEntries(
        FIELDS.map((field, i) => [field, values[slot * FIELDS.length + i]!]),
      ) as LayerSlot,
  );
}

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function checksumOf(bytes: Iterable<number>): number {
  let sum = FNV_START;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, FNV_PRIME);
  return sum >>> 0;
}

function readNumbers(bytes: Uint8Array): number[] | undefined {
  const numbers: number[] = [];
  let value = 0;
  let groups = 0;
  for (const byte of bytes) {
    value += (byte & (MORE - 1)) * 2 ** (GROUP_BITS * groups++);
    if (byte >= MORE && groups < MAX_GROUPS) continue;
    numbers.push(value);
    value = 0;
    groups = 0;
  }
  return groups === 0 ? numbers : undefined;
}
