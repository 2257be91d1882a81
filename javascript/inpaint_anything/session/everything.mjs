/**
 * Things that are found without being pointed at: all of them, as segments to click, those that a text names, text itself, or the subject.
 *
 * @typedef {import("../work/document.mjs").Document} Document
 * @typedef {import("../work/document.mjs").Options} Options
 * @typedef {{runs: import("../mask/runs.mjs").Runs, mask: import("../mask/rle.mjs").Counts}} Segment
 *
 * @typedef {object} Work  what they are found for
 * @property {() => Document} document @property {(doc: Document) => void} change
 * @property {() => {segmenter: Options, everything: Options, detect: Options, text: Options, subject: Options}} settings
 * @property {(route: string, body: import("../work/actions.mjs").Body, how: {text: string, signal: AbortSignal}) => Promise<import("../server/client.mjs").Job>} job
 *   a job of the server, shown with its progress
 * @property {(segments: import("../mask/runs.mjs").Runs[] | null) => void} show
 * @property {(text: string) => void} tell @property {(error: unknown) => void} fail
 */

import { decode } from "../mask/rle.mjs";
import { contains } from "../mask/runs.mjs";
import { t } from "../words.mjs";
import * as documents from "../work/document.mjs";
import { withLines } from "../work/lines.mjs";

export class Everything {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    /** Whether segments are shown, or are being looked for to be. */
    this.on = false;
    /** The largest first. @type {Segment[]} */
    this._segments = [];
    this._key = ""; // what they were found by
    /** @type {AbortController | null} */
    this._controller = null;
  }

  /** Shows the segments, or hides them. They are looked for where they are not known. @param {boolean} on */
  async set(on) {
    if (on && !this._work.document().image) return;
    this.on = on;
    if (!on) this.stop();
    else if (this._key !== this._question()) await this._findAll();
    this._show();
  }

  /** Another picture. */
  clear() {
    this.stop();
    this.on = false;
    this._segments = [];
    this._key = "";
    this._show();
  }

  stop() {
    this._controller?.abort();
  }

  /** The smallest segment at a point, or undefined. @param {import("../mask/picture.mjs").PicturePoint} at */
  at = ({ x, y }) => this._segments.findLast(({ runs }) => contains(runs, x, y));

  /**
   * The document after a click: the segment under it is added, or taken away again.
   * @param {Document} doc @param {import("../mask/picture.mjs").PicturePoint} at @param {0 | 1} label @returns {Document}
   */
  click(doc, at, label) {
    const segment = this.at(at);
    if (!segment) return doc;
    const there = doc.objects.find((object) => object.mask?.counts === segment.mask.counts);
    if (there) return documents.remove(doc, there.id);
    return label ? documents.add(doc, { kind: "everything", mask: segment.mask }) : doc;
  }

  /** Adds an object for each thing that a text names. @param {string} text */
  async find(text) {
    const { image } = this._work.document();
    if (!image) return;
    const job = await this._job(image.id, "detect", { text, ...this._work.settings().detect }, t("Looking for it"));
    const doc = this._work.document();
    if (!job || doc.image?.id !== image.id) return;
    const hits = /** @type {{name: string, box: number[]}[]} */ (job.result?.hits ?? []);
    const found = hits.reduce((result, { name, box }) => {
      const whole = /** @type {import("../mask/picture.mjs").Box} */ (box.map(Math.round));
      return documents.add(result, { kind: "text", name, box: whole });
    }, doc);
    this._work.change(hits.length > 1 ? documents.newObject(found) : found);
  }

  /** Adds an object for each line of text. */
  async findText() {
    const { image } = this._work.document();
    if (!image) return;
    const job = await this._job(image.id, "find-text", this._work.settings().text, t("Looking for text"));
    const doc = this._work.document();
    if (!job || doc.image?.id !== image.id) return;
    const lines = /** @type {import("../work/lines.mjs").Line[]} */ (job.result?.lines ?? []);
    this._work.change(withLines(doc, lines, (n) => t("Text {n}", { n })));
  }

  /** Adds the subject as an object, and tells where that is a guess. */
  async findSubject() {
    const { image } = this._work.document();
    if (!image) return;
    const body = { ...this._work.settings().subject, mask_format: "rle" };
    const job = await this._job(image.id, "find-subject", body, t("Looking for the subject"));
    const doc = this._work.document();
    if (!job || doc.image?.id !== image.id) return;
    const { mask, score, note } = /** @type {{mask: import("../mask/rle.mjs").Counts, score: number, note?: string}} */ (job.result);
    const there = doc.objects.some((object) => object.mask?.counts === mask.counts);
    if (!there) this._work.change(documents.add(doc, { kind: "everything", name: t("Subject"), mask }));
    if (note) this._work.tell(t("The subject is a guess, {percent} % sure: look whether it is what you mean. A network under Models is surer.", { percent: Math.round(100 * score) }));
  }

  async _findAll() {
    const { image } = this._work.document();
    if (!image) return;
    const question = this._question();
    const { everything, segmenter } = this._work.settings();
    const body = { ...everything, segmenter: segmenter.segmenter };
    const job = await this._job(image.id, "everything", body, t("Looking for all things"));
    if (this._work.document().image?.id !== image.id) return; // replaced meanwhile
    if (!job) {
      this.on = false;
      return;
    }
    const things = /** @type {{mask: import("../mask/rle.mjs").Counts}[]} */ (job.result?.things ?? []);
    this._segments = things.map(({ mask }) => ({ mask, runs: decode(mask) }));
    this._key = question;
    if (!things.length) this._work.tell(t("No things were found. Lower the predicted IoU or the stability."));
  }

  /**
   * The job as it ended; null where it did not come to its end.
   * @param {string} image  its id @param {string} route @param {import("../work/actions.mjs").Body} body @param {string} text
   */
  async _job(image, route, body, text) {
    this.stop();
    const controller = (this._controller = new AbortController());
    try {
      return await this._work.job(route, { image, ...body }, { text, signal: controller.signal });
    } catch (error) {
      if (this._controller === controller) this._work.fail(error); // else another one took its place
      return null;
    }
  }

  _question() {
    const { everything, segmenter } = this._work.settings();
    return JSON.stringify([this._work.document().image?.id, everything, segmenter]);
  }

  _show() {
    this._work.show(this.on && this._segments.length ? this._segments.map(({ runs }) => runs) : null);
  }
}
