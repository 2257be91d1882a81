/**
 * Draws the scene of a canvas: four layers on top of each other, so that a click draws its mask and nothing else again.
 *
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {import("../mask/raster.mjs").Region} Region
 * @typedef {import("../mask/picture.mjs").Box} Box
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../mask/picture.mjs").Size} Size
 * @typedef {typeof LAYERS[number]} Layer
 *
 * @typedef {object} Scene  all in pixels of the picture
 * @property {import("./bitmaps.mjs").Picture | null} picture
 * @property {{picture: import("./bitmaps.mjs").Picture, offset: [number, number]} | null} original  shown in its place, alone
 * @property {Runs | null} mask @property {import("../mask/raster.mjs").Grey & {box: Box} | null} soft  where its edge is
 * @property {{runs: Runs | null, soft: Scene["soft"]} | null} added  the mask with what an action adds to it
 * @property {Runs | null} hover  what a click would select @property {Runs | null} highlight  one object among the others
 * @property {Runs[] | null} segments  what everything mode found
 * @property {{points: [number, number, 0 | 1][], box: Box | null, active: boolean}[]} prompts
 * @property {Box | null} box  that is being drawn @property {PicturePoint | null} cursor  the keyboard's
 * @property {{at: PicturePoint, radius: number} | null} ring  of the brush @property {Box | null} frame  to extend it to
 *
 * @typedef {object} How  @property {import("./geometry.mjs").View} view @property {Size} place
 * @property {number} ratio  pixels of the screen in one of CSS @property {{colour: string, opacity: number}} appearance
 *
 * @typedef {object} Pixels  of the screen @property {Uint32Array} data @property {Size} screen
 * @property {import("../mask/raster.mjs").ScreenView} view
 */

import { picturePoint } from "../mask/picture.mjs";
import { colour, grown, paint, paintSegments, paintSoft, sample, seen } from "../mask/raster.mjs";
import { bounds } from "../mask/runs.mjs";
import { onScreen, toPlace } from "./geometry.mjs";
import { drawBox, drawCursor, drawPoint, drawRing } from "./marks.mjs";

export const LAYERS = /** @type {const} */ (["picture", "segments", "mask", "marks"]);

export class Painter {
  /** An image of the size of the screen, empty between two drawings. @type {ImageData | null} */
  _image = null;
  /** Which of its pixels are selected, see raster.sample. */
  _marked = new Uint8Array(0);
  /** @type {CanvasPattern | null} */
  _chequers = null;

  /**
   * Draws one layer anew.
   * @param {Layer} layer @param {CanvasRenderingContext2D} context  of its canvas @param {Scene} scene @param {How} how
   */
  draw(layer, context, scene, how) {
    if (layer === "picture") this._pictures(context, scene, how);
    else if (scene.original) context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    else if (layer === "segments") this._segments(context, scene, how);
    else if (layer === "mask") this._mask(context, scene, how);
    else drawMarks(context, scene, how);
  }

