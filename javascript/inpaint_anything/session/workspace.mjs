/**
 * One person's work with one picture: the only thing that the page around the canvas talks to.
 *
 * Events: "change" when `state` is another one, "message" with {kind: "error" | "info" | "done", text}, and "result"
 * with all results when there is a new one.
 */

import { nested } from "../work/actions.mjs";
import { maskPng, pngOf } from "../view/bitmaps.mjs";
import { Core } from "./core.mjs";
import * as documents from "../work/document.mjs";
import { toPlace } from "../view/geometry.mjs";
import * as histories from "../work/history.mjs";
import { pointing } from "../work/pointing.mjs";
import { contains } from "../mask/runs.mjs";
import { t } from "../words.mjs";

export class Workspace extends Core {
  /** All that a page shows, as it is now. */
  get state() {
    const { image, objects, active, options } = this.document;
    return {
      image,
      tool: this.tools.name,
      brushRadius: this.tools.brushRadius,
      objects: objects.map((object) => ({ ...this._about(object), active: object.id === active })),
      options,
      canUndo: this.history.past.length > 0,
      canRedo: this.history.future.length > 0,
      maskArea: this.mask.area,
      busy: this.waiting.shown,
      segments: this.things.on,
      zoom: this.canvas.view.scale,
      results: this.runner.results,
      current: this.runner.results.find((result) => result.image === image?.id)?.id ?? null,
    };
  }

  _about(object) {
    const { id, name, visible, kind, points, box, candidate } = object;
    const scores = documents.asksSegmenter(object) ? this.masks.about(object)?.scores ?? [] : [];
    return { id, number: id, name, visible, kind, points, box, scores, candidate: candidate ?? 0 };
  }

  /** Resolves when nothing is asked of the server for what is drawn, and all of it is drawn. */
  async settled() {
    while (this.opening.done || this.masks.waiting) await Promise.all([this.opening.done, this.masks.settled()]);
    this.canvas.draw();
  }

  /** Where a point of the picture is in the window, in CSS pixels. @returns {{x: number, y: number}} */
  toScreen(x, y) {
    const { left, top } = this.canvas.root.getBoundingClientRect();
    const at = toPlace(this.canvas.view, { x, y });
    return { x: left + at.x, y: top + at.y };
  }

  // Pictures.

  /**
   * Opens a picture, as a step that can be undone. What cannot be read is said, and the old picture stays.
   * @param {Blob | string} source  a file, or its address @param {string} [name]
   */
  open = (source, name = source.name ?? "") => this.opening.open(source, name);

  /** Forgets picture, selection and results. */
  close() {
    this.stop();
    this.history = histories.begin(documents.EMPTY);
    this.runner.results = [];
    this.follow();
  }

  /** What a reload has kept. */
  restore() {
    return this.keeper.restore();
  }

  /** The picture as it was opened. @returns {Promise<Blob | null>} */
  imageBlob = async () => (this.image ? this.bitmaps.blobs.get(this.image.id) ?? null : null);

  /** The mask that is shown, white where it is selected. @returns {Promise<Blob | null>} a PNG; null when nothing is */
  async maskBlob() {
    await this.masks.settled();
    const { runs, soft, sent } = this.mask;
    if (!runs) return this.nothing();
    return soft ? pngOf(sent()) : maskPng(runs);
  }

  /** What is selected, on transparent ground. @param {"cutout" | "alpha"} output @returns {Promise<Blob | null>} a PNG */
  async cutoutBlob(output) {
    await this.masks.settled();
    if (!this.mask.area) return this.nothing();
    try {
      return await this.client.cutout({ image: this.image.id, mask: this.mask.sent(), output });
    } catch (error) {
      return this.fail(error);
    }
  }

  /** What points at what is selected, as the script "point mask" takes it. */
  pointing = () => pointing(this.document, this.forms.segmenter);

  // How it is looked at.

  /** @param {"point" | "box" | "brush" | "eraser" | "pan"} name */
  setTool(name) {
    this.tools.name = name;
    this.tools.showRing();
    this.endHover();
    this.changed();
  }

  /** @param {number} pixels  of the picture */
  setBrushRadius(pixels) {
    this.tools.brushRadius = Math.min(Math.max(pixels, 1), 1024);
    this.tools.showRing();
    this.changed();
  }

