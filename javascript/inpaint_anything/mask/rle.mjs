/**
 * The text form of a mask, which the server sends and is sent: COCO's compressed run lengths, as in Python's rle.py. The
 * mask is taken column by column, the lengths of outside and inside alternate, each but the first three as its
 * difference to the one before the last, in groups of five bits.
 *
 * @typedef {{size: [number, number], counts: string}} Counts  size: height and width, as COCO has it
 */

import { Growing } from "./runs.mjs";

const FIRST = 48; // the character that stands for 0
const MORE = 0x20;
const SIGN = 0x10;

/**
 * The mask that the text stands for.
 * @param {Counts} mask @returns {import("./runs.mjs").Runs} @throws {RangeError} when the lengths do not fill the size exactly
 */
export function decode({ size: [height, width], counts }) {
  const columns = new Int32Array(width + 1);
  const spans = new Growing(counts.length + 2 * width);
  const total = width * height;
  let [position, column, index, before, last] = [0, 0, 0, 0, 0];
  for (let place = 0; place < counts.length; index++) {
    let [length, shift, code] = [0, 0, MORE];
    while (code & MORE) {
      code = counts.charCodeAt(place++) - FIRST;
      if (!(code >= 0 && code < 64) || shift > 30) throw new RangeError("These are no run lengths.");
      length += (code & 31) * 2 ** shift;
      shift += 5;
    }
    if (code & SIGN) length -= 2 ** shift;
    if (index > 2) length += before;
    before = last;
    last = length;
    const end = position + length;
    if (length < 0 || end > total) throw new RangeError("The run lengths do not fill the picture.");
    if (index % 2 && length) column = addRun(spans, columns, height, column, position, end);
    position = end;
  }
  if (position !== total) throw new RangeError("The run lengths do not fill the picture.");
  while (column < width) columns[++column] = spans.length;
  return { width, height, columns, spans: spans.done() };
}

/**
 * Splits a run of positions into spans of columns; gives the column it is then in.
 * @param {Growing} spans @param {Int32Array} columns @param {number} height @param {number} column  it was in before
 * @param {number} start @param {number} end  positions, column by column @returns {number}
 */
function addRun(spans, columns, height, column, start, end) {
  while (start < end) {
    const x = Math.floor(start / height);
    while (column < x) columns[++column] = spans.length;
    const top = start - x * height;
    const bottom = Math.min(end - x * height, height);
    spans.pair(top, bottom);
    start = x * height + bottom;
  }
  return column;
}

/** The text form. @param {import("./runs.mjs").Runs} runs @returns {Counts} */
export function encode({ width, height, columns, spans }) {
  /** @type {string[]} */
  const pieces = [];
  let [index, before, last, position, open] = [0, 0, 0, 0, -1];
  const put = (/** @type {number} */ length) => {
    pieces.push(characters(index > 2 ? length - before : length));
    before = last;
    last = length;
    index++;
  };
  for (let x = 0; x < width; x++) {
    for (let i = columns[x]; i < columns[x + 1]; i += 2) {
      const start = x * height + spans[i];
      if (open >= 0 && start === position) {
        position = x * height + spans[i + 1]; // goes on from the foot of the column before
        continue;
      }
      if (open >= 0) put(position - open);
      put(start - (open >= 0 ? position : 0));
      open = start;
      position = x * height + spans[i + 1];
    }
  }
  if (open >= 0) put(position - open);
  if (position < width * height) put(width * height - position);
  return { size: [height, width], counts: pieces.join("") };
}

/** @param {number} number @returns {string} */
function characters(number) {
  let text = "";
  for (;;) {
    const bits = number & 31;
    number >>= 5;
    const ends = bits & SIGN ? number === -1 : number === 0;
    text += String.fromCharCode(FIRST + bits + (ends ? 0 : MORE));
    if (ends) return text;
  }
}
