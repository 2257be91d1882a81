/**
 * Changes of the document, as steps that can be undone: what a click, a box, a stroke and the list of objects do to it.
 *
 * @typedef {import("../work/document.mjs").Document} Document
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 *
 * @typedef {import("../work/document.mjs").Selected} Selected
 * @typedef {Pick<Selected, "id" | "name" | "visible" | "kind" | "points" | "box"> &
 *   {scores: number[], candidate: number, active: boolean}} Listed  an object, as the page lists it
 *
 * @typedef {object} Work  what is known besides, and what is told of a change
 * @property {Pick<import("./masks.mjs").Masks, "of" | "touched" | "answerFor">} masks
 * @property {Pick<import("./everything.mjs").Everything, "on" | "click">} everything
 * @property {() => Document | null} base  what an action works on; null while none is under way
 * @property {(time?: number) => void} changed  time: of the click
 * @property {(text: string) => void} tell
 */

import { decode, encode } from "../mask/rle.mjs";
import { contains, inverted } from "../mask/runs.mjs";
import { t } from "../words.mjs";
import * as documents from "../work/document.mjs";
import * as histories from "../work/history.mjs";

export class Editing {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    /** @type {import("../work/record.mjs").History} */
    this.history = histories.begin(documents.EMPTY);
  }

  /** As it is now. @returns {Document} */
  get document() {
    return this.history.now;
  }

  /**
   * Goes on to another document.
   * @param {Document} doc @param {{time?: number, silent?: boolean, merging?: string}} [how]  silent: no step of its own
   */
  change(doc, { time, silent = false, merging } = {}) {
    if (doc === this.document) return;
    this.history = silent ? histories.replace(this.history, doc) : histories.step(this.history, doc, merging);
    this._work.changed(time);
  }

  /** Another picture: the first one cannot be undone. @param {import("../work/document.mjs").Image} image */
  setImage(image) {
    const doc = documents.withImage(this.document, image);
    this.history = this.document.image ? histories.step(this.history, doc) : histories.begin(doc);
    this._work.changed();
  }

  /**
   * Goes on with what was made of a document, unless another picture was opened meanwhile; whether it did.
   * @param {import("../work/document.mjs").Image} image @param {Document} base  that it was made of
   * @param {boolean} once  whether what was selected was not to be seen: one step back is before it was
   */
  goOn(image, base, once) {
    if (this.document.image?.id !== base.image?.id) return false;
    const doc = documents.withResult(this.document, base, image);
    const [bare, kept] = [documents.withImage(doc, image), doc.objects.length > 0];
    if (once && base.objects.length) this.history = kept ? histories.step(histories.step(this.history, bare), doc) : histories.replace(this.history, doc);
    else this.history = histories.step(this.history, doc);
    this._work.changed();
    return true;
  }

  /** Goes on with another history. @param {import("../work/record.mjs").History} history */
  go(history) {
    if (history === this.history) return;
    this.history = history;
    this._work.changed();
  }

  undo = () => this.go(histories.undo(this.history));
  redo = () => this.go(histories.redo(this.history));

  /** A click on the picture. @param {PicturePoint} at @param {0 | 1} label @param {number} [time] */
  click(at, label, time) {
    const { everything, tell } = this._work;
    if (everything.on) return this.change(everything.click(this.document, at, label), { time });
    const doc = label ? this._beside() : this._excluding(at);
    if (!doc) return tell(t("Click the thing first, then what does not belong to it."));
    this.change(documents.addPoint(doc, at.x, at.y, label), { time });
  }

  /** @param {import("../mask/picture.mjs").Box} box @param {number} [time] */
  setBox = (box, time) => this.change(documents.setBox(this._beside(), box), { time });

  /**
   * @param {import("../mask/strokes.mjs").Stroke} stroke @param {import("../mask/runs.mjs").Runs} runs  the pixels under
   * it
   */
  addStroke(stroke, runs) {
    if (stroke.label) this.change(documents.addStroke(this.document, stroke));
    else this.change(documents.erase(this.document, stroke, this._work.masks.touched(runs)));
  }

  /**
   * A mask of a person's own.
   * @param {import("../mask/rle.mjs").Counts} mask @param {import("../work/document.mjs").Combine} how @param {string} name  of its file
   */
  addMask(mask, how, name) {
    const doc = this.document;
    const painted = (/** @type {0 | 1} */ label, /** @type {typeof mask} */ pixels) => ({ points: [], radius: 1, label, mask: pixels });
    if (how === "add") return this.change(documents.newObject(documents.add(doc, { kind: "brush", name, strokes: [painted(1, mask)] })));
    const erased = how === "subtract" ? mask : encode(inverted(decode(mask)));
    this.change(documents.erase(doc, painted(0, erased), doc.objects.filter(({ visible }) => visible).map(({ id }) => id)));
  }

  /** Another of the segmenter's proposals for the active object. @param {number} index */
  choose(index) {
    const object = documents.active(this.document);
    if (!object || index >= this.scoresOf(object).length) return;
    this.change(documents.change(this.document, object.id, { candidate: index }), { time: performance.now() });
  }

  /**
   * The scores of the segmenter's proposals for an object, as far as known.
   * @param {import("../work/document.mjs").Selected} object @returns {number[]}
   */
  scoresOf = (object) => (documents.asksSegmenter(object) ? this._work.masks.answerFor(object)?.scores ?? [] : []);

  /** The objects, as the page lists them. @returns {Listed[]} */
  listed = () =>
    this.document.objects.map((object) => {
      const { id, name, visible, kind, points, box, candidate } = object;
      const [scores, active] = [this.scoresOf(object), id === this.document.active];
      return { id, name, visible, kind, points, box, scores, candidate: candidate ?? 0, active };
    });

  /** @param {import("../work/document.mjs").Options} options  of the mask */
  setOptions(options) {
    const [before, after] = [this.document.options, options].map(documents.effective);
    const names = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
    // Many values of one slider are one step, and what changes nothing is none.
    this.change(documents.setOptions(this.document, options), { silent: !names.length, merging: `options ${names}` });
  }

  newObject = () => this.change(documents.newObject(this.document), { silent: true });
  /** @param {number} id */
  activate = (id) => this.change(documents.activate(this.document, id), { silent: true });
  /** @param {number} id */
  toggle = (id) => this.change(documents.toggle(this.document, id));
  /** @param {number} id */
  remove = (id) => this.change(documents.remove(this.document, id));
  clear = () => this.change(documents.clear(this.document));

  /** With no object active that an action works on: it is done with then, and with it would go what was added to it. */
  _beside() {
    const [doc, base] = [this.document, this._work.base()];
    return base && documents.find(base, doc.active ?? 0) ? documents.newObject(doc) : doc;
  }

  /** With the object active that a point is to be left out of; null where there is none. @param {PicturePoint} at */
  _excluding({ x, y }) {
    const doc = this.document;
    const active = documents.active(doc);
    if (active && documents.takesPrompts(active)) return doc;
    const under = doc.objects.findLast(
      (object) => object.visible && documents.takesPrompts(object) && contains(this._work.masks.of(object), x, y)
    );
    return under ? documents.activate(doc, under.id) : null;
  }
}