  /** @param {{colour?: string, opacity?: number}} values */
  setAppearance = (values) => this.canvas.setAppearance(values);
  zoom = (factor) => this.canvas.zoom(factor);
  fit = () => this.canvas.fit();

  /** Shows one object among the others, or none. @param {number | null} id */
  highlight(id) {
    const object = this.document.objects.find((one) => one.id === id);
    this.canvas.set({ highlight: object ? this.masks.of(object) : null });
  }

  /** Moves the keyboard's cursor. @param {number} dx @param {number} dy  screen pixels */
  moveCursor = (dx, dy) => this.image && this.cursor.move(dx, dy);

  /** A click at the keyboard's cursor. @param {boolean} [include] */
  clickCursor = (include = true) => this.image && this.cursor.click(include);

  // What is selected.

  /** A click on the picture. @param {{x: number, y: number}} at @param {0 | 1} label @param {number} [time] */
  click({ x, y }, label, time) {
    if (this.things.on) return this.change(this.things.click(this.document, x, y, label), { time });
    let { document } = this;
    if (!label && !documents.takesPrompts(documents.active(document))) {
      const under = document.objects.findLast((one) => one.visible && documents.takesPrompts(one) && contains(this.masks.of(one), x, y));
      if (!under) return this.tell("info", t("Click the thing first, then what does not belong to it."));
      document = documents.activate(document, under.id);
    }
    this.change(documents.addPoint(document, x, y, label), { time });
  }

  setBox = (box, time) => this.change(documents.setBox(this.document, box), { time });

  /** @param {import("../mask/strokes.mjs").Stroke} stroke @param {import("../mask/runs.mjs").Runs} runs  the pixels under it */
  addStroke(stroke, runs) {
    const { document } = this;
    if (stroke.label) this.change(documents.addStroke(document, stroke));
    else this.change(documents.erase(document, stroke, this.masks.touched(runs)));
    this.showMask(); // also where nothing was changed: the stroke is drawn already
  }

  newObject = () => this.change(documents.newObject(this.document), { silent: true });
  activate = (id) => this.change(documents.activate(this.document, id), { silent: true });
  toggle = (id) => this.change(documents.toggle(this.document, id));
  remove = (id) => this.change(documents.remove(this.document, id));
  clear = () => this.change(documents.clear(this.document));

  /** Another of the segmenter's proposals for the active object. @param {number} step  1 for the next one */
  candidate(step) {
    const object = documents.active(this.document);
    const count = object && documents.asksSegmenter(object) ? this.masks.about(object)?.scores.length ?? 0 : 0;
    if (count < 2) return;
    const candidate = ((((object.candidate ?? 0) + step) % count) + count) % count;
    this.change(documents.change(this.document, object.id, { candidate }), { time: performance.now() });
  }

  /** All things in the picture, to be clicked. @param {boolean} on */
  everything = (on) => this.things.set(on);

  /** Selects what a text names. @param {string} text */
  find = (text) => this.things.find(text);

  /**
   * The values of a form, in the order that the page names them.
   * @param {"mask" | "segmenter" | "everything" | "detect"} form @param {unknown[]} values
   */
  set(form, values) {
    const named = nested(this.page.forms[form], values);
    if (form === "mask") return this._setOptions(named);
    if (named.segmenter === "auto") delete named.segmenter; // the same, and known by one name
    this.forms[form] = named;
    if (form !== "segmenter") return;
    this.waiting.encode();
    this.masks.update(this.document, this.forms.segmenter);
  }

  _setOptions(options) {
    const [before, after] = [this.document.options, options].map(documents.effective);
    const names = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
    const now = documents.setOptions(this.document, options);
    // Many values of one slider are one step, and what changes nothing is none.
    this.change(now, { silent: !names.length, merging: `options ${names}` });
  }

  undo = () => this._go(histories.undo(this.history));
  redo = () => this._go(histories.redo(this.history));

  _go(history) {
    if (history === this.history) return;
    this.history = history;
    this.follow();
  }

  // Results.

  /** Does what a button says. @param {string} name  of the action @param {unknown[]} values  of its fields */
  run = (name, values) => this.runner.run(name, values);

  /** Stops what is under way. */
  stop() {
    this.runner.stop();
    this.things.stop();
  }

  useResult = (id) => this.runner.use(id);
  dropResult = (id) => this.runner.drop(id);
}
