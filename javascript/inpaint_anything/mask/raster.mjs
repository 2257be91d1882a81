/**
 * Masks to screen pixels: each is drawn at the resolution of the screen, straight from its spans, so that its outline is
 * crisp at any zoom and the work is in proportion to what is seen.
 *
 * Pixels are 32 bits as ImageData has them on every machine that browsers run on: alpha, blue, green, red from the top.
 *
 * @typedef {{scale: number, x: number, y: number} & {readonly of: "screen"}} ScreenView  where the picture lies on the
 *   screen, in pixels of the screen; a view of view/geometry.mjs is in those of CSS
 * @typedef {{left: number, top: number, right: number, bottom: number}} Region  of the screen
 * @typedef {{width: number, height: number, values: Uint8Array}} Grey  row by row
 * @typedef {object} Paint
 * @property {number} fill @property {number} inner @property {number} outer  colours; 0 leaves what is there
 * @property {number} thickness  of the outline, in pixels of the screen
 */

/** A colour as ImageData's 32 bits. @param {string} hex  as #1e90ff @param {number} opacity  0 to 1 @returns {number} */
export function colour(hex, opacity) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return ((Math.round(opacity * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * A colour for the n-th of many segments, far from those of its neighbours.
 * @param {number} number @returns {string} hex
 */
export function distinct(number) {
  const hue = (number * 137.508) % 360; // the golden angle
  const light = [0.55, 0.68, 0.45][number % 3];
  const chroma = 0.85 * Math.min(light, 1 - light);
  const part = (/** @type {number} */ shift) => {
    const turn = (shift + hue / 30) % 12;
    const value = light - chroma * Math.max(-1, Math.min(turn - 3, 9 - turn, 1));
    return Math.round(value * 255).toString(16).padStart(2, "0");
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}

/**
 * Where on the screen a box of the picture is seen, with a margin; null when it is not.
 * @param {import("./picture.mjs").Box | null} box @param {ScreenView} view @param {import("./picture.mjs").Size} screen
 * @param {number} margin @returns {Region | null}
 */
export function seen(box, view, screen, margin) {
  if (!box) return null;
  const left = Math.max(Math.floor(box[0] * view.scale + view.x) - margin, 0);
  const top = Math.max(Math.floor(box[1] * view.scale + view.y) - margin, 0);
  const right = Math.min(Math.ceil(box[2] * view.scale + view.x) + margin, screen.width);
  const bottom = Math.min(Math.ceil(box[3] * view.scale + view.y) + margin, screen.height);
  return right > left && bottom > top ? { left, top, right, bottom } : null;
}

/**
 * Which pixels of a region of the screen are selected, by their centres. Column by column, as the spans are.
 * @param {import("./runs.mjs").Runs} runs @param {ScreenView} view @param {Region} region
 * @param {Uint8Array | Uint16Array} into  of (right - left) * (bottom - top) or more; marked with `value`
 * @param {number} value
 */
export function sample({ width, columns, spans }, view, region, into, value) {
  const rows = region.bottom - region.top;
  const offset = view.y - region.top - 0.5;
  let before = -1;
  for (let x = region.left, start = 0; x < region.right; x++, start += rows) {
    const column = Math.floor((x + 0.5 - view.x) / view.scale);
    if (column < 0 || column >= width) continue;
    if (column === before && value === 1) {
      into.copyWithin(start, start - rows, start); // zoomed in: as its neighbour
      continue;
    }
    before = column;
    for (let i = columns[column]; i < columns[column + 1]; i += 2) {
      const from = Math.max(Math.ceil(spans[i] * view.scale + offset), 0);
      const to = Math.min(Math.ceil(spans[i + 1] * view.scale + offset), rows);
      if (to > from) into.fill(value, start + from, start + to);
    }
  }
}

/**
 * A region with some pixels more on every side, also off the screen.
 * @param {Region} region @param {number} by @returns {Region}
 */
export const grown = ({ left, top, right, bottom }, by) =>
  ({ left: left - by, top: top - by, right: right + by, bottom: bottom + by });

/**
 * Draws what `sample` marked into the screen's pixels: the inside, a line along its edge, and one around it.
 * @param {Uint8Array} marks  of the region grown by the thickness @param {Region} region
 * @param {Uint32Array} pixels @param {number} stride  its width @param {Paint} how
 */
export function paint(marks, region, pixels, stride, { fill, inner, outer, thickness }) {
  const [columns, rows] = [region.right - region.left, region.bottom - region.top];
  const height = rows + 2 * thickness; // of a column of marks
  const far = thickness * height;
  // Columns are taken in strips, so that reading down and writing across both stay in the processor's cache.
  for (let strip = 0; strip < columns; strip += 16) {
    const end = Math.min(strip + 16, columns);
    for (let y = 0; y < rows; y++) {
      let pixel = (region.top + y) * stride + region.left + strip;
      let at = (strip + thickness) * height + y + thickness;
      for (let x = strip; x < end; x++, at += height, pixel++) {
        const around = marks[at - thickness] + marks[at + thickness] + marks[at - far] + marks[at + far];
        if (marks[at]) {
          if (around < 4 && inner) pixels[pixel] = inner;
          else if (fill) pixels[pixel] = fill;
        } else if (around && outer) pixels[pixel] = outer;
      }
    }
  }
}

/**
 * Draws a soft mask: as opaque as it is selected.
 * @param {Grey} soft @param {ScreenView} view @param {Region} region
 * @param {Uint32Array} pixels @param {number} stride @param {number} fill
 */
export function paintSoft({ width, height, values }, view, region, pixels, stride, fill) {
  const rgb = fill & 0xffffff;
  const opacity = fill >>> 24;
  const across = new Int32Array(region.right - region.left);
  for (let x = 0; x < across.length; x++) across[x] = Math.floor((region.left + x + 0.5 - view.x) / view.scale);
  for (let y = region.top; y < region.bottom; y++) {
    const row = Math.floor((y + 0.5 - view.y) / view.scale);
    if (row < 0 || row >= height) continue;
    for (let x = 0; x < across.length; x++) {
      const value = across[x] >= 0 && across[x] < width ? values[row * width + across[x]] : 0;
      if (value) pixels[y * stride + region.left + x] = ((((value * opacity) / 255) << 24) | rgb) >>> 0;
    }
  }
}

/**
 * Draws many segments, each in its colour with a darker edge; where they overlap, the later one.
 * @param {import("./runs.mjs").Runs[]} segments  fewer than 65535 @param {ScreenView} view @param {Region} region
 * @param {Uint32Array} pixels @param {number} stride @param {number} opacity
 */
export function paintSegments(segments, view, region, pixels, stride, opacity) {
  const [columns, rows] = [region.right - region.left, region.bottom - region.top];
  const labels = new Uint16Array(columns * rows);
  segments.forEach((runs, number) => sample(runs, view, region, labels, number + 2)); // 1 would take the neighbour's
  const fills = Uint32Array.from([0, 0, ...segments.map((_, number) => colour(distinct(number), opacity))]);
  const edges = Uint32Array.from([0, 0, ...segments.map((_, number) => colour(distinct(number), 0.95))]);
  for (let x = 0; x < columns; x++) {
    for (let y = 0, at = x * rows; y < rows; y++, at++) {
      const label = labels[at];
      if (!label) continue;
      const same = (x === 0 || labels[at - rows] === label) && (y === 0 || labels[at - 1] === label);
      pixels[(region.top + y) * stride + region.left + x] = same ? fills[label] : edges[label];
    }
  }
}
