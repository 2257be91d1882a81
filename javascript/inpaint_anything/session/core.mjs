/**
 * What a workspace is made of, and how a change goes through it: gestures (tools) change the document, the document is
 * asked of the server (masks), what comes back is drawn (canvas), and all of it is kept (storage). The parts know this,
 * the page knows workspace.mjs.
 */

import { Bitmaps } from "../view/bitmaps.mjs";
import { Canvas } from "../view/canvas.mjs";
import { isStale, measure } from "../server/client.mjs";
import { Cursor } from "../input/cursor.mjs";
import * as documents from "../work/document.mjs";
import { Everything } from "./everything.mjs";
import * as histories from "../work/history.mjs";
import { Hover } from "../input/hover.mjs";
import { Keeper } from "./keeper.mjs";
import { Masks } from "./masks.mjs";
import { Opening } from "./opening.mjs";
import { Pointer } from "../input/pointer.mjs";
import { Runner } from "./runner.mjs";
import { Tools } from "../input/tools.mjs";
import { t } from "../words.mjs";
import { Waiting } from "./waiting.mjs";

export class Core extends EventTarget {
  /**
   * @param {HTMLElement} place  for the canvas; focusable and with a size of its own
   * @param {{client: import("../server/client.mjs").Client, storage: import("./storage.mjs").Storage, page: object}} parts
   *   page: what Python says of the page: actions, forms, settings
   */
  constructor(place, { client, storage, page }) {
    super();
    this.client = client;
    this.page = page;
    this.settings = page.settings ?? {};
    this.forms = { segmenter: {}, everything: {}, detect: {} };
    this.history = histories.begin(documents.EMPTY);
    this.canvas = new Canvas(place);
    this.canvas.onview = () => this.changed();
    this.canvas.setAppearance(this.settings);
    this.tools = new Tools(this);
    this.pointer = new Pointer(this.canvas, this.tools);
    this.bitmaps = new Bitmaps(client);
    this.masks = new Masks(client, {
      shown: (mask, time) => this._showMask(time),
      failed: (error) => this.fail(error),
      changed: () => this._asked(),
      took: (milliseconds) => this._hover.took(milliseconds),
    });
    this._hover = new Hover(
      (at) => this._preview(at),
      (hover) => this.canvas.set({ hover })
    );
    this.things = new Everything(this);
    this.runner = new Runner(this);
    this.keeper = new Keeper(this, storage);
    this.waiting = new Waiting(this);
    this.opening = new Opening(this);
    this.cursor = new Cursor(this);
    this._announced = false;
  }

  /** @returns {documents.Document} */
  get document() {
    return this.history.now;
  }

  get image() {
    return this.document.image;
  }

  /** @returns {import("./masks.mjs").Shown} the mask that is drawn and sent */
  get mask() {
    return this.masks.shown;
  }

  /** Another document. @param {{time?: number, silent?: boolean, merging?: string}} [how]  silent: no step of its own */
  change(document, { time, silent = false, merging } = {}) {
    if (document === this.document) return;
    this.history = silent ? histories.replace(this.history, document) : histories.step(this.history, document, merging);
    this.follow(time);
  }

  /**
   * Goes on with a picture that is ready to be drawn, as a step that can be undone.
   * @param {{id: string, width: number, height: number, name: string}} image @param {import("../view/bitmaps.mjs").Picture} picture
   */
  replacePicture(image, picture) {
    this.opening.keep(image.id, picture);
    const now = documents.withImage(this.document, image);
    this.history = this.image ? histories.step(this.history, now) : histories.begin(now);
    this.follow();
  }

  /** Draws and asks for what the document now says. @param {number} [time]  of the click */
  follow(time) {
    const { document } = this;
    this.endHover();
    this.opening.show(document.image);
    this.masks.update(document, this.forms.segmenter, time);
    const visible = document.objects.filter((object) => object.visible || object.id === document.active);
    const prompts = visible.map(({ id, points, box }) => ({ points, box, active: id === document.active }));
    this.canvas.set({ prompts, highlight: null });
    this.changed();
    this.keeper.save();
  }

  /** Draws the mask as it is, without what a tool has drawn over it. */
  showMask = () => this.canvas.set({ mask: this.mask.runs, soft: this.mask.soft });

  /** Where the pointer is; null when it has left. @param {{x: number, y: number} | null} at */
  hover(at) {
    if (this.things.on) return this.canvas.set({ hover: at && (this.things.at(at.x, at.y)?.runs ?? null) });
    const shown = at && this.settings.hover !== false && this.tools.name === "point" && !this.runner.running;
    this._hover.move(shown ? at : null, this.image);
  }

  /** The picture is prepared: it may be quick enough for a preview. */
  quick = () => this._hover.took(0);

  endHover = () => this._hover.move(null, null);

  /** @param {"error" | "info" | "done"} kind @param {string} text */
  tell(kind, text) {
    this.dispatchEvent(new CustomEvent("message", { detail: { kind, text } }));
    return null;
  }

  /** Says what went wrong. @returns {null} */
  fail(error) {
    if (isStale(error)) return null;
    return this.tell(error.code === "stopped" ? "info" : "error", error.message);
  }

  /** Says that there is nothing to work on. @returns {null} */
  nothing() {
    this.tell("info", t("Nothing is selected yet: click a thing, or paint it."));
    return null;
  }

  _showMask(time) {
    if (this.tools.drag?.stroke) return; // drawn over it; its end shows the mask
    this.showMask();
    this.canvas.draw(); // now, and not with the next frame, which a tab that is not seen never has
    if (time !== undefined) measure("inpaint-anything: click to mask", time);
    this.changed();
  }

  _asked() {
    this.waiting.masks(this.masks.waiting);
    if (!this.masks.waiting) this.keeper.save(); // with the answers
    this.changed();
  }

  /** What a click would select: with the active object's points, or alone. */
  async _preview({ x, y }) {
    const document = documents.addPoint(this.document, x, y, 1);
    return this.masks.preview(document, documents.active(document), this.forms.segmenter);
  }

  /** Says that `state` is another one. */
  changed() {
    if (this._announced) return; // several changes in a row are told once
    this._announced = true;
    queueMicrotask(() => {
      this._announced = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}
