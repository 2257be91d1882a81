/**
 * What a press, a drag and a release mean with each tool. Changes of the document are left to what the tools work on;
 * what is drawn meanwhile is drawn here.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {import("../mask/strokes.mjs").Stroke} Stroke
 * @typedef {"point" | "box" | "brush" | "eraser" | "pan"} ToolName
 *
 * @typedef {object} Target  what the tools work on
 * @property {() => import("../mask/picture.mjs").Size | null} image  that is open
 * @property {() => Runs | null} mask  that is shown
 * @property {(at: PicturePoint, label: 0 | 1, time?: number) => void} click  time: of the event
 * @property {(box: import("../mask/picture.mjs").Box, time?: number) => void} setBox
 * @property {(stroke: Stroke, runs: Runs) => void} addStroke  runs: the pixels under it
 * @property {() => void} showMask  draws it as it is, without what a tool has drawn over it
 * @property {(at: PicturePoint | null) => void} hover  where the pointer is with a tool that clicks; null ends it
 * @property {() => void} endCursor  the keyboard's
 *
 * @typedef {Pick<import("./pointer.mjs").Press, "at" | "exclude" | "time">} Click
 * @typedef {import("./pointer.mjs").Press & {tool: ToolName}} Drag  what a press began
 * @typedef {{stroke: Stroke, runs: Runs}} Painting  with the pixels that the brush has passed so far
 */

import { boxBetween, inside, pixel } from "../mask/picture.mjs";
import { subtract, union } from "../mask/runs.mjs";
import { fromStroke, strokePoint } from "../mask/strokes.mjs";

const CLICK = 3; // pixels of the place; a box that is smaller is a click
/** @type {{[tool: string]: string}} */
const CURSORS = { pan: "grab", brush: "none", eraser: "none" };

export class Tools {
  /** @param {import("../view/canvas.mjs").Canvas} canvas @param {Target} target */
  constructor(canvas, target) {
    this._canvas = canvas;
    this._target = target;
    /** @type {ToolName} */
    this.name = "point";
    this.brushRadius = 20; // pixels of the picture
    /** @type {Drag | null} */
    this._drag = null;
    /** @type {Painting | null} */
    this._painting = null;
    /** Where the pointer is, for the ring. @type {PicturePoint | null} */
    this._pointer = null;
  }

  /** Whether a stroke is being drawn over the mask. */
  get paints() {
    return this._painting !== null;
  }

  /** @param {ToolName} name */
  take(name) {
    this.name = name;
    this.showRing();
    this._target.hover(null);
  }

  /** @param {number} pixels  of the picture, of the brush */
  setRadius(pixels) {
    this.brushRadius = Math.min(Math.max(pixels, 1), 1024);
    this.showRing();
  }

  pans = () => this.name === "pan";

  /** @param {import("./pointer.mjs").Press} press */
  press(press) {
    this._target.hover(null);
    this._target.endCursor();
    this._drag = { tool: this.name, ...press };
    if (this._brushes()) this._beginStroke(press);
    else if (this.name === "point" && !press.touch) this._click(press);
  }

  /** @param {PicturePoint[]} points  that were passed since */
  move(points) {
    const image = this._target.image();
    const last = points.at(-1);
    if (!this._drag || !last || !image) return;
    this._pointer = last;
    if (this._drag.tool === "box") this._canvas.set({ box: boxBetween(this._drag.at, last, image) });
    if (this._painting) this._extendStroke(this._painting, points);
  }

  /** @param {import("./pointer.mjs").Release} release */
  release({ still, held, time }) {
    const [drag, painting] = [this._drag, this._painting];
    this._drag = this._painting = null;
    if (!drag) return;
    const { box } = this._canvas.scene;
    this._canvas.set({ box: null });
    if (drag.tool === "point" && drag.touch && still) this._click({ ...drag, exclude: held, time });
    else if (drag.tool === "box") {
      const least = CLICK / this._canvas.view.scale;
      if (box && Math.max(box[2] - box[0], box[3] - box[1]) > least) this._target.setBox(box, time);
      else if (still) this._click({ ...drag, exclude: drag.exclude || (drag.touch && held), time });
    } else if (painting) this._target.addStroke(painting.stroke, painting.runs);
    if (drag.touch) this.hover(null, true);
  }

  cancel() {
    const painted = this._painting;
    this._drag = this._painting = null;
    if (painted) this._target.showMask();
    this._canvas.set({ box: null, ring: null });
  }

  /** @param {PicturePoint | null} at @param {boolean} touch */
  hover(at, touch) {
    this._pointer = touch ? null : at;
    this.showRing();
    this._target.hover(touch || this._brushes() ? null : at);
  }

  /** The ring of the brush where the pointer is, if the tool has one. */
  showRing() {
    this._canvas.set({ ring: this._brushes() && this._target.image() ? this._ring(this.brushRadius) : null });
    this._canvas.root.style.cursor = CURSORS[this.name] ?? "crosshair";
  }

  /** A click, or a dab of the brush, that is over at once. @param {Click} click */
  dab(click) {
    if (!this._brushes()) return this._click(click);
    this._beginStroke(click);
    const painting = this._painting;
    this._painting = null;
    if (painting) this._target.addStroke(painting.stroke, painting.runs);
  }

  _brushes = () => this.name === "brush" || this.name === "eraser";

  /** @param {number} radius */
  _ring = (radius) => this._pointer && { at: this._pointer, radius };

  /** @param {Click} click */
  _click({ at, exclude, time }) {
    const image = this._target.image();
    if (image && inside(at, image)) this._target.click(pixel(at, image), exclude ? 0 : 1, time);
  }

  /** @param {Click} click */
  _beginStroke({ at, exclude }) {
    const image = this._target.image();
    if (!image) return;
    const label = (this.name === "brush") === !exclude ? 1 : 0; // the other button does the opposite
    /** @type {Stroke} */
    const stroke = { points: [strokePoint(at, this.brushRadius, image)], radius: this.brushRadius, label };
    this._painting = { stroke, runs: fromStroke(image.width, image.height, stroke) };
    this._showStroke(this._painting);
  }

  /** Draws what the brush has passed since. @param {Painting} painting @param {PicturePoint[]} points */
  _extendStroke(painting, points) {
    const image = this._target.image();
    if (!image) return;
    const { stroke } = painting;
    const from = stroke.points.length - 1;
    for (const at of points) {
      const point = strokePoint(at, stroke.radius, image);
      const last = stroke.points[stroke.points.length - 1];
      if (point[0] !== last[0] || point[1] !== last[1]) stroke.points.push(point);
    }
    const passed = fromStroke(image.width, image.height, { ...stroke, points: stroke.points.slice(from) });
    painting.runs = union(painting.runs, passed);
    this._showStroke(painting);
  }

  /** Onto the mask that is shown. @param {Painting} painting */
  _showStroke({ stroke, runs }) {
    const shown = this._target.mask();
    const added = shown ? union(shown, runs) : runs;
    const mask = stroke.label ? added : shown && subtract(shown, runs);
    this._canvas.set({ mask, soft: null, added: null, ring: this._ring(stroke.radius) });
  }
}
