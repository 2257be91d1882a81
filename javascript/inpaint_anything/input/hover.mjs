/** What a click would select, shown faintly under the pointer while the segmenter is quick enough for it. */

import { inside, pixel } from "../view/geometry.mjs";

const QUICK = 80; // milliseconds; with a slower segmenter it would only be in the way

export class Hover {
  /**
   * @param {(at: {x: number, y: number}) => Promise<import("../mask/runs.mjs").Runs>} ask
   * @param {(runs: import("../mask/runs.mjs").Runs | null) => void} show
   */
  constructor(ask, show) {
    this.ask = ask;
    this.show = show;
    this._at = null; // where the pointer is
    this._asking = false;
    this._took = Infinity; // milliseconds, the last answer
  }

  /** Notes how long an answer took. @param {number} milliseconds */
  took(milliseconds) {
    this._took = milliseconds;
  }

  /** @param {{x: number, y: number} | null} at  in pixels of the picture; null ends it @param {{width: number, height: number}} picture */
  move(at, picture) {
    this._at = at && picture && inside(at, picture) ? pixel(at, picture) : null;
    if (!this._at) this.show(null);
    else if (!this._asking) this._next();
  }

  /** One request at a time; the next is for where the pointer is then. */
  async _next() {
    if (this._took >= QUICK) return;
    this._asking = true;
    const at = this._at;
    const start = performance.now();
    let runs = null;
    try {
      runs = await this.ask(at);
      this.took(performance.now() - start);
    } catch {
      this._took = Infinity; // a click will say what is wrong, and whether it is quick again
    }
    this._asking = false;
    if (!this._at) return;
    this.show(runs);
    if (this._at !== at) this._next();
  }
}
