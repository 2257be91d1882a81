/**
 * Small pictures: of what is selected, which is bright while the rest is dim, and of files.
 *
 * @typedef {import("../mask/picture.mjs").Box} Box
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 */

import { bounds, contains } from "../mask/runs.mjs";

const MARGIN = 0.15; // of the sides of what is shown
const DIM = 0.3; // of the light of what is not selected
const KEPT = 300; // small pictures of files

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

/** Small pictures of files, one made after the other: each file is decoded whole. */
export class Thumbs {
  constructor() {
    /** @type {Map<File, ImageBitmap>} */
    this._made = new Map();
    /** @type {Promise<unknown>} */
    this._last = Promise.resolve();
  }

  /** Fills a canvas, if it is still on the page when its turn comes. @param {HTMLCanvasElement} canvas @param {File} file */
  async draw(canvas, file) {
    const turn = this._last.then(() => this._made.get(file) ?? (canvas.isConnected ? this._make(file, canvas) : null));
    this._last = turn.catch(() => {});
    const small = await turn;
    if (small) canvas.getContext("2d")?.drawImage(small, (canvas.width - small.width) / 2, (canvas.height - small.height) / 2);
  }

  /** @param {File} file @param {{width: number, height: number}} place  that it covers */
  async _make(file, { width, height }) {
    const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.max(width / whole.width, height / whole.height);
    const [resizeWidth, resizeHeight] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
    const small = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "medium" });
    whole.close();
    this._made.set(file, small);
    for (const [old, one] of [...this._made].slice(0, -KEPT)) {
      one.close();
      this._made.delete(old);
    }
    return small;
  }
}
