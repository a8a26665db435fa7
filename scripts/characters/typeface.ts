/** @file Reads the styles of a typeface and the outlines of their characters. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Weights and slants that take part, if a typeface has them; at least one must be there. */
const STYLES = ["400-normal", "700-normal", "400-italic"];
const LICENSE_TYPE = "OFL-1.1";
/** Straight pieces per curve: below a twentieth of a pixel from the curve at this size. */
const CURVE_STEPS = 8;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A closed polygon; y grows downwards, in units of the typeface. */
export type Contour = readonly Point[];

export interface Style {
  readonly typeface: string;
  readonly style: string;
  /** Contours of each character, by character. */
  readonly glyphs: ReadonlyMap<string, readonly Contour[]>;
}

export interface Typeface {
  readonly family: string;
  readonly version: string;
  readonly license: string;
  readonly attribution: string;
  readonly styles: readonly Style[];
}

/** What this file uses of opentype.js. */
interface Opentype {
  parse(file: ArrayBuffer): {
    charToGlyph(character: string): {
      readonly index: number;
      getPath(x: number, y: number, size: number): { readonly commands: readonly Command[] };
    };
    readonly unitsPerEm: number;
  };
}

type Command =
  | ({ readonly type: "M" | "L" } & Point)
  | ({ readonly type: "Q"; readonly x1: number; readonly y1: number } & Point)
  | ({
      readonly type: "C";
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
    } & Point)
  | { readonly type: "Z" };

/** Reads the package of `name`; throws if its licence is another or a character is missing. */
export function readTypeface(name: string, characters: readonly string[]): Typeface {
  const require = createRequire(import.meta.url);
  const opentype = require("opentype.js") as Opentype;
  const folder = join(import.meta.dirname, "node_modules/@fontsource", name);
  const about = JSON.parse(readFileSync(join(folder, "metadata.json"), "utf8"));
  if (about.license.type !== LICENSE_TYPE) {
    throw new Error(`${name} is licensed under ${about.license.type}, not ${LICENSE_TYPE}`);
  }
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const found = STYLES.filter(style => existsSync(join(folder, "files", fileOf(name, style))));
  if (found.length === 0) {
    throw new Error(`${name} has none of the styles ${STYLES}: ${readdirSync(folder)}`);
  }
  const styles = found.map(style => {
    const file = readFileSync(join(folder, "files", fileOf(name, style)));
    const font = opentype.parse(new Uint8Array(file).buffer);
    const glyphs = new Map<string, readonly Contour[]>();
    for (const character of characters) {
      const glyph = font.charToGlyph(character);
      if (glyph.index === 0) throw new Error(`${name} ${style} has no "${character}"`);
      glyphs.set(character, contoursOf(glyph.getPath(0, 0, font.unitsPerEm).commands));
    }
    return { typeface: name, style, glyphs };
  });
  const { family, license } = about;
  return { family, version, license: license.type, attribution: license.attribution, styles };
}

function fileOf(name: string, style: string): string {
  return `${name}-latin-${style}.woff`;
}

function contoursOf(commands: readonly Command[]): Contour[] {
  const contours: Point[][] = [];
  let open: Point[] = [];
  for (const command of commands) {
    if (command.type === "M") {
      open = [];
      contours.push(open);
    }
    if (command.type === "Z") continue;
    if (command.type === "Q" || command.type === "C")
      open.push(...curvePoints(open.at(-1)!, command));
    else open.push({ x: command.x, y: command.y });
  }
  return contours.filter(contour => contour.length > 2);
}

/** Points on a quadratic or cubic Bézier curve, its end included, its start not. */
function curvePoints(start: Point, curve: Extract<Command, { type: "Q" | "C" }>): Point[] {
  const first = { x: curve.x1, y: curve.y1 };
  const control =
    curve.type === "Q"
      ? [start, first, curve]
      : [start, first, { x: curve.x2, y: curve.y2 }, curve];
  return Array.from({ length: CURVE_STEPS }, (_, i) => pointAt(control, (i + 1) / CURVE_STEPS));
}

/** De Casteljau's algorithm. */
function pointAt(control: readonly Point[], t: number): Point {
  if (control.length === 1) return { x: control[0]!.x, y: control[0]!.y };
  const shorter = control.slice(1).map((to, i) => {
    const from = control[i]!;
    return { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
  });
  return pointAt(shorter, t);
}
