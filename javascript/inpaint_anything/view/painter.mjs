/**
 * Draws the scene of a canvas: four layers on top of each other, so that a click draws its mask and nothing else again.
 *
 * @typedef {object} How  @property {import("./geometry.mjs").View} view @property {{width: number, height: number}} place
 * @property {number} ratio  pixels of the screen in one of CSS @property {{colour: string, opacity: number}} appearance
 */

import { toPlace } from "./geometry.mjs";
import { drawBox, drawCursor, drawPoint, drawRing } from "./marks.mjs";
import { colour, grown, paint, paintSoft, paintThings, sample, seen } from "../mask/raster.mjs";
import { bounds } from "../mask/runs.mjs";

export const LAYERS = ["picture", "things", "mask", "marks"];

export class Painter {
  constructor() {
    this._pixels = null; // an ImageData of the size of the screen, empty between two drawings
    this._marked = null; // which of them are selected, see raster.sample
  }

  /**
   * Draws one layer anew.
   * @param {string} layer  of LAYERS @param {CanvasRenderingContext2D} context  of its canvas
   * @param {import("./canvas.mjs").Scene} scene @param {How} how
   */
  draw(layer, context, scene, how) {
    const { scale, x, y } = how.view;
    const sharp = { scale: scale * how.ratio, x: x * how.ratio, y: y * how.ratio }; // the view in pixels of the screen
    this[`_${layer}`](context, scene, { ...how, sharp });
  }

  _picture(context, { picture }, { sharp, ratio }) {
    const { canvas } = context;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!picture) return;
    const { scale, x, y } = sharp;
    const wanted = picture.levels.filter((level) => level.width >= picture.width * scale);
    const level = wanted.at(-1) ?? picture.levels[0];
    const frame = [x, y, picture.width * scale, picture.height * scale].map(Math.round);
    context.fillStyle = this._checks ??= checks(context, ratio); // seen through what is transparent
    context.fillRect(...frame);
    context.imageSmoothingEnabled = scale < 4; // nearer, one wants to see the pixels
    context.imageSmoothingQuality = "medium";
    context.drawImage(level, ...frame);
  }

  _things(context, { picture, things }, { sharp }) {
    this._withPixels(context, (pixels, stride, screen) => {
      const window = things?.length && seen([0, 0, picture.width, picture.height], sharp, screen, 0);
      if (window) paintThings(things, sharp, window, pixels, stride, 0.35);
      return window;
    });
  }

  _mask(context, { mask, soft, hover, highlight, things }, { sharp, ratio, appearance }) {
    const { colour: hex, opacity } = appearance;
    const thickness = Math.max(Math.round(ratio), 1);
    const edge = { inner: 0xffffffff, outer: colour("#000000", 0.6), thickness };
    this._withPixels(context, (pixels, stride, screen) => {
      const fill = colour(hex, opacity);
      const faint = things
        ? { ...edge, fill: colour(hex, opacity * 0.8) }
        : { fill: colour(hex, opacity * 0.45), inner: colour(hex, 0.9), outer: 0, thickness };
      const drawn = [this._paint(hover, faint, pixels, stride, screen, sharp)];
      if (mask && soft) {
        const window = seen(soft.box, sharp, screen, 1);
        if (window) paintSoft(soft, sharp, window, pixels, stride, fill);
        drawn.push(window);
      }
      drawn.push(this._paint(mask, { ...edge, fill: soft ? 0 : fill }, pixels, stride, screen, sharp));
      const bright = { fill: colour(hex, Math.min(opacity + 0.3, 1)), inner: colour("#ffd400", 1), thickness };
      drawn.push(this._paint(highlight, { ...edge, ...bright }, pixels, stride, screen, sharp));
      return around(drawn.filter(Boolean));
    });
  }

  _marks(context, { prompts, box, cursor, ring }, { view, place, ratio }) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, place.width, place.height);
    const how = { active: true, sized: true, room: place };
    for (const one of prompts) {
      if (one.box && !(box && one.active)) drawBox(context, one.box, view, { ...how, ...one, sized: false });
      for (const [x, y, label] of one.points) drawPoint(context, toPlace(view, { x, y }), label, one.active);
    }
    if (box) drawBox(context, box, view, how);
    if (ring) drawRing(context, toPlace(view, ring.at), ring.radius * view.scale);
    if (cursor) drawCursor(context, toPlace(view, cursor));
  }

  /** Lets `fill` draw into the pixels of a canvas; it returns the window that it drew in, if any. */
  _withPixels(context, fill) {
    const { width, height } = context.canvas;
    context.clearRect(0, 0, width, height);
    if (this._pixels?.width !== width || this._pixels.height !== height) {
      this._pixels = context.createImageData(width, height);
    }
    const pixels = new Uint32Array(this._pixels.data.buffer);
    const window = fill(pixels, width, { width, height });
    if (!window) return;
    const { left, top, right, bottom } = window;
    context.putImageData(this._pixels, 0, 0, left, top, right - left, bottom - top);
    for (let y = top; y < bottom; y++) pixels.fill(0, y * width + left, y * width + right);
  }

  _paint(runs, how, pixels, stride, screen, sharp) {
    const window = runs && seen(bounds(runs), sharp, screen, how.thickness + 1);
    if (!window) return null;
    const sampled = grown(window, how.thickness);
    const size = (sampled.right - sampled.left) * (sampled.bottom - sampled.top);
    if (!(this._marked?.length >= size)) this._marked = new Uint8Array(size);
    this._marked.fill(0, 0, size);
    sample(runs, sharp, sampled, this._marked, 1);
    paint(this._marked, window, pixels, stride, how);
    return window;
  }
}

/** The smallest window around several. */
function around(windows) {
  if (!windows.length) return null;
  const of = (side, choose) => choose(...windows.map((window) => window[side]));
  return {
    left: of("left", Math.min),
    top: of("top", Math.min),
    right: of("right", Math.max),
    bottom: of("bottom", Math.max),
  };
}

/** The pattern that stands for what is transparent. */
function checks(context, ratio) {
  const side = Math.round(8 * ratio);
  const tile = new OffscreenCanvas(2 * side, 2 * side);
  const tiled = tile.getContext("2d");
  tiled.fillStyle = "#fff";
  tiled.fillRect(0, 0, 2 * side, 2 * side);
  tiled.fillStyle = "#ccc";
  tiled.fillRect(0, 0, side, side);
  tiled.fillRect(side, side, side, side);
  return context.createPattern(tile, "repeat");
}
