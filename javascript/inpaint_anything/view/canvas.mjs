/**
 * The canvas: what is shown where, and when it is drawn. How it is drawn is the painter's matter.
 *
 * @typedef {object} Scene
 * @property {import("./bitmaps.mjs").Picture | null} picture
 * @property {import("../mask/runs.mjs").Runs | null} mask  @property {object | null} soft  as of raster.paintSoft, with `mask`
 * @property {import("../mask/runs.mjs").Runs | null} hover  what a click would select
 * @property {import("../mask/runs.mjs").Runs | null} highlight  one object, shown among the others
 * @property {import("../mask/runs.mjs").Runs[] | null} things  what everything mode found
 * @property {{points: number[][], box: number[] | null, active: boolean}[]} prompts
 * @property {number[] | null} box  that is being drawn @property {{x: number, y: number} | null} cursor
 * @property {{at: {x: number, y: number}, radius: number} | null} ring  all in pixels of the picture
 */

import { fit, pan, resized, toPicture, zoomAt } from "./geometry.mjs";
import { LAYERS, Painter } from "./painter.mjs";

const LAYER_OF = { picture: "picture", things: "things", mask: "mask", soft: "mask", hover: "mask", highlight: "mask" };
const AT_LATEST = 50; // milliseconds; a frame may never come in a tab that is not seen

export class Canvas {
  /** @param {HTMLElement} place  to fill; it needs a size of its own */
  constructor(place) {
    this.root = document.createElement("div");
    Object.assign(this.root.style, { position: "absolute", inset: "0", overflow: "hidden", touchAction: "none" });
    if (getComputedStyle(place).position === "static") place.style.position = "relative";
    this.layers = Object.fromEntries(LAYERS.map((name) => [name, this._layer(name)]));
    place.append(this.root);

    /** @type {Scene} */
    this.scene = { picture: null, mask: null, soft: null, hover: null, highlight: null, things: null };
    Object.assign(this.scene, { prompts: [], box: null, cursor: null, ring: null });
    this.appearance = { colour: "#1e90ff", opacity: 0.5 };
    /** Called when another part of the picture is shown, or in another size. */
    this.onview = () => {};
    this.place = { width: 0, height: 0 };
    this.view = { scale: 1, x: 0, y: 0 };
    this.fitted = true;
    this._painter = new Painter();
    this._stale = new Set(LAYERS);
    this._frame = this._timer = 0;
    this._watcher = new ResizeObserver(() => this._resize());
    this._watcher.observe(this.root);
    this._resize();
  }

  /** Changes parts of the scene; they are drawn with the next frame. @param {Partial<Scene>} parts */
  set(parts) {
    for (const [name, value] of Object.entries(parts)) {
      if (this.scene[name] === value) continue;
      this.scene[name] = value;
      this._stale.add(LAYER_OF[name] ?? "marks");
    }
    if (parts.picture !== undefined && this.fitted) this.fit();
    this._schedule();
  }

  /** @param {{colour?: string, opacity?: number}} values  colour as #1e90ff, opacity 0 to 1 */
  setAppearance({ colour = this.appearance.colour, opacity = this.appearance.opacity }) {
    this.appearance = { colour, opacity };
    this._stale.add("mask");
    this._schedule();
  }

  /** Shows the whole picture. */
  fit() {
    this.fitted = true;
    const { picture } = this.scene;
    if (picture && this.place.width) this._show(fit(picture, this.place));
  }

  /** Zooms about a point of the place, by default its middle. @param {number} factor */
  zoom(factor, at = { x: this.place.width / 2, y: this.place.height / 2 }) {
    const { picture } = this.scene;
    if (!picture) return;
    this.fitted = false;
    this._show(zoomAt(this.view, factor, at, picture, this.place));
  }

  /** Moves the picture by screen pixels. */
  pan(dx, dy) {
    const { picture } = this.scene;
    if (!picture) return;
    this.fitted = false;
    this._show(pan(this.view, dx, dy, picture, this.place));
  }

  /** The point of the picture under a point of the window, such as a pointer event's. */
  toPicture = ({ clientX, clientY }) => this.fromPlace(this.toPlace({ clientX, clientY }));

  /** The point of the picture under a point of the place. */
  fromPlace = (at) => toPicture(this.view, at);

  /** The point of the place under a point of the window. */
  toPlace({ clientX, clientY }) {
    const { left, top } = this.root.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /** Draws now what has changed. */
  draw() {
    cancelAnimationFrame(this._frame);
    clearTimeout(this._timer);
    this._frame = this._timer = 0;
    if (!this.place.width) return;
    if (this._ratio !== globalThis.devicePixelRatio) return this._resize(); // on another monitor
    const stale = [...this._stale];
    this._stale.clear();
    const { view, place, appearance } = this;
    for (const name of stale) {
      this._painter.draw(name, this.layers[name], this.scene, { view, place, appearance, ratio: this._ratio });
    }
  }

  /** Ends watching and removes the canvases. */
  dispose() {
    this._watcher.disconnect();
    cancelAnimationFrame(this._frame);
    clearTimeout(this._timer);
    this.root.remove();
  }

  _layer(name) {
    const canvas = document.createElement("canvas");
    canvas.dataset.layer = name;
    if (name === "mask") canvas.dataset.inpaintAnything = "canvas";
    Object.assign(canvas.style, { position: "absolute", left: "0", top: "0", pointerEvents: "none" });
    this.root.append(canvas);
    return canvas.getContext("2d");
  }

  _show(view) {
    this.view = view;
    for (const name of LAYERS) this._stale.add(name);
    this._schedule();
    this.onview();
  }

  _schedule() {
    if (this._timer) return;
    this._frame = requestAnimationFrame(() => this.draw());
    this._timer = setTimeout(() => this.draw(), AT_LATEST);
  }

  _resize() {
    const before = this.place;
    const ratio = globalThis.devicePixelRatio;
    const place = { width: this.root.clientWidth, height: this.root.clientHeight };
    if (!place.width || !place.height) return; // on a page of tabs, ours is not the open one
    this.place = place;
    for (const { canvas } of Object.values(this.layers)) {
      canvas.width = Math.round(this.place.width * ratio);
      canvas.height = Math.round(this.place.height * ratio);
      Object.assign(canvas.style, { width: `${this.place.width}px`, height: `${this.place.height}px` });
    }
    this._ratio = ratio;
    for (const name of LAYERS) this._stale.add(name);
    const { picture } = this.scene;
    if (picture && this.fitted) this.fit();
    else if (picture) this._show(resized(this.view, before, this.place, picture));
    this.draw(); // at once: a canvas that changed its size is empty
  }
}
