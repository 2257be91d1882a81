/**
 * What options (grow, feather, invert, ...) make of a mask: the server's work.
 *
 * @typedef {object} Question
 * @property {Counts} mask @property {Options} options
 * @property {Counts} [erased] @property {Counts} [drawn]  by hand, after the options
 * @property {Options} [whole]  what is done to all of it at last
 *
 * @typedef {import("../mask/rle.mjs").Counts} Counts
 * @typedef {import("../work/document.mjs").Options} Options
 *
 * @typedef {object} Shown  the mask that is drawn and sent
 * @property {import("../mask/runs.mjs").Runs | null} runs  null when nothing is selected
 * @property {number} area  pixels, also of what is soft
 * @property {import("../view/painter.mjs").Scene["soft"]} soft  where its edge is soft
 * @property {() => string | Counts | null} sent  as a body has it: run lengths, or a PNG in base64
 *
 * @typedef {{key: string, controller: AbortController, done: Promise<void>}} Request  under way
 */

import { decode } from "../mask/rle.mjs";
import { fromPixels } from "../mask/runs.mjs";
import { isStale } from "../server/http.mjs";
import { greyValues, pngOf } from "../view/bitmaps.mjs";

const KEPT = 8; // masks

/** @type {Shown} */
export const NOTHING = { runs: null, area: 0, soft: null, sent: () => null };

export class Refining {
  /** @param {Pick<import("../server/client.mjs").Client, "mask">} server @param {(error: unknown) => void} failed */
  constructor(server, failed) {
    this._server = server;
    this._failed = failed;
    /** By what was asked. @type {Map<string, Shown>} */
    this._known = new Map();
    /** @type {Request | null} */
    this._request = null;
  }

  /** While it is asked. @returns {Promise<void> | null} */
  get done() {
    return this._request?.done ?? null;
  }

  stop() {
    this._request?.controller.abort();
    this._request = null;
  }

  /**
   * Asks, in place of what was asked before; what is known is answered at once.
   * @param {string} image  its id @param {Question} question
   * @param {(refined: Shown | null) => void} answered  null where it could not be asked
   */
  ask(image, question, answered) {
    const key = JSON.stringify([image, question]);
    if (this._request?.key === key) return;
    this.stop();
    const known = this._known.get(key);
    if (known) return answered(known);
    const controller = new AbortController();
    const looks = [question.options, question.whole].some((options) => options?.refine_edges || options?.matting);
    const done = this._ask({ ...question, image: looks ? image : undefined }, controller.signal)
      .catch((error) => {
        if (!isStale(error) && !controller.signal.aborted) this._failed(error);
        return null;
      })
      .then((refined) => {
        if (this._request !== request) return; // another one is under way
        this._request = null;
        if (refined) this._known.set(key, refined);
        dropFirst(this._known, KEPT);
        answered(refined);
      });
    const request = { key, controller, done };
    this._request = request;
  }

  /**
   * @param {Question & {image?: string}} body @param {AbortSignal} signal @returns {Promise<Shown>}
   */
  async _ask(body, signal) {
    const soft = Boolean(body.options.feather || body.whole?.feather);
    const answer = await this._server.mask({ ...body, mask_format: soft ? "png" : "rle" }, signal);
    if (!answer.area) return NOTHING;
    if (!soft) return { runs: decode(answer.mask), area: answer.area, soft: null, sent: () => answer.mask };
    const [height, width] = body.mask.size;
    const values = await greyValues(pngOf(answer.mask.data));
    const runs = fromPixels(values, width, height);
    return { runs, area: answer.area, soft: { width, height, values, box: answer.box }, sent: () => answer.mask.data };
  }
}

/**
 * Forgets what a map has had for longest, where it has more than that.
 * @param {Map<string, unknown>} map @param {number} most
 */
export function dropFirst(map, most) {
  const [first] = map.keys();
  if (map.size > most && first !== undefined) map.delete(first);
}
