/**
 * @file Single-precision functions with every rounding written out.
 *
 * Each step rounds to f32, with no fused operation, so that the AssemblyScript
 * kernels compute the same bits on every engine. exp after Cephes `expf`
 * (S. Moshier): argument reduction by ln 2 in two parts, polynomial of degree
 * 6; its error is below 2 ULP.
 */

const f = Math.fround;

/** Arguments are clamped to this range: the results stay normal numbers. */
export const EXP_MIN = f(-87.3);
export const EXP_MAX = f(88.3);
const LOG2E = f(Math.LOG2E);
/** ln 2 = LN2_HIGH + LN2_LOW; n·LN2_HIGH is exact for the n that occur. */
const LN2_HIGH = f(0.693359375);
const LN2_LOW = f(-2.1219444e-4);
const EXP_COEFFICIENTS = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
].map(f);

/** e^x, with x clamped to `EXP_MIN`…`EXP_MAX`. Requires x not NaN. */
export function exp32(x: number): number {
  const clamped = Math.min(Math.max(f(x), EXP_MIN), EXP_MAX);
  const n = Math.floor(f(f(clamped * LOG2E) + 0.5));
  const r = f(f(clamped - f(n * LN2_HIGH)) - f(n * LN2_LOW));
  let p = EXP_COEFFICIENTS[0]!;
  for (let i = 1; i < EXP_COEFFICIENTS.length; i++) p = f(f(p * r) + EXP_COEFFICIENTS[i]!);
  const y = f(f(f(p * f(r * r)) + r) + 1);
  return f(y * 2 ** n);
}

/** 1 / (1 + e^−x). */
export function sigmoid32(x: number): number {
  return f(1 / f(1 + exp32(f(-x))));
}

/** From here on tanh is computed from exp; below by a polynomial. */
const TANH_SMALL = f(0.625);
const TANH_COEFFICIENTS = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
].map(f);

/**
 * Hyperbolic tangent, after Cephes `tanhf`. Below `TANH_SMALL` x + x·(z·P(z))
 * with z = x², else ±(1 − 2 / (e^2|x| + 1)).
 */
export function tanh32(x: number): number {
  const magnitude = Math.abs(f(x));
  if (magnitude < TANH_SMALL) return tanhNearZero(f(x));
  const y = f(1 - f(2 / f(exp32(f(magnitude + magnitude)) + 1)));
  return x < 0 ? -y : y;
}

function tanhNearZero(x: number): number {
  const z = f(x * x);
  let p = TANH_COEFFICIENTS[0]!;
  for (let i = 1; i < TANH_COEFFICIENTS.length; i++) p = f(f(p * z) + TANH_COEFFICIENTS[i]!);
  return f(f(f(p * z) * x) + x);
}

/** clamp(alpha · x + beta, 0, 1), alpha and beta rounded to f32. */
export function hardSigmoid32(x: number, alpha: number, beta: number): number {
  return Math.min(Math.max(f(f(f(alpha) * f(x)) + f(beta)), 0), 1);
}

/** x · clamp(x / 6 + 1/2, 0, 1), with the factor 1/6 rounded to f32. */
export function hardSwish32(x: number): number {
  return f(f(x) * hardSigmoid32(x, 1 / 6, 0.5));
}

/** From here on erf rounds to ±1. */
const ERF_SATURATES = 4;

/** Gauss error function: its series in double precision, rounded once. No kernel computes it. */
export function erf32(x: number): number {
  const y = f(x);
  if (Number.isNaN(y)) return y;
  if (Math.abs(y) >= ERF_SATURATES) return Math.sign(y);
  let term = y;
  let sum = y;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 2 ** -53; n++) {
    term *= (2 * y * y) / (2 * n + 1);
    sum += term;
  }
  return f((2 / Math.sqrt(Math.PI)) * Math.exp(-y * y) * sum);
}

/** Largest x/scale that is converted: keeps the conversion to i32 defined. */
const QUANTIZE_LIMIT = 2 ** 24;

/**
 * clamp(roundHalfEven(x / scale) + zeroPoint, min, max): ONNX QuantizeLinear.
 * NaN gives `min`, as a SIMD `max` that returns its second operand does not:
 * kernels test for it.
 */
export function quantize32(
  x: number,
  scale: number,
  zeroPoint: number,
  min: number,
  max: number,
): number {
  const scaled = f(f(x) / f(scale));
  if (Number.isNaN(scaled)) return min;
  const bounded = Math.min(Math.max(scaled, -QUANTIZE_LIMIT), QUANTIZE_LIMIT);
  return Math.min(Math.max(roundHalfEven(bounded) + zeroPoint, min), max);
}

/** Nearest integer, ties to even. Requires |x| < 2^52. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
