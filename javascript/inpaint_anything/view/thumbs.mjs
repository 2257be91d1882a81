/**
 * Small pictures of what is selected: that is bright, and the rest is dim.
 *
 * @typedef {import("../mask/picture.mjs").Box} Box
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 */

import { bounds, contains } from "../mask/runs.mjs";

const MARGIN = 0.15; // of the sides of what is shown
const DIM = 0.3; // of the light of what is not selected

/**
 * The part of a picture around several masks, in a given ratio.
 * @param {Runs[]} masks @param {number} ratio  of width to height @returns {Box}
 */
export function partAround(masks, ratio) {
  const { width: whole = 1, height: all = 1 } = masks[0] ?? {};
  const boxes = masks.map(bounds).filter((box) => box !== null);
  if (!boxes.length) return [0, 0, whole, all];
  const [left, top] = [0, 1].map((side) => Math.min(...boxes.map((box) => box[side])));
  const [right, bottom] = [2, 3].map((side) => Math.max(...boxes.map((box) => box[side])));
  const height = Math.max((bottom - top) * (1 + 2 * MARGIN), ((right - left) * (1 + 2 * MARGIN)) / ratio, 16);
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return [x - (height * ratio) / 2, y - height / 2, x + (height * ratio) / 2, y + height / 2];
}

/**
 * @param {HTMLCanvasElement} canvas  to fill @param {import("./bitmaps.mjs").Picture} picture @param {Runs} mask @param {Box} part
 */
export function drawThumb(canvas, picture, mask, [left, top, right, bottom]) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return;
  const { width, height } = canvas;
  const across = (right - left) / width;
  const level = picture.levels.findLast((one) => one.width * across >= picture.width) ?? picture.levels[0];
  const scale = level.width / picture.width;
  context.clearRect(0, 0, width, height);
  context.drawImage(level, left * scale, top * scale, (right - left) * scale, (bottom - top) * scale, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height);
  for (let i = 0; i < width * height; i++) {
    if (contains(mask, left + ((i % width) + 0.5) * across, top + (Math.floor(i / width) + 0.5) * across)) continue;
    for (let channel = 0; channel < 3; channel++) image.data[4 * i + channel] *= DIM;
  }
  context.putImageData(image, 0, 0);
}
