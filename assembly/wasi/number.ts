/**
 * @file f32 as decimal text that reads back to the same bits.
 *
 * The number is scaled to an integer of d digits in f64, for d = 1 … 9 until
 * the result reads back. Nine digits always do: their step is below a third
 * of an f32's, and the error of the scaling is 2^-20 of that step.
 */

import { put, putByte, putInteger } from "./writer";

const MOST_DIGITS = 9;
/** 2^-48: shorter texts are taken only if they read back with this much to spare on both sides. */
const MARGIN: f64 = 3.552713678800501e-15;

/** 10^exponent, exact up to 22. */
function powerOfTen(exponent: i32): f64 {
  let power: f64 = 1;
  for (let i = 0; i < exponent; i++) power *= 10;
  return power;
}

/** value · 10^exponent */
function scaleByTen(value: f64, exponent: i32): f64 {
  // Two steps keep each power exact and the intermediate value normal.
  const half = exponent / 2;
  return scaleOnce(scaleOnce(value, half), exponent - half);
}

function scaleOnce(value: f64, exponent: i32): f64 {
  return exponent < 0 ? value / powerOfTen(-exponent) : value * powerOfTen(exponent);
}

/** Position of the first digit: 10^e ≤ value < 10^(e+1). Requires value > 0. */
function exponentOf(value: f64): i32 {
  let exponent = 0;
  while (scaleByTen(value, -exponent) >= 10) exponent++;
  while (scaleByTen(value, -exponent) < 1) exponent--;
  return exponent;
}

function readsBack(digits: f64, exponent: i32, value: f32): bool {
  const read = scaleByTen(digits, exponent);
  return <f32>(read * (1 - MARGIN)) == value && <f32>(read * (1 + MARGIN)) == value;
}

/** Writes `value` in JSON; infinities as numbers that overflow, NaN as null. */
export function putF32(value: f32): void {
  if (value != value) {
    put(text("null"));
    return;
  }
  if (reinterpret<i32>(value) < 0) {
    putByte(0x2d);
    value = -value;
  }
  if (value == Infinity) put(text("1e999"));
  else if (value == 0) putByte(0x30);
  else putPositive(value);
}

function putPositive(value: f32): void {
  const first = exponentOf(value);
  let digits: f64 = 0;
  let exponent = 0;
  for (let count = 1; count <= MOST_DIGITS; count++) {
    exponent = first - count + 1;
    digits = nearest<f64>(scaleByTen(value, -exponent));
    if (readsBack(digits, exponent, value)) break;
  }
  let whole = <i64>digits;
  for (; whole % 10 == 0; whole /= 10) exponent++;
  putDecimal(whole, exponent);
}

/** Writes whole · 10^exponent, with a point where that is short, else with an exponent. */
function putDecimal(whole: i64, exponent: i32): void {
  const count = countDigits(whole);
  const point = count + exponent;
  if (exponent >= 0 && point <= MOST_DIGITS) {
    putInteger(whole);
    for (let i = 0; i < exponent; i++) putByte(0x30);
  } else if (point > 0 && exponent < 0) {
    putFraction(whole, -exponent);
  } else if (point <= 0 && point > -5) {
    put(text("0."));
    for (let i = point; i < 0; i++) putByte(0x30);
    putInteger(whole);
  } else {
    putFraction(whole, count - 1);
    putByte(0x65);
    putInteger(point - 1);
  }
}

function countDigits(whole: i64): i32 {
  let count = 1;
  for (; whole >= 10; whole /= 10) count++;
  return count;
}

/** Writes `whole` with the last `places` digits behind the point. */
function putFraction(whole: i64, places: i32): void {
  let power: i64 = 1;
  for (let i = 0; i < places; i++) power *= 10;
  putInteger(whole / power);
  if (places == 0) return;
  putByte(0x2e);
  for (let rest = whole % power; power > 1; rest %= power) {
    power /= 10;
    putByte(0x30 + <i32>(rest / power));
  }
}
