/**
 * @file Which output channels make a block: those whose weights are alike, so
 * that they share sums and loads.
 *
 * Two channels share what both add or both subtract, one sum for both, and
 * what one adds and the other subtracts, another. The larger such a sum, the
 * more of it a third channel shares: likeness is the squares of both counts.
 * Blocks begin with the most alike pair and take what is most like all they
 * have; then channels change places as long as that gains.
 */

/** Rounds of exchanges at most. */
const MAX_ROUNDS = 10;

/**
 * `channels` in groups of the given sizes, each ascending.
 *
 * @param weights trits, `taps` of each channel one after the other
 * @param sizes sum up to the number of channels
 */
export function groupSimilar(
  weights: ArrayLike<number>,
  taps: number,
  channels: readonly number[],
  sizes: readonly number[],
): number[][] {
  if (sizes.length === 1) return [[...channels]];
  const likeness = likenessOf(channels.map(channel => signsOf(weights, channel * taps, taps)));
  const groups = grow(likeness, sizes);
  for (let round = 0; round < MAX_ROUNDS && exchange(likeness, groups); round++);
  return groups.map(group => group.sort((a, b) => a - b).map(index => channels[index]!));
}

/** Row i holds how alike i is to each other; it is not like itself. */
type Likeness = readonly Float64Array[];

/** Which taps are added, and which subtracted: a bit each. */
interface Signs {
  readonly plus: Int32Array;
  readonly minus: Int32Array;
}

function signsOf(weights: ArrayLike<number>, first: number, taps: number): Signs {
  const plus = new Int32Array(Math.ceil(taps / 32));
  const minus = new Int32Array(plus.length);
  for (let tap = 0; tap < taps; tap++) {
    const weight = weights[first + tap]!;
    if (weight !== 0) (weight > 0 ? plus : minus)[tap >> 5]! |= 1 << (tap & 31);
  }
  return { plus, minus };
}

function likenessOf(signs: readonly Signs[]): Likeness {
  const likeness = signs.map(() => new Float64Array(signs.length));
  for (const [i, a] of signs.entries()) {
    for (let j = 0; j < i; j++) {
      likeness[i]![j] = likenessOfPair(a, signs[j]!);
      likeness[j]![i] = likeness[i]![j]!;
    }
  }
  return likeness;
}

function likenessOfPair(a: Signs, b: Signs): number {
  let alike = 0;
  let opposite = 0;
  for (let word = 0; word < a.plus.length; word++) {
    const [p, m, q, n] = [a.plus[word]!, a.minus[word]!, b.plus[word]!, b.minus[word]!];
    alike += ones((p & q) | (m & n));
    opposite += ones((p & n) | (m & q));
  }
  return alike ** 2 + opposite ** 2;
}

/** Ones among 32 bits: Warren, Hacker's Delight, §5–1. */
function ones(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}

function grow(likeness: Likeness, sizes: readonly number[]): number[][] {
  const isTaken = new Uint8Array(likeness.length);
  const gains = new Float64Array(likeness.length);
  /** Of those that are left, the one that gains most. */
  const take = (): number => {
    let best = -1;
    for (let i = 0; i < gains.length; i++) {
      if (!isTaken[i] && (best < 0 || gains[i]! > gains[best]!)) best = i;
    }
    isTaken[best] = 1;
    return best;
  };
  return sizes.map(size => {
    for (let i = 0; i < gains.length; i++)
      gains[i] = isTaken[i] ? 0 : mostAlike(likeness[i]!, isTaken);
    const group = [take()];
    gains.fill(0);
    while (group.length < size) {
      const last = likeness[group.at(-1)!]!;
      for (let i = 0; i < gains.length; i++) gains[i]! += last[i]!;
      group.push(take());
    }
    return group;
  });
}

/** How alike a channel is to the most alike of those that are left. */
function mostAlike(own: Float64Array, isTaken: Uint8Array): number {
  let most = 0;
  for (let j = 0; j < own.length; j++) if (!isTaken[j] && own[j]! > most) most = own[j]!;
  return most;
}

/** Exchanges channels of two groups wherever both groups together gain; says whether any did. */
function exchange(likeness: Likeness, groups: readonly number[][]): boolean {
  /** How alike each channel is to all of each group. */
  const bonds = groups.map(group =>
    Float64Array.from(likeness, own => group.reduce((sum, other) => sum + own[other]!, 0)),
  );
  let isBetter = false;
  for (const [g, one] of groups.entries()) {
    for (const [h, other] of groups.slice(0, g).entries()) {
      const [toOne, toOther] = [bonds[g]!, bonds[h]!];
      for (let i = 0; i < one.length; i++) {
        for (let j = 0; j < other.length; j++) {
          const [a, b] = [one[i]!, other[j]!];
          const gain = toOther[a]! + toOne[b]! - toOne[a]! - toOther[b]!;
          if (gain <= 2 * likeness[a]![b]!) continue;
          [one[i], other[j]] = [b, a];
          isBetter = true;
          for (let c = 0; c < toOne.length; c++) {
            const change = likeness[c]![b]! - likeness[c]![a]!;
            toOne[c]! += change;
            toOther[c]! -= change;
          }
        }
      }
    }
  }
  return isBetter;
}
