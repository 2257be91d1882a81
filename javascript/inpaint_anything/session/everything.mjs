/** Things that are found without being pointed at: all of them, as segments to click, or those that a text names. */

import * as documents from "../work/document.mjs";
import { contains, decode } from "../mask/runs.mjs";
import { t } from "../words.mjs";

export class Everything {
  /** @param {import("./workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.on = false;
    /** The largest first. @type {{runs: import("../mask/runs.mjs").Runs, mask: import("../mask/runs.mjs").Counts}[]} */
    this.found = [];
    this._key = ""; // what they were found by
    this._controller = null;
  }

  /** Shows the segments, or hides them. They are looked for where they are not known. @param {boolean} on */
  async set(on) {
    const { workspace } = this;
    if (on && !workspace.image) return;
    this.on = on;
    if (!on) this.stop();
    else if (this._key !== this._question()) await this._look();
    this._show();
  }

  /** Another picture. */
  clear() {
    this.stop();
    this.on = false;
    this.found = [];
    this._key = "";
    this._show();
  }

  stop() {
    this._controller?.abort();
  }

  /** The smallest segment at a point, or undefined. */
  at = (x, y) => this.found.findLast(({ runs }) => contains(runs, x, y));

  /** The document after a click: the segment under it is added, or taken away again. @returns {documents.Document} */
  click(document, x, y, label) {
    const thing = this.at(x, y);
    if (!thing) return document;
    const there = document.objects.find((one) => one.mask?.counts === thing.mask.counts);
    if (there) return documents.remove(document, there.id);
    return label ? documents.add(document, { kind: "everything", mask: thing.mask }) : document;
  }

  /** Adds an object for each thing that a text names. @param {string} text */
  async find(text) {
    const { workspace } = this;
    const { image } = workspace;
    if (!image) return;
    const job = await this._job("detect", { text, ...workspace.forms.detect }, t("Looking for it"));
    if (!job || workspace.image?.id !== image.id) return;
    const { hits } = job.result;
    const found = hits.reduce(
      (document, { box, name }) => documents.add(document, { kind: "text", name, box: box.map(Math.round) }),
      workspace.document
    );
    workspace.change(hits.length > 1 ? documents.newObject(found) : found);
  }

  async _look() {
    const { workspace } = this;
    const { image } = workspace;
    const question = this._question();
    const settings = { ...workspace.forms.everything, segmenter: workspace.forms.segmenter.segmenter };
    const job = await this._job("everything", settings, t("Looking for all things"));
    if (workspace.image?.id !== image.id) return; // replaced meanwhile
    if (!job) return void (this.on = false);
    this.found = job.result.things.map(({ mask }) => ({ mask, runs: decode(mask) }));
    this._key = question;
    if (!this.found.length) workspace.tell("info", t("No things were found. Lower the predicted IoU or the stability."));
  }

  async _job(route, body, text) {
    const { workspace } = this;
    this.stop();
    const controller = (this._controller = new AbortController());
    const asked = { image: workspace.image.id, ...body };
    const how = { text, signal: controller.signal };
    try {
      return await workspace.waiting.job("find", how, (watched) => workspace.client.job(route, asked, watched));
    } catch (error) {
      return this._controller === controller ? workspace.fail(error) : null; // else another one took its place
    }
  }

  _question() {
    const { image, forms } = this.workspace;
    return JSON.stringify([image?.id, forms.everything, forms.segmenter]);
  }

  _show() {
    const { canvas } = this.workspace;
    canvas.set({ things: this.on && this.found.length ? this.found.map(({ runs }) => runs) : null, hover: null });
    this.workspace.changed();
  }
}