  /** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {How} how */
  _pictures(context, { picture, original }, how) {
    const { canvas } = context;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (original) this._picture(context, original.picture, original.offset, how);
    else if (picture) this._picture(context, picture, [0, 0], how);
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {import("./bitmaps.mjs").Picture} picture
   * @param {[number, number]} offset  where it lies, in pixels of the picture @param {How} how
   */
  _picture(context, picture, offset, how) {
    const { scale, ...from } = onScreen(how.view, how.ratio);
    const [x, y] = [from.x + offset[0] * scale, from.y + offset[1] * scale];
    const wanted = picture.levels.filter((level) => level.width >= picture.width * scale);
    const level = wanted.at(-1) ?? picture.levels[0];
    const [left, top, width, height] = [x, y, picture.width * scale, picture.height * scale].map(Math.round);
    context.fillStyle = this._chequers ??= chequers(context, how.ratio); // seen through what is transparent
    context.fillRect(left, top, width, height);
    context.imageSmoothingEnabled = scale < 4; // nearer, one wants to see the pixels
    context.imageSmoothingQuality = "medium";
    context.drawImage(level, left, top, width, height);
  }

  /** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {How} how */
  _segments(context, { picture, segments }, how) {
    this._withPixels(context, how, ({ data, screen, view }) => {
      const region = picture && segments?.length ? seen([0, 0, picture.width, picture.height], view, screen, 0) : null;
      if (region) paintSegments(segments ?? [], view, region, data, screen.width, 0.35);
      return region;
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {How} how */
  _mask(context, { mask, soft, added, hover, highlight, segments }, how) {
    const { colour: hex, opacity } = how.appearance;
    const thickness = Math.max(Math.round(how.ratio), 1);
    const edge = { inner: 0xffffffff, outer: colour("#000000", 0.6), thickness };
    this._withPixels(context, how, (pixels) => {
      const { data, screen, view } = pixels;
      const fill = colour(hex, opacity);
      const faint = segments
        ? { ...edge, fill: colour(hex, opacity * 0.8) }
        : { fill: colour(hex, opacity * 0.45), inner: colour(hex, 0.9), outer: 0, thickness };
      const rim = colour(hex, opacity * 0.6);
      const drawn = [this._paint(added?.soft ? null : added?.runs ?? null, { fill: rim, inner: 0, outer: 0, thickness }, pixels)];
      for (const [grey, shade] of /** @type {const} */ ([[added?.soft, rim], [mask && soft, fill]])) {
        const region = grey && seen(grey.box, view, screen, 1);
        if (grey && region) paintSoft(grey, view, region, data, screen.width, shade);
        drawn.push(region || null);
      }
      drawn.push(this._paint(hover, faint, pixels));
      drawn.push(this._paint(mask, { ...edge, fill: soft ? 0 : fill }, pixels));
      const bright = { fill: colour(hex, Math.min(opacity + 0.3, 1)), inner: colour("#ffd400", 1), thickness };
      drawn.push(this._paint(highlight, { ...edge, ...bright }, pixels));
      return around(drawn.filter((region) => region !== null));
    });
  }

  /**
   * Lets `fill` draw into the pixels of a canvas; it returns the region that it drew in, if any.
   * @param {CanvasRenderingContext2D} context @param {How} how @param {(pixels: Pixels) => Region | null} fill
   */
  _withPixels(context, how, fill) {
    const { width, height } = context.canvas;
    context.clearRect(0, 0, width, height);
    if (this._image?.width !== width || this._image.height !== height) {
      this._image = context.createImageData(width, height);
    }
    const data = new Uint32Array(this._image.data.buffer);
    const region = fill({ data, screen: { width, height }, view: onScreen(how.view, how.ratio) });
    if (!region) return;
    const { left, top, right, bottom } = region;
    context.putImageData(this._image, 0, 0, left, top, right - left, bottom - top);
    for (let y = top; y < bottom; y++) data.fill(0, y * width + left, y * width + right);
  }

  /**
   * Draws a mask, if any; gives the region that it drew in.
   * @param {Runs | null} runs @param {import("../mask/raster.mjs").Paint} how @param {Pixels} pixels @returns {Region | null}
   */
  _paint(runs, how, { data, screen, view }) {
    const region = runs && seen(bounds(runs), view, screen, how.thickness + 1);
    if (!runs || !region) return null;
    const sampled = grown(region, how.thickness);
    const size = (sampled.right - sampled.left) * (sampled.bottom - sampled.top);
    if (this._marked.length < size) this._marked = new Uint8Array(size);
    this._marked.fill(0, 0, size);
    sample(runs, view, sampled, this._marked, 1);
    paint(this._marked, region, data, screen.width, how);
    return region;
  }
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {How} how */
function drawMarks(context, { prompts, box, cursor, ring, frame }, { view, place, ratio }) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, place.width, place.height);
  if (frame) drawBox(context, frame, view, { active: true, sized: true, room: place });
  for (const { points, box: around, active } of prompts) {
    if (around && !(box && active)) drawBox(context, around, view, { active, sized: false, room: place });
    for (const [x, y, label] of points) drawPoint(context, toPlace(view, picturePoint(x, y)), label, active);
  }
  if (box) drawBox(context, box, view, { active: true, sized: true, room: place });
  if (ring) drawRing(context, toPlace(view, ring.at), ring.radius * view.scale);
  if (cursor) drawCursor(context, toPlace(view, cursor));
}

/** The smallest region around several. @param {Region[]} regions @returns {Region | null} */
function around(regions) {
  if (!regions.length) return null;
  const sides = (/** @type {keyof Region} */ name) => regions.map((region) => region[name]);
  return {
    left: Math.min(...sides("left")),
    top: Math.min(...sides("top")),
    right: Math.max(...sides("right")),
    bottom: Math.max(...sides("bottom")),
  };
}

/** The pattern that stands for what is transparent. @param {CanvasRenderingContext2D} context @param {number} ratio */
function chequers(context, ratio) {
  const side = Math.round(8 * ratio);
  const tile = new OffscreenCanvas(2 * side, 2 * side);
  const tiled = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext("2d"));
  tiled.fillStyle = "#fff";
  tiled.fillRect(0, 0, 2 * side, 2 * side);
  tiled.fillStyle = "#ccc";
  tiled.fillRect(0, 0, side, side);
  tiled.fillRect(side, side, side, side);
  return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
}
