/**
 * Masks as run lengths: spans in columns, which are combined, asked and drawn without ever becoming pixels. Work is in
 * proportion to the outline of what is selected, not to the picture.
 *
 * @typedef {object} Runs  Immutable. spans[columns[x] .. columns[x + 1]] are the spans of column x from top to bottom,
 *   each two numbers: its first row and the row after its last one. They do not touch.
 * @property {number} width @property {number} height  in pixels
 * @property {Int32Array} columns @property {Int32Array} spans
 */

/** A mask in which nothing is selected. @param {number} width @param {number} height @returns {Runs} */
export function blank(width, height) {
  return { width, height, columns: new Int32Array(width + 1), spans: new Int32Array(0) };
}

/** What is in one or the other. @param {Runs} a @param {Runs} b @returns {Runs} */
export const union = (a, b) => combine(a, b, (inA, inB) => inA || inB);

/** What is in the first and not in the other. @param {Runs} a @param {Runs} b @returns {Runs} */
export const subtract = (a, b) => combine(a, b, (inA, inB) => inA && !inB);

/** What is not in it. @param {Runs} runs @returns {Runs} */
export const inverted = (runs) => combine(whole(runs.width, runs.height), runs, (inAll, inRuns) => inAll && !inRuns);

/** A mask in which all is selected. @param {number} width @param {number} height @returns {Runs} */
function whole(width, height) {
  return fromSpans(width, height, Array.from({ length: width }, (_, x) => /** @type {[number, number, number]} */ ([x, 0, height])));
}

/** @param {Runs} a @param {Runs} b @param {(inA: boolean, inB: boolean) => boolean} keep @returns {Runs} */
function combine(a, b, keep) {
  const columns = new Int32Array(a.width + 1);
  const spans = new Growing(a.spans.length + b.spans.length);
  for (let x = 0; x < a.width; x++) {
    let i = a.columns[x];
    let j = b.columns[x];
    const [endA, endB] = [a.columns[x + 1], b.columns[x + 1]];
    let top = -1; // of the span that is open
    while (i < endA || j < endB) {
      const nextA = i < endA ? a.spans[i] : Infinity;
      const nextB = j < endB ? b.spans[j] : Infinity;
      const row = Math.min(nextA, nextB);
      if (nextA === row) i++;
      if (nextB === row) j++;
      const kept = keep((i - a.columns[x]) % 2 === 1, (j - b.columns[x]) % 2 === 1);
      if (kept && top < 0) top = row;
      else if (!kept && top >= 0) {
        spans.pair(top, row);
        top = -1;
      }
    }
    columns[x + 1] = spans.length;
  }
  return { width: a.width, height: a.height, columns, spans: spans.done() };
}

/**
 * The mask of all these spans, which may overlap.
 * @param {number} width @param {number} height
 * @param {Iterable<[number, number, number]>} list  column, first row, row after the last; what is off the picture is cut
 * @returns {Runs}
 */
export function fromSpans(width, height, list) {
  /** @type {[number, number][][]} */
  const found = [];
  for (const [x, top, bottom] of list) {
    if (x < 0 || x >= width || top >= height || bottom <= 0) continue;
    (found[x] ??= []).push([Math.max(top, 0), Math.min(bottom, height)]);
  }
  const columns = new Int32Array(width + 1);
  const spans = new Growing(64);
  for (let x = 0; x < width; x++) {
    /** @type {[number, number] | null} */
    let open = null;
    for (const span of found[x]?.sort((one, other) => one[0] - other[0]) ?? []) {
      if (open && span[0] <= open[1]) open[1] = Math.max(open[1], span[1]);
      else {
        if (open) spans.pair(open[0], open[1]);
        open = span;
      }
    }
    if (open) spans.pair(open[0], open[1]);
    columns[x + 1] = spans.length;
  }
  return { width, height, columns, spans: spans.done() };
}

/** How many pixels are selected. @param {Runs} runs @returns {number} */
export function area({ spans }) {
  let sum = 0;
  for (let i = 0; i < spans.length; i += 2) sum += spans[i + 1] - spans[i];
  return sum;
}

/**
 * Whether the pixel that a point lies on is selected.
 * @param {Runs} runs @param {number} x @param {number} y @returns {boolean}
 */
export function contains({ width, columns, spans }, x, y) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || column >= width) return false;
  for (let i = columns[column]; i < columns[column + 1]; i += 2) {
    if (row < spans[i]) return false;
    if (row < spans[i + 1]) return true;
  }
  return false;
}

/** Whether two masks have a pixel in common. @param {Runs} a @param {Runs} b @returns {boolean} */
export function touches(a, b) {
  for (let x = 0; x < a.width; x++) {
    for (let i = a.columns[x], j = b.columns[x]; i < a.columns[x + 1] && j < b.columns[x + 1]; ) {
      if (a.spans[i] < b.spans[j + 1] && b.spans[j] < a.spans[i + 1]) return true;
      if (a.spans[i + 1] < b.spans[j + 1]) i += 2;
      else j += 2;
    }
  }
  return false;
}

/**
 * The smallest box around what is selected: left, top, right, bottom, the last two exclusive; null when nothing is.
 * @param {Runs} runs @returns {import("./picture.mjs").Box | null}
 */
export function bounds({ width, columns, spans }) {
  if (!spans.length) return null;
  let [left, right, top, bottom] = [0, width, Infinity, 0];
  while (columns[left + 1] === 0) left++;
  while (columns[right - 1] === spans.length) right--;
  for (let i = 0; i < spans.length; i += 2) {
    top = Math.min(top, spans[i]);
    bottom = Math.max(bottom, spans[i + 1]);
  }
  return [left, top, right, bottom];
}

/**
 * The pixels of 128 and more, as the server has it.
 * @param {Uint8Array} pixels  row by row @param {number} width @param {number} height @returns {Runs}
 */
export function fromPixels(pixels, width, height) {
  const columns = new Int32Array(width + 1);
  const spans = new Growing(4 * width);
  for (let x = 0; x < width; x++) {
    let top = -1;
    for (let y = 0, at = x; y < height; y++, at += width) {
      if (pixels[at] >= 128 === top >= 0) continue;
      if (top >= 0) spans.pair(top, y);
      top = top >= 0 ? -1 : y;
    }
    if (top >= 0) spans.pair(top, height);
    columns[x + 1] = spans.length;
  }
  return { width, height, columns, spans: spans.done() };
}

/** Spans that are added one by one. */
export class Growing {
  /** @param {number} capacity  numbers that there is room for at first */
  constructor(capacity) {
    this.data = new Int32Array(Math.max(capacity, 16));
    this.length = 0;
  }

  /** @param {number} first @param {number} second  the row after the last one */
  pair(first, second) {
    if (this.length + 2 > this.data.length) {
      const larger = new Int32Array(this.data.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = first;
    this.data[this.length++] = second;
  }

  /** @returns {Int32Array} */
  done() {
    return this.data.slice(0, this.length);
  }
}
