/** The pixels inside a line that is closed by itself, wherever it crosses itself too. */

import { fromSpans } from "./runs.mjs";

/**
 * The pixels whose centres the polygon goes around, by the nonzero rule.
 * @param {number} width @param {number} height  of the picture @param {[number, number][]} points
 * @returns {import("./runs.mjs").Runs}
 */
export function fromPolygon(width, height, points) {
  /** Where edges cross the middle of a column: how far down, and in which direction. @type {[number, number][][]} */
  const crossings = [];
  points.forEach(([x, y], index) => {
    const [endX, endY] = points[(index + 1) % points.length];
    const [left, right] = x < endX ? [x, endX] : [endX, x];
    const last = Math.min(Math.ceil(right - 0.5), width);
    for (let column = Math.max(Math.ceil(left - 0.5), 0); column < last; column++) {
      const at = y + ((column + 0.5 - x) / (endX - x)) * (endY - y);
      (crossings[column] ??= []).push([at, Math.sign(endX - x)]);
    }
  });
  return fromSpans(width, height, spansOf(crossings));
}

/** @param {[number, number][][]} crossings  by column @returns {Generator<[number, number, number]>} */
function* spansOf(crossings) {
  for (let x = 0; x < crossings.length; x++) {
    let [turns, top] = [0, 0];
    for (const [at, direction] of crossings[x]?.sort(([one], [other]) => one - other) ?? []) {
      const row = Math.ceil(at - 0.5);
      if (turns === 0) top = row;
      turns += direction;
      if (turns === 0 && row > top) yield [x, top, row];
    }
  }
}
