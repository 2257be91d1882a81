/**
 * One person's work with one picture: the only thing that the page around the canvas talks to.
 *
 * Events: "change" when `state` is another one, "message" with {kind: "error" | "info", text}, "result" when there is a new
 * one, with the one that is to be looked at, or null where it has become the picture, "once" when what was selected is to be
 * removed at once, "success" when what went wrong before has been got over, and "filled" when the widgets are to say what is filled in.
 *
 * @typedef {import("../work/document.mjs").Options} Options
 * @typedef {import("./results.mjs").Shown} Result
 *
 * @typedef {object} State  all that a page shows
 * @property {import("../work/document.mjs").Image | null} image
 * @property {import("../input/tools.mjs").ToolName} tool @property {number} brushRadius
 * @property {import("./editing.mjs").Listed[]} objects @property {Options} options  of the mask
 * @property {boolean} canUndo @property {boolean} canRedo @property {number} maskArea  pixels
 * @property {import("./waiting.mjs").Busy | null} busy @property {boolean} running  whether an action is under way
 * @property {boolean} segments  whether everything mode is on
 * @property {number} zoom @property {Result[]} results @property {string | null} current  the result that is the picture
 * @property {boolean} once  whether "Remove at once" is on
 */

import { picturePoint } from "../mask/picture.mjs";
import { codeOf, isStale } from "../server/http.mjs";
import { toPlace } from "../view/geometry.mjs";
import { t } from "../words.mjs";
import { imageOf, nested } from "../work/actions.mjs";
import * as documents from "../work/document.mjs";
import { pointing } from "../work/pointing.mjs";
import { Parts } from "./parts.mjs";
import { Reaching } from "./reaching.mjs";

export class Workspace extends EventTarget {
  /**
   * @param {HTMLElement} place  for the canvas; focusable and with a size of its own
   * @param {import("./parts.mjs").Given} given
   */
  constructor(place, given) {
    super();
    this._announced = false;
    this._parts = new Parts(place, given, {
      changed: () => this._changed(),
      filled: () => this.dispatchEvent(new Event("filled")),
      added: (one) => this.dispatchEvent(new CustomEvent("result", { detail: one })),
      once: () => this.dispatchEvent(new Event("once")),
      say: (text) => this._say(text),
      fail: (error) => this._fail(error),
      nothing: () => this._nothing(),
      done: () => this._done(),
    });
    this._reaching = new Reaching(() => given.client.info(), () => this._done());
    this.canvas = this._parts.canvas;
    this.settings = this._parts.settings;
    this.filled = this._parts.filled;
  }

  // What the page shows.

  /** All of it, as it is now. @returns {State} */
  get state() {
    const { image, options } = this._parts.editing.document;
    const { past, future } = this._parts.editing.history;
    return {
      image,
      tool: this._parts.tools.name,
      brushRadius: this._parts.tools.brushRadius,
      objects: this._parts.editing.listed(),
      options,
      canUndo: past.length > 0,
      canRedo: future.length > 0,
      maskArea: this._parts.masks.shown.area,
      busy: this._parts.waiting.shown,
      running: this._parts.runner.running,
      segments: this._parts.everything.on,
      zoom: this.canvas.view.scale,
      results: this._parts.results.list,
      current: this._parts.results.list.findLast((result) => result.image === image?.id)?.id ?? null,
      once: this._parts.onward.once,
    };
  }

  /** Resolves when nothing is asked of the server for what is drawn, and all of it is drawn. */
  settled = () => this._parts.settled();

  /** Where a point of the picture is in the window, in CSS pixels. @param {number} x @param {number} y */
  toScreen(x, y) {
    const { left, top } = this.canvas.root.getBoundingClientRect();
    const at = toPlace(this.canvas.view, picturePoint(x, y));
    return { x: left + at.x, y: top + at.y };
  }

  /**
   * Opens a picture, as a step that can be undone. What cannot be read is said, and the old picture stays.
   * @param {Blob | string} source  a file, or its address @param {string} [name]
   */
  open = (source, name = source instanceof File ? source.name : "") => this._parts.opening.open(source, name);

  /** Goes on with what a reload has kept. */
  restore = () => this._parts.restore();

  /** The page may be about to go. */
  leave = () => this._parts.keeper.leave();

  /** A mask of a person's own. @param {Blob} file @param {import("../work/document.mjs").Combine} how */
  addMask = (file, how) => this._parts.incoming.add(file, how);
  /** Whether a file can only be meant as a mask of the picture. @param {Blob} file */
  isMask = (file) => this._parts.incoming.isMask(file);

  // What is taken out of it: see outgoing.mjs.
  imageBlob = () => this._parts.outgoing.image();
  maskBlob = () => this._parts.outgoing.mask();
  /** @param {"cutout" | "alpha"} output */
  cutoutBlob = (output) => this._parts.outgoing.cutout(output);
  /** What points at what is selected, as the script "point mask" takes it. */
  pointing = () => pointing(this._parts.editing.document, this.filled.forms.segmenter);

  // How it is looked at.

