/**
 * What a press, a drag and a release mean with each tool. Changes of the document are left to what the tools work on;
 * what is drawn meanwhile is drawn here.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {import("../mask/strokes.mjs").Stroke} Stroke
 * @typedef {"point" | "box" | "brush" | "eraser" | "lasso" | "pan"} ToolName
 *
 * @typedef {object} Target  what the tools work on
 * @property {() => import("../mask/picture.mjs").Size | null} image  that is open
 * @property {() => Runs | null} mask  that is shown
 * @property {(at: PicturePoint, label: 0 | 1, time?: number) => void} click  time: of the event
 * @property {(box: import("../mask/picture.mjs").Box, time?: number) => void} setBox
 * @property {(stroke: Stroke, runs: Runs) => void} addStroke  runs: the pixels under it
 * @property {() => void} showMask  draws it as it is, without what a tool has drawn over it
 * @property {(at: PicturePoint | null) => void} hover  where the pointer is with a tool that clicks; null ends it
 * @property {() => void} endCursor  the keyboard's @property {(radius: number) => void} resize  the brush
 *
 * @typedef {Pick<import("./pointer.mjs").Press, "at" | "exclude" | "time"> & {shift?: boolean}} Click
 * @typedef {import("./pointer.mjs").Press & {tool: ToolName}} Drag  what a press began
 */

import { boxBetween, inside, pixel } from "../mask/picture.mjs";
import { subtract, union } from "../mask/runs.mjs";
import { Painting, strokeRadius } from "./painting.mjs";

const CLICK = 3; // pixels of the place; a box that is smaller is a click
/** @type {{[tool: string]: string}} */
const CURSORS = { pan: "grab", brush: "none", eraser: "none" };
const [SMALLEST, LARGEST] = [1, 256]; // pixels of the place

export class Tools {
  /** @param {import("../view/canvas.mjs").Canvas} canvas @param {Target} target */
  constructor(canvas, target) {
    this._canvas = canvas;
    this._target = target;
    /** @type {ToolName} */
    this.name = "point";
    this.brushRadius = 20; // pixels of the place, however large the picture is
    /** @type {Drag | null} */
    this._drag = null;
    /** @type {Painting | null} */
    this._painting = null;
    /** Where the last stroke ended, and in which picture. @type {{image: object, at: [number, number]} | null} */
    this._end = null;
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

  /** @param {number} pixels  of the place, of the brush */
  setRadius(pixels) {
    this.brushRadius = Math.min(Math.max(pixels, SMALLEST), LARGEST);
    this.showRing();
  }

  /** @param {number} factor */
  resize(factor) {
    if (!this._brushes()) return false;
    this._target.resize(this.brushRadius * factor);
    return true;
  }

  pans = () => this.name === "pan";

  /** @param {import("./pointer.mjs").Press} press */
  press(press) {
    this._target.hover(null);
    this._target.endCursor();
    this._drag = { tool: this.name, ...press };
    if (this._draws()) this._beginStroke(press);
    else if (this.name === "point" && !press.touch) this._click(press);
  }

  /** @param {PicturePoint[]} points  that were passed since @param {boolean} shift  whether that key is held */
  move(points, shift) {
    const image = this._target.image();
    const last = points.at(-1);
    if (!this._drag || !last || !image) return;
    this._pointer = last;
    if (this._drag.tool === "box") this._canvas.set({ box: boxBetween(this._drag.at, last, image) });
    if (!this._painting) return;
    this._painting.go(points, shift);
    this._showStroke(this._painting);
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
    } else if (painting) this._endStroke(painting);
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
    this._target.hover(touch || this._draws() ? null : at);
  }

  /** The ring of the brush where the pointer is, if the tool has one. */
  showRing() {
    this._canvas.set({ ring: this._brushes() && this._target.image() ? this._ring(this._radius()) : null });
    this._canvas.root.style.cursor = CURSORS[this.name] ?? "crosshair";
  }

  /** A click, or a dab of the brush, that is over at once. @param {Click} click */
  dab(click) {
    if (!this._draws()) return this._click(click);
    this._beginStroke({ ...click, shift: false });
    const painting = this._painting;
    this._painting = null;
    if (painting) this._endStroke(painting);
  }

  _brushes = () => this.name === "brush" || this.name === "eraser";
  _draws = () => this._brushes() || this.name === "lasso";

  /** Of a stroke, in pixels of the picture. */
  _radius = () => strokeRadius(this.brushRadius / this._canvas.view.scale);

  /** @param {number} radius  in pixels of the picture */
  _ring = (radius) => this._pointer && { at: this._pointer, radius };

  /** @param {Click} click */
  _click({ at, exclude, shift, time }) {
    const image = this._target.image();
    if (image && inside(at, image)) this._target.click(pixel(at, image), exclude || shift ? 0 : 1, time);
  }

  /** @param {Click} click */
  _beginStroke({ at, exclude, shift }) {
    const image = this._target.image();
    if (!image) return;
    const label = (this.name === "eraser") === exclude ? 1 : 0; // the other button does the opposite
    const filled = this.name === "lasso";
    const from = shift && !filled && this._end?.image === image ? this._end.at : null;
    this._painting = new Painting(image, { at, radius: this._radius(), label, filled, from });
    this._showStroke(this._painting);
  }

  /** @param {Painting} painting */
  _endStroke(painting) {
    const image = this._target.image();
    this._end = image && { image, at: painting.end };
    if (painting.counts) this._target.addStroke(painting.stroke, painting.runs);
    else this._target.showMask();
  }

  /** Onto the mask that is shown. @param {Painting} painting */
  _showStroke({ stroke, runs }) {
    const shown = this._target.mask();
    const added = shown ? union(shown, runs) : runs;
    const mask = stroke.label ? added : shown && subtract(shown, runs);
    this._canvas.set({ mask, soft: null, added: null, ring: stroke.filled ? null : this._ring(stroke.radius) });
  }
}
