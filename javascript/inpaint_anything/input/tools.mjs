/**
 * What a press, a drag and a release mean with each tool. Changes of the document are left to the workspace; what is
 * drawn meanwhile is done here.
 */

import { boxBetween, inside, pixel } from "../view/geometry.mjs";
import { subtract, union } from "../mask/runs.mjs";
import { fromStroke, strokePoint } from "../mask/strokes.mjs";

const CLICK = 3; // screen pixels; a box that is smaller is a click

export class Tools {
  /** @param {import("../session/workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.canvas = workspace.canvas;
    this.name = "point";
    this.brushRadius = 20;
    this.drag = null; // what was begun: {tool, at, ...}
    this.pointer = null; // where it is, for the ring
  }

  pans = () => this.name === "pan";

  /** @param {import("./pointer.mjs").Press} press */
  press(press) {
    this.workspace.endHover();
    this.workspace.cursor.end();
    this.drag = { tool: this.name, ...press };
    if (this._brushes(this.name)) this._beginStroke(press);
    else if (this.name === "point" && !press.touch) this._click(press);
  }

  move(points) {
    if (!this.drag || !points.length) return;
    const last = points[points.length - 1];
    this.pointer = last;
    if (this.drag.tool === "box") this.canvas.set({ box: boxBetween(this.drag.at, last, this.workspace.image) });
    if (this.drag.stroke) this._extendStroke(points);
  }

  release({ still, held, time }) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    const { box } = this.canvas.scene;
    this.canvas.set({ box: null });
    if (drag.tool === "point" && drag.touch && still) this._click({ ...drag, exclude: held, time });
    else if (drag.tool === "box") {
      const least = CLICK / this.canvas.view.scale;
      if (box && Math.max(box[2] - box[0], box[3] - box[1]) > least) this.workspace.setBox(box, time);
      else if (still) this._click({ ...drag, exclude: drag.exclude || (drag.touch && held), time });
    } else if (drag.stroke) this.workspace.addStroke(drag.stroke, drag.runs);
    if (drag.touch) this.hover(null, true);
  }

  cancel() {
    if (this.drag?.stroke) this.workspace.showMask();
    this.drag = null;
    this.canvas.set({ box: null, ring: null });
  }

  hover(at, touch) {
    this.pointer = touch ? null : at;
    this.showRing();
    this.workspace.hover(touch || this._brushes(this.name) ? null : at);
  }

  /** The ring of the brush where the pointer is, if the tool has one. */
  showRing() {
    const shown = this._brushes(this.name) && this.pointer && this.workspace.image;
    this.canvas.set({ ring: shown ? { at: this.pointer, radius: this.brushRadius } : null });
    this.canvas.root.style.cursor = { pan: "grab", brush: "none", eraser: "none" }[this.name] ?? "crosshair";
  }

  /** A click, or a dab of the brush, that is over at once. @param {{at: {x: number, y: number}, exclude: boolean, time: number}} press */
  dab(press) {
    if (!this._brushes(this.name)) return this._click(press);
    this._beginStroke(press);
    const { stroke, runs } = this.drag;
    this.drag = null;
    this.workspace.addStroke(stroke, runs);
  }

  _brushes = (tool) => tool === "brush" || tool === "eraser";

  _click({ at, exclude, time }) {
    const { workspace } = this;
    if (inside(at, workspace.image)) workspace.click(pixel(at, workspace.image), exclude ? 0 : 1, time);
  }

  _beginStroke({ at, exclude }) {
    const label = (this.name === "brush") === !exclude ? 1 : 0; // the other button does the opposite
    const radius = this.brushRadius;
    const stroke = { points: [strokePoint(at, radius, this.workspace.image)], radius, label };
    this.drag = { ...this.drag, stroke };
    this._extendStroke([]);
  }

  /** Draws what the brush has passed since, onto the mask that is shown. */
  _extendStroke(points) {
    const { drag, workspace } = this;
    const { width, height } = workspace.image;
    const from = drag.stroke.points.length - 1;
    for (const at of points) {
      const point = strokePoint(at, drag.stroke.radius, workspace.image);
      const last = drag.stroke.points.at(-1);
      if (point[0] !== last[0] || point[1] !== last[1]) drag.stroke.points.push(point);
    }
    const passed = fromStroke(width, height, { ...drag.stroke, points: drag.stroke.points.slice(from) });
    drag.runs = drag.runs ? union(drag.runs, passed) : passed;
    const { runs } = workspace.mask;
    const shown = runs ? (drag.stroke.label ? union : subtract)(runs, drag.runs) : drag.stroke.label ? drag.runs : null;
    this.canvas.set({ mask: shown, soft: null, ring: this.pointer ? { at: this.pointer, radius: drag.stroke.radius } : null });
  }
}