  /** @param {import("../input/tools.mjs").ToolName} name */
  setTool(name) {
    this._parts.tools.take(name);
    this._changed();
  }

  /** @param {number} pixels  of the screen */
  setBrushRadius = (pixels) => this._parts.resize(pixels);

  /** @param {{colour?: string, opacity?: number}} values */
  setAppearance = (values) => this.canvas.setAppearance(values);
  /** @param {number} factor */
  zoom = (factor) => this.canvas.zoom(factor);
  fit = () => this.canvas.fit();

  /** Shows one object among the others, or none. @param {number | null} id */
  highlight(id) {
    const object = documents.find(this._parts.editing.document, id);
    this.canvas.set({ highlight: object ? this._parts.masks.of(object) : null });
  }

  /** Moves the keyboard's cursor. @param {number} dx @param {number} dy  pixels of the place */
  moveCursor = (dx, dy) => this._parts.cursor.move(dx, dy);
  /** A click at the keyboard's cursor. @param {boolean} include */
  clickCursor = (include) => this._parts.cursor.click(include);

  // What is selected.

  newObject = () => this._parts.editing.newObject();
  /** @param {number} id */
  activate = (id) => this._parts.editing.activate(id);
  /** @param {number} id */
  toggle = (id) => this._parts.editing.toggle(id);
  /** @param {number} id */
  remove = (id) => this._parts.editing.remove(id);
  clear = () => this._parts.editing.clear();
  undo = () => this._parts.editing.undo();
  redo = () => this._parts.editing.redo();
  /** Another of the segmenter's proposals for the active object. @param {number} index */
  choose = (index) => this._parts.editing.choose(index);
  /** Draws the proposals for the active object. @param {HTMLCanvasElement[]} places  one for each */
  drawProposals = (places) => this._parts.showing.proposals(places);
  /** All things in the picture, to be clicked: with the tool that clicks. @param {boolean} on */
  showSegments(on) {
    if (on) this.setTool("point");
    return this._parts.everything.set(on);
  }

  /** Selects what a text names; or each line of text that is in the picture; or what it is of. @param {string} text */
  find = (text) => this._parts.everything.find(text);
  findText = () => this._parts.everything.findText();
  findSubject = () => this._parts.everything.findSubject();

  /** The values of a form or an action, in the order that the page names them. @param {string} form @param {unknown[]} values */
  set(form, values) {
    if (form !== "mask") return this.filled.set(form, values);
    this._parts.editing.setOptions(nested(this._parts.setup.forms.mask, values));
  }

  /** The tab of an action was opened: what it adds to what is pointed at is shown. @param {string} action */
  show(action) {
    this.filled.tab = action;
    this._parts.masks.setAdding({ on: this._parts.setup.actions[action]?.adds });
  }

  /** The prompts that a picture was made from. @param {import("../work/document.mjs").Options} prompts */
  describe = (prompts) => this.filled.describe(prompts);

  // Results.

  /** Does what a button says. @param {string} name  of the action @param {unknown[]} values  of its fields */
  run(name, values) {
    this.filled.set(name, values);
    return this._parts.runner.run(name, values);
  }

  /** Does once more what gave a result, with the same mask, as the fields of its action say now. @param {string} id */
  async again(id) {
    const result = this._parts.results.find(id);
    if (result) await this._parts.runner.again(result, this.filled.listed(result.action));
  }

  /** Whether a finished stroke, click or box is removed without a button. @param {boolean} on */
  setOnce = (on) => this._parts.onward.setOnce(on);
  /** Shows the picture that was opened, or what was made of it again. @param {boolean} on */
  look = (on) => this._parts.onward.look(on);

  /** Stops what is under way. */
  stop() {
    this._parts.runner.stop();
    this._parts.everything.stop();
  }

  /** Goes on with a result, as a step that can be undone. @param {string} id */
  async useResult(id) {
    const result = this._parts.results.find(id);
    if (!result) return;
    try {
      await this._parts.opening.use(imageOf(result));
    } catch (error) {
      this._fail(error);
    }
  }

  /** @param {string} id @returns {Blob | null} its file */
  resultBlob = (id) => this._parts.results.file(id);
  /** Forgets a result. @param {string} id */
  dropResult = (id) => this._parts.results.drop(id);

  /** @param {string} text @param {"error" | "info"} [kind] */
  _say(text, kind = "info") {
    this.dispatchEvent(new CustomEvent("message", { detail: { kind, text } }));
  }

  /** Says what went wrong. @param {any} error */
  _fail(error) {
    if (isStale(error)) return;
    this._say(error.message, codeOf(error) === "stopped" ? "info" : "error");
    if (codeOf(error) === "unreachable") this._reaching.lost();
  }

  /** Says that something has succeeded. */
  _done = () => this.dispatchEvent(new Event("success"));

  /** Says that there is nothing to work on. */
  _nothing() {
    this._say(t("Nothing is selected yet: click a thing, or paint it."));
  }

  /** Says that `state` is another one. */
  _changed() {
    if (this._announced) return; // several changes in a row are told once
    this._announced = true;
    queueMicrotask(() => {
      this._announced = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}
