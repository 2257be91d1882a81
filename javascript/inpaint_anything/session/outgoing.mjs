/**
 * What can be taken out of the work: the picture, the mask, what is selected.
 *
 * @typedef {object} Work
 * @property {() => import("../work/document.mjs").Document} document
 * @property {Pick<import("./masks.mjs").Masks, "shown" | "settled">} masks
 * @property {Pick<import("../view/bitmaps.mjs").Bitmaps, "blobs">} bitmaps
 * @property {Pick<import("../server/client.mjs").Client, "cutout">} client
 * @property {() => void} nothing  is selected @property {(error: unknown) => void} fail
 */

import { maskPng, pngOf } from "../view/bitmaps.mjs";

export class Outgoing {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
  }

  /** The picture, as it was opened or made. @returns {Promise<Blob | null>} */
  async image() {
    const { image } = this._work.document();
    return (image && this._work.bitmaps.blobs.get(image.id)) ?? null;
  }

  /** The mask that is shown, white where it is selected. @returns {Promise<Blob | null>} a PNG; null when nothing is */
  async mask() {
    const { masks, nothing } = this._work;
    await masks.settled();
    const { runs, soft, sent } = masks.shown;
    if (runs) return soft ? pngOf(String(sent())) : maskPng(runs);
    nothing();
    return null;
  }

  /** What is selected, on transparent ground. @param {"cutout" | "alpha"} output @returns {Promise<Blob | null>} a PNG */
  async cutout(output) {
    const { masks, client, document, nothing, fail } = this._work;
    await masks.settled();
    const { image } = document();
    try {
      if (image && masks.shown.area) return await client.cutout({ image: image.id, mask: masks.shown.sent(), output });
      nothing();
    } catch (error) {
      fail(error);
    }
    return null;
  }
}
