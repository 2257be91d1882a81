/**
 * A stroke while it is drawn: freely, in a straight line while Shift is held, or around something with the lasso.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {import("../mask/strokes.mjs").Stroke} Stroke
 * @typedef {import("../mask/picture.mjs").Size} Size
 *
 * @typedef {object} Begin  @property {PicturePoint} at @property {number} radius  as strokeRadius gives it
 * @property {0 | 1} label @property {boolean} filled  whether it goes around something
 * @property {[number, number] | null} from  where a straight line begins; null where there is none
 */

import { union } from "../mask/runs.mjs";
import { fromStroke, strokePoint } from "../mask/strokes.mjs";

const [SMALLEST, LARGEST] = [0.5, 1024]; // pixels of the picture that a radius may have

/** A radius as a stroke has it. @param {number} radius  in pixels of the picture */
export const strokeRadius = (radius) => Math.min(Math.max(Math.round(100 * radius) / 100, SMALLEST), LARGEST);

export class Painting {
  /** @param {Size} image @param {Begin} begin */
  constructor(image, { at, radius, label, filled, from }) {
    this._image = image;
    const point = strokePoint(at, radius, image);
    /** @type {Stroke} */
    this.stroke = { points: from ? [from, point] : [point], radius, label, ...(filled ? { filled } : {}) };
    /** The pixels that were passed so far. @type {Runs} */
    this.runs = fromStroke(image.width, image.height, this.stroke);
  }

  /** Where it has come to. @returns {[number, number]} */
  get end() {
    return this.stroke.points[this.stroke.points.length - 1];
  }

  /** Whether it selects or erases something. */
  get counts() {
    return !this.stroke.filled || this.runs.spans.length > 0;
  }

  /** Goes on to these points. @param {PicturePoint[]} points @param {boolean} straight  in a line from where it began */
  go(points, straight) {
    const { stroke } = this;
    const { width, height } = this._image;
    const passed = points.map((at) => strokePoint(at, stroke.radius, this._image));
    if (straight && !stroke.filled) {
      stroke.points = [stroke.points[0], ...passed.slice(-1)];
      this.runs = fromStroke(width, height, stroke);
      return;
    }
    const from = stroke.points.length - 1;
    for (const point of passed) if (String(point) !== String(this.end)) stroke.points.push(point);
    const added = () => fromStroke(width, height, { ...stroke, points: stroke.points.slice(from) });
    this.runs = stroke.filled ? fromStroke(width, height, stroke) : union(this.runs, added());
  }
}
