/**
 * What an action adds to the mask before it runs, such as a soft edge that is removed with a thing: shown on the canvas
 * around what is pointed at, and sent with it. What is painted or erased by hand stays as it is.
 *
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {import("../work/document.mjs").Options} Options
 *
 * @typedef {object} Found  what is selected
 * @property {import("../work/document.mjs").Document} doc @property {Runs | null} runs  all of it
 * @property {(object: import("../work/document.mjs").Selected) => Runs} unpainted  an object's mask without its strokes
 */

import { encode } from "../mask/rle.mjs";
import { subtract, union } from "../mask/runs.mjs";
import { byHand } from "../mask/strokes.mjs";
import { effective } from "../work/document.mjs";
import { Refining } from "./refining.mjs";

export class Adding {
  /** @param {Pick<import("../server/client.mjs").Client, "mask">} server @param {(error: unknown) => void} failed @param {() => void} changed */
  constructor(server, failed, changed) {
    /** What is added, while the action is shown that adds it. @type {Options} */
    this.options = {};
    this.on = false;
    /** The mask with what is added; null where nothing is. @type {import("./refining.mjs").Shown | null} */
    this.shown = null;
    this._refining = new Refining(server, failed);
    this._changed = changed;
  }

  /** While it is asked. @returns {Promise<void> | null} */
  get done() {
    return this._refining.done;
  }

  /** Asks for it. @param {Found} found */
  update({ doc, runs, unpainted }) {
    const question = this._question({ doc, runs, unpainted });
    if (question && doc.image) {
      return this._refining.ask(doc.image.id, question, (shown) => {
        this.shown = shown;
        this._changed();
      });
    }
    this._refining.stop();
    this.shown = null;
  }

  /** @param {Found} found @returns {import("./refining.mjs").Question | null}  null where nothing is added */
  _question({ doc, runs, unpainted }) {
    const [options, whole] = [effective(this.options), effective(doc.options)];
    const objects = doc.objects.filter((object) => object.visible);
    if (!this.on || !runs?.spans.length || !objects.length || !Object.keys(options).length || whole.invert) return null;
    const pointed = objects.map(unpainted).reduce(union);
    if (!pointed.spans.length) return null;
    const { drawn, erased } = byHand(objects.map(({ strokes }) => strokes), runs);
    const gone = subtract(erased, runs); // but not what another object has there
    return {
      mask: encode(pointed),
      options,
      ...(gone.spans.length ? { erased: encode(gone) } : {}),
      ...(drawn.spans.length ? { drawn: encode(drawn) } : {}),
      ...(Object.keys(whole).length ? { whole } : {}),
    };
  }
}
