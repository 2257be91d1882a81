/** Working without a pointer: a cursor that is moved by keys, and what a click there does with each tool. */

import { boxBetween, toPlace } from "../view/geometry.mjs";

export class Cursor {
  /** @param {import("../session/workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.corner = null; // the first one of a box
  }

  /** Moves by screen pixels, beginning in the middle; the picture follows when it would leave the place. */
  move(dx, dy) {
    const { canvas, image } = this.workspace;
    const { width, height } = canvas.place;
    const from = canvas.scene.cursor ?? canvas.fromPlace({ x: width / 2, y: height / 2 });
    const on = (value, end) => Math.min(Math.max(value, 0), end - 1);
    const { scale } = canvas.view;
    const cursor = { x: on(from.x + dx / scale, image.width), y: on(from.y + dy / scale, image.height) };
    const at = toPlace(canvas.view, cursor);
    const back = (value, end) => Math.min(Math.max(value, 0), end) - value;
    if (back(at.x, width) || back(at.y, height)) canvas.pan(back(at.x, width), back(at.y, height));
    canvas.set({ cursor });
    if (this.corner) canvas.set({ box: boxBetween(this.corner, cursor, image) });
  }

  /** A click; the box tool takes its two corners. @param {boolean} include */
  click(include) {
    const { workspace } = this;
    const { canvas, tools, image } = workspace;
    const { cursor } = canvas.scene;
    if (!cursor) return;
    const time = performance.now();
    if (tools.name !== "box" || !include) return tools.dab({ at: cursor, exclude: !include, time });
    const box = this.corner && boxBetween(this.corner, cursor, image);
    this.corner = box ? null : cursor;
    canvas.set({ box: null });
    if (box) workspace.setBox(box, time);
  }

  /** Forgets cursor and corner. */
  end() {
    if (!this.workspace.canvas.scene.cursor) return;
    this.corner = null;
    this.workspace.canvas.set({ cursor: null, box: null });
  }
}
