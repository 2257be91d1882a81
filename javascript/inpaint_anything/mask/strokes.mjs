/**
 * What is under a brush: the same pixels as lib_inpaint/imaging/mask.py paints, so that what is drawn here is what is sent.
 *
 * There a line one pixel wide is drawn through the points, as OpenCV draws it (Bresenham's algorithm, always from left
 * to right), and all is painted whose distance to it is at most the radius less half a pixel, the line's own.
 *
 * @typedef {object} Stroke  in pixels @property {[number, number][]} points @property {number} radius
 * @property {0 | 1} label  1 adds, 0 erases @property {boolean} [filled]  what its points go around, as a lasso draws it
 * @property {import("./rle.mjs").Counts} [mask]  these pixels, and no line
 * @typedef {[number, number]} Pixel  column and row
 * @typedef {[number, number, number]} Span  column, first row, row after the last one
 */

import { fromPolygon } from "./polygon.mjs";
import { decode } from "./rle.mjs";
import { blank, fromSpans, subtract, union } from "./runs.mjs";

/**
 * The mask with strokes painted onto it and erased from it, in their order.
 * @param {import("./runs.mjs").Runs} runs @param {Stroke[]} strokes @returns {import("./runs.mjs").Runs}
 */
export function paint(runs, strokes) {
  return strokes.reduce((mask, stroke) => {
    const drawn = fromStroke(runs.width, runs.height, stroke);
    return stroke.label ? union(mask, drawn) : subtract(mask, drawn);
  }, runs);
}

/**
 * What the strokes of several objects leave drawn, and what they leave erased.
 * @param {Stroke[][]} objects @param {{width: number, height: number}} picture
 */
export function byHand(objects, { width, height }) {
  let [drawn, erased] = [blank(width, height), blank(width, height)];
  for (const strokes of objects) {
    if (!strokes.length) continue;
    const turned = strokes.map((stroke) => ({ ...stroke, label: /** @type {0 | 1} */ (1 - stroke.label) }));
    drawn = union(drawn, paint(blank(width, height), strokes));
    erased = union(erased, paint(blank(width, height), turned));
  }
  return { drawn, erased };
}

/**
 * The pixels under a brush that is drawn along the stroke's points.
 * @param {number} width @param {number} height  of the picture @param {Stroke} stroke
 * @returns {import("./runs.mjs").Runs}
 */
export function fromStroke(width, height, { points, radius, filled, mask }) {
  if (mask) return decode(mask);
  if (filled) return fromPolygon(width, height, points);
  const half = discColumns(radius);
  if (!half.length) return fromSpans(width, height, []);
  const pixels = points.map(([x, y]) => /** @type {Pixel} */ ([Math.floor(x), Math.floor(y)]));
  /** @type {Span[]} */
  const spans = [];
  for (let i = 0; i < Math.max(pixels.length - 1, 1); i++) {
    sweep(pixels[i], pixels[i + 1] ?? pixels[i], half, width, spans);
  }
  return fromSpans(width, height, spans);
}

/**
 * A point where a stroke may pass: near enough to the picture that the server does not cut the line short, which would
 * move it by a pixel.
 * @param {import("./picture.mjs").PicturePoint} at @param {number} radius @param {import("./picture.mjs").Size} picture
 * @returns {[number, number]}
 */
export function strokePoint(at, radius, picture) {
  const reach = Math.ceil(radius);
  const near = (/** @type {number} */ value, /** @type {number} */ end) =>
    Math.min(Math.max(Math.round(value * 10) / 10, -reach), end + reach - 1);
  return [near(at.x, picture.width), near(at.y, picture.height)];
}

/** For each column of a disc, 0 in the middle, how many rows it reaches up and down from there. @param {number} radius */
function discColumns(radius) {
  const limit = Math.fround(radius - 0.5);
  const half = [];
  for (let x = 0, y = Math.ceil(radius); Math.fround(x) <= limit; x++) {
    while (Math.fround(Math.hypot(x, y)) > limit) y--;
    half.push(y);
  }
  return half;
}

/**
 * Adds the spans that a disc covers when it goes along a straight line; each column has one.
 * @param {Pixel} from @param {Pixel} to @param {number[]} half  the disc's columns @param {number} width  of the picture
 * @param {Span[]} spans  to add to
 */
function sweep(from, to, half, width, spans) {
  const reach = half.length - 1;
  const [tops, bottoms, left] = line(from, to);
  const first = Math.max(left - reach, 0);
  const last = Math.min(left + tops.length - 1 + reach, width - 1);
  for (let x = first; x <= last; x++) {
    let [top, bottom] = [Infinity, -Infinity];
    const end = Math.min(x + reach - left, tops.length - 1);
    for (let i = Math.max(x - reach - left, 0); i <= end; i++) {
      const rows = half[Math.abs(x - left - i)];
      top = Math.min(top, tops[i] - rows);
      bottom = Math.max(bottom, bottoms[i] + rows + 1);
    }
    spans.push([x, top, bottom]);
  }
}

/**
 * The first and last row of a line in each of its columns, and the first column.
 * @param {Pixel} from @param {Pixel} to @returns {[number[], number[], number]}
 */
function line(from, to) {
  const [[left, y], [right, end]] = from[0] <= to[0] ? [from, to] : [to, from];
  const [dx, dy, down] = [right - left, Math.abs(end - y), end < y ? -1 : 1];
  const steep = dy > dx;
  const [long, short] = steep ? [dy, dx] : [dx, dy];
  const tops = new Array(dx + 1).fill(Infinity);
  const bottoms = new Array(dx + 1).fill(-Infinity);
  let [column, row, error] = [0, y, long - 2 * short];
  for (let step = 0; step <= long; step++) {
    tops[column] = Math.min(tops[column], row);
    bottoms[column] = Math.max(bottoms[column], row);
    const both = error < 0;
    error += (both ? 2 * long : 0) - 2 * short;
    if (steep || both) row += down;
    if (!steep || both) column++;
  }
  return [tops, bottoms, left];
}
