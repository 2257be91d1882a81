/**
 * The canvas: what is shown where, and when it is drawn. How it is drawn is the painter's matter.
 *
 * @typedef {import("./painter.mjs").Scene} Scene
 * @typedef {import("./painter.mjs").Layer} Layer
 * @typedef {{clientX: number, clientY: number}} WindowPoint  such as a pointer event
 */

import { fit, pan, placePoint, resized, toPicture, viewOf, zoomAt } from "./geometry.mjs";
import { LAYERS, Painter } from "./painter.mjs";

/** The layer that a part of the scene is drawn on, where it is not that of the marks. @type {{[part: string]: Layer}} */
const LAYER_OF = {
  picture: "picture", segments: "segments", mask: "mask", soft: "mask", added: "mask", hover: "mask", highlight: "mask",
};
const ROOM = 0.06; // of its longer side, around a frame that can be drawn larger
const AT_LATEST = 50; // milliseconds; a frame may never come in a tab that is not seen

/** @type {Scene} */
const EMPTY = {
  picture: null, original: null, mask: null, soft: null, added: null, hover: null, highlight: null, segments: null, prompts: [], box: null,
  cursor: null, ring: null, frame: null,
};

export class Canvas {
  /** @param {HTMLElement} place  to fill; it needs a size of its own */
  constructor(place) {
    this.root = document.createElement("div");
    Object.assign(this.root.style, { position: "absolute", inset: "0", overflow: "hidden", touchAction: "none" });
    if (getComputedStyle(place).position === "static") place.style.position = "relative";
    /** @type {Map<Layer, CanvasRenderingContext2D>} */
    this._layers = new Map(LAYERS.map((name) => [name, this._layer(name)]));
    place.append(this.root);

    /** @type {Scene} */
    this.scene = { ...EMPTY };
    this.appearance = { colour: "#1e90ff", opacity: 0.5 };
    /** Called when another part of the picture is shown, or in another size. */
    this.onview = () => {};
    this.place = { width: 0, height: 0 };
    this.view = viewOf(1, 0, 0);
    /** Whether the whole picture is to be seen when it or the place gets another size. */
    this.fitted = true;
    /** Whether a pointer is down: what is under it stays there, whatever size the place gets. */
    this._held = false;
    this._owes = false; // whether it is to be fitted once none is
    this._grows = false;
    this._painter = new Painter();
    /** @type {Set<Layer>} */
    this._stale = new Set(LAYERS);
    this._frame = 0;
    this._timer = 0;
    this._ratio = 0;
    new ResizeObserver(() => this._resize()).observe(this.root);
    this._resize();
  }

  /** Changes parts of the scene; they are drawn with the next frame. @param {Partial<Scene>} parts */
  set(parts) {
    for (const name of /** @type {(keyof Scene)[]} */ (Object.keys(parts))) {
      if (this.scene[name] === parts[name]) continue;
      for (const layer of name === "original" ? LAYERS : [LAYER_OF[name] ?? "marks"]) this._stale.add(layer);
    }
    Object.assign(this.scene, parts);
    if ((parts.picture !== undefined || parts.frame !== undefined) && this.fitted) this._refit();
    this._schedule();
  }

  /**
   * What is to be added around the picture comes into sight.
   * @param {Scene["frame"]} frame @param {boolean} grows  whether it can be drawn larger: there is room around it for that
   */
  setFrame(frame, grows) {
    if (String(frame) === String(this.scene.frame) && grows === this._grows) return;
    this._grows = grows;
    this.set({ frame });
  }

  /** @param {{colour?: string, opacity?: number}} values  colour as #1e90ff, opacity 0 to 1 */
  setAppearance({ colour = this.appearance.colour, opacity = this.appearance.opacity }) {
    this.appearance = { colour, opacity };
    this._stale.add("mask");
    this._schedule();
  }

  /** Shows the whole picture, and what is to be added around it. */
  fit() {
    this.fitted = true;
    const { picture, frame } = this.scene;
    if (!picture || !this.place.width) return;
    const [left, top, right, bottom] = frame ?? [0, 0, picture.width, picture.height];
    const more = this._grows ? Math.max(right - left, bottom - top) * ROOM : 0;
    this._show(fit(picture, this.place, [left - more, top - more, right + more, bottom + more]));
  }

