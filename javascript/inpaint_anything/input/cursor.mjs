/**
 * Working without a pointer: a cursor that is moved by keys, and what a click there does with each tool.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 *
 * @typedef {object} Target  what the cursor works on
 * @property {() => import("../mask/picture.mjs").Size | null} image  that is open
 * @property {(box: import("../mask/picture.mjs").Box, time: number) => void} setBox
 */

import { boxBetween, picturePoint } from "../mask/picture.mjs";
import { toPlace } from "../view/geometry.mjs";

export class Cursor {
  /**
   * @param {import("../view/canvas.mjs").Canvas} canvas
   * @param {Pick<import("./tools.mjs").Tools, "name" | "dab">} tools @param {Target} target
   */
  constructor(canvas, tools, target) {
    this._canvas = canvas;
    this._tools = tools;
    this._target = target;
    /** The first one of a box. @type {PicturePoint | null} */
    this._corner = null;
  }

  /**
   * Moves, beginning in the middle; the picture follows when the cursor would leave the place.
   * @param {number} dx @param {number} dy  pixels of the place
   */
  move(dx, dy) {
    const image = this._target.image();
    if (!image) return;
    const { place, view, scene, middle } = this._canvas;
    const from = scene.cursor ?? this._canvas.fromPlace(middle);
    const on = (/** @type {number} */ value, /** @type {number} */ end) => Math.min(Math.max(value, 0), end - 1);
    const cursor = picturePoint(on(from.x + dx / view.scale, image.width), on(from.y + dy / view.scale, image.height));
    const at = toPlace(view, cursor);
    const back = (/** @type {number} */ value, /** @type {number} */ end) => Math.min(Math.max(value, 0), end) - value;
    const [right, down] = [back(at.x, place.width), back(at.y, place.height)];
    if (right || down) this._canvas.pan(right, down);
    this._canvas.set({ cursor });
    if (this._corner) this._canvas.set({ box: boxBetween(this._corner, cursor, image) });
  }

  /** A click; the box tool takes its two corners. @param {boolean} include */
  click(include) {
    const image = this._target.image();
    const { cursor } = this._canvas.scene;
    if (!cursor || !image) return;
    const time = performance.now();
    if (this._tools.name !== "box" || !include) return this._tools.dab({ at: cursor, exclude: !include, time });
    const box = this._corner && boxBetween(this._corner, cursor, image);
    this._corner = box ? null : cursor;
    this._canvas.set({ box: null });
    if (box) this._target.setBox(box, time);
  }

  /** Forgets cursor and corner. */
  end() {
    if (!this._canvas.scene.cursor) return;
    this._corner = null;
    this._canvas.set({ cursor: null, box: null });
  }
}
