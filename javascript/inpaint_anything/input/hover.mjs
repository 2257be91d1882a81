/**
 * What a click would select, shown faintly under the pointer while the segmenter is quick enough for it.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 */

import { inside, pixel } from "../mask/picture.mjs";

const QUICK = 80; // milliseconds; with a slower segmenter it would only be in the way

export class Hover {
  /** @param {(at: PicturePoint) => Promise<Runs>} ask @param {(runs: Runs | null) => void} show */
  constructor(ask, show) {
    this._ask = ask;
    this._show = show;
    /** Where the pointer is. @type {PicturePoint | null} */
    this._at = null;
    this._asking = false;
    this._latency = Infinity; // milliseconds that the last answer took
  }

  /** Notes how long an answer took. @param {number} milliseconds */
  answered(milliseconds) {
    this._latency = milliseconds;
  }

  /** @param {PicturePoint | null} at  null ends it @param {import("../mask/picture.mjs").Size | null} picture */
  move(at, picture) {
    this._at = at && picture && inside(at, picture) ? pixel(at, picture) : null;
    if (!this._at) this._show(null);
    else if (!this._asking) this._next(this._at);
  }

  /** One request at a time; the next is for where the pointer is then. @param {PicturePoint} at */
  async _next(at) {
    if (this._latency >= QUICK) return;
    this._asking = true;
    const start = performance.now();
    let runs = null;
    try {
      runs = await this._ask(at);
      this.answered(performance.now() - start);
    } catch {
      this._latency = Infinity; // a click will say what is wrong, and whether it is quick again
    }
    this._asking = false;
    if (!this._at) return;
    this._show(runs);
    if (this._at !== at) this._next(this._at);
  }
}