  /** Fits it now, or once no pointer is down. */
  _refit() {
    if (this._held) this._owes = true;
    else this.fit();
  }

  /** A pointer is down, or up again: only then is the picture fitted into a place that has another size. @param {boolean} on */
  hold(on) {
    this._held = on;
    if (on || !this._owes) return;
    this._owes = false;
    if (this.fitted) this.fit();
  }

  /** Zooms about a point of the place. @param {number} factor @param {import("./geometry.mjs").PlacePoint} [at] */
  zoom(factor, at = this.middle) {
    const { picture } = this.scene;
    if (!picture) return;
    this.fitted = false;
    this._show(zoomAt(this.view, factor, at, picture, this.place));
  }

  /** Moves the picture by pixels of the place. @param {number} dx @param {number} dy */
  pan(dx, dy) {
    const { picture } = this.scene;
    if (!picture) return;
    this.fitted = false;
    this._show(pan(this.view, dx, dy, picture, this.place));
  }

  get middle() {
    return placePoint(this.place.width / 2, this.place.height / 2);
  }

  /** The point of the picture under a point of the window. @param {WindowPoint} event */
  toPicture = (event) => this.fromPlace(this.toPlace(event));

  /** The point of the picture under a point of the place. @param {import("./geometry.mjs").PlacePoint} at */
  fromPlace = (at) => toPicture(this.view, at);

  /** The point of the place under a point of the window. @param {WindowPoint} event */
  toPlace({ clientX, clientY }) {
    const { left, top } = this.root.getBoundingClientRect();
    return placePoint(clientX - left, clientY - top);
  }

  /** Draws now what has changed. */
  draw() {
    cancelAnimationFrame(this._frame);
    clearTimeout(this._timer);
    this._frame = 0;
    this._timer = 0;
    if (!this.place.width) return;
    if (this._ratio !== globalThis.devicePixelRatio) return this._resize(); // on another monitor
    const stale = this._stale;
    this._stale = new Set();
    const { view, place, appearance } = this;
    for (const [name, context] of this._layers) {
      if (!stale.has(name)) continue;
      this._painter.draw(name, context, this.scene, { view, place, appearance, ratio: this._ratio });
    }
  }

  /** @param {Layer} name @returns {CanvasRenderingContext2D} */
  _layer(name) {
    const canvas = document.createElement("canvas");
    canvas.dataset.layer = name;
    if (name === "mask") canvas.dataset.inpaintAnything = "canvas";
    Object.assign(canvas.style, { position: "absolute", left: "0", top: "0", pointerEvents: "none" });
    this.root.append(canvas);
    return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  /** @param {import("./geometry.mjs").View} view */
  _show(view) {
    this.view = view;
    for (const name of LAYERS) this._stale.add(name);
    this._schedule();
    this.onview();
  }

  _schedule() {
    if (this._timer) return;
    this._frame = requestAnimationFrame(() => this.draw());
    this._timer = window.setTimeout(() => this.draw(), AT_LATEST);
  }

  _resize() {
    const before = this.place;
    const ratio = globalThis.devicePixelRatio;
    const place = { width: this.root.clientWidth, height: this.root.clientHeight };
    if (!place.width || !place.height) return; // on a page of tabs, ours is not the open one
    this.place = place;
    for (const { canvas } of this._layers.values()) {
      canvas.width = Math.round(this.place.width * ratio);
      canvas.height = Math.round(this.place.height * ratio);
      Object.assign(canvas.style, { width: `${this.place.width}px`, height: `${this.place.height}px` });
    }
    this._ratio = ratio;
    for (const name of LAYERS) this._stale.add(name);
    const { picture } = this.scene;
    if (picture && this._held) {
      this._owes = true;
      this._show(this.view);
    } else if (picture && this.fitted) this.fit();
    else if (picture) this._show(resized(this.view, before, this.place, picture));
    this.draw(); // at once: a canvas that changed its size is empty
  }
}
