/**
 * @file exp, sigmoid, tanh and the hard swish as core/float32.ts defines them, to the bit.
 *
 * Every operation is a plain f32 one. NaN goes through.
 */

const EXP_MIN: f32 = -87.3;
const EXP_MAX: f32 = 88.3;
const LOG2E: f32 = 1.4426950408889634;
/** ln 2 = LN2_HIGH + LN2_LOW */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;
const E0: f32 = 1.98756915e-4;
const E1: f32 = 1.3981999507e-3;
const E2: f32 = 8.3334519073e-3;
const E3: f32 = 4.1665795894e-2;
const E4: f32 = 1.6666665459e-1;
const E5: f32 = 5.0000001201e-1;

/** 1.5 · 2^23 + 127: added to an integer n, its bits shifted left by 23 are those of 2^n. */
const EXPONENT_MAGIC: f32 = 12583039.0;

const TANH_SMALL: f32 = 0.625;
const T0: f32 = -5.70498872745e-3;
const T1: f32 = 2.06390887954e-2;
const T2: f32 = -5.37397155531e-2;
const T3: f32 = 1.33314422036e-1;
const T4: f32 = -3.33332819422e-1;

const ONE_SIXTH: f32 = 0.16666666666666666;

@inline
export function exp32(x: f32): f32 {
  const clamped = min<f32>(max<f32>(x, EXP_MIN), EXP_MAX);
  const n = floor<f32>(clamped * LOG2E + <f32>0.5);
  const r = (clamped - n * LN2_HIGH) - n * LN2_LOW;
  let p = E0;
  p = p * r + E1;
  p = p * r + E2;
  p = p * r + E3;
  p = p * r + E4;
  p = p * r + E5;
  const y = (p * (r * r) + r) + <f32>1;
  return y * reinterpret<f32>(reinterpret<i32>(n + EXPONENT_MAGIC) << 23);
}

@inline
export function sigmoid32(x: f32): f32 {
  return <f32>1 / (<f32>1 + exp32(-x));
}

@inline
export function tanh32(x: f32): f32 {
  const magnitude = abs<f32>(x);
  if (magnitude < TANH_SMALL) {
    const z = x * x;
    let p = T0;
    p = p * z + T1;
    p = p * z + T2;
    p = p * z + T3;
    p = p * z + T4;
    return (p * z) * x + x;
  }
  const y = <f32>1 - <f32>2 / (exp32(magnitude + magnitude) + <f32>1);
  return x < 0 ? -y : y;
}

@inline
export function hardSwish32(x: f32): f32 {
  return x * min<f32>(max<f32>(ONE_SIXTH * x + <f32>0.5, 0), 1);
}

/** p · r + c */
@inline
function step(p: v128, r: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(p, r), f32x4.splat(c));
}

@inline
export function exp32x4(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(EXP_MIN)), f32x4.splat(EXP_MAX));
  const n = f32x4.floor(step(clamped, f32x4.splat(LOG2E), 0.5));
  const high = f32x4.mul(n, f32x4.splat(LN2_HIGH)), low = f32x4.mul(n, f32x4.splat(LN2_LOW));
  const r = f32x4.sub(f32x4.sub(clamped, high), low);
  let p = step(f32x4.splat(E0), r, E1);
  p = step(p, r, E2);
  p = step(p, r, E3);
  p = step(p, r, E4);
  p = step(p, r, E5);
  const y = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  return f32x4.mul(y, i32x4.shl(f32x4.add(n, f32x4.splat(EXPONENT_MAGIC)), 23));
}

@inline
export function sigmoid32x4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp32x4(f32x4.neg(x))));
}

@inline
export function tanh32x4(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = step(f32x4.splat(T0), z, T1);
  p = step(p, z, T2);
  p = step(p, z, T3);
  p = step(p, z, T4);
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x);
  const one = f32x4.splat(1), two = f32x4.splat(2);
  const grown = f32x4.add(exp32x4(f32x4.add(magnitude, magnitude)), one);
  const far = f32x4.sub(one, f32x4.div(two, grown));
  const signed = v128.xor(far, v128.and(x, f32x4.splat(-0.0)));
  return v128.bitselect(near, signed, f32x4.lt(magnitude, f32x4.splat(TANH_SMALL)));
}

@inline
export function hardSwish32x4(x: v128): v128 {
  const gate = f32x4.add(f32x4.mul(f32x4.splat(ONE_SIXTH), x), f32x4.splat(0.5));
  return f32x4.mul(x, f32x4.pmin(f32x4.pmax(gate, f32x4.splat(0)), f32x4.splat(1)));
}
