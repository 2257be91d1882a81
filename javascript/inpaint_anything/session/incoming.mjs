/**
 * Masks of a person's own: added to what is selected, taken away from it, or what both have is kept.
 *
 * @typedef {import("../work/document.mjs").Combine} Combine
 *
 * @typedef {object} Work
 * @property {Pick<import("./editing.mjs").Editing, "document" | "addMask">} editing
 * @property {Pick<import("../server/client.mjs").Client, "mask">} client
 * @property {(text: string) => void} say @property {(error: unknown) => void} fail
 */

import { named } from "../server/http.mjs";
import { base64Of, isBlackAndWhite } from "../view/bitmaps.mjs";
import { t } from "../words.mjs";

export class Incoming {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
  }

  /** Whether a file can only be meant as a mask: black and white, and as large as the picture. @param {Blob} file */
  async isMask(file) {
    const { image } = this._work.editing.document;
    return image ? isBlackAndWhite(file, image).catch(() => false) : false;
  }

  /** @param {Blob} file  as the server reads masks: white, or what is not transparent, is inside @param {Combine} how */
  async add(file, how) {
    const { editing, client, say, fail } = this._work;
    const { image } = editing.document;
    const name = file instanceof File ? file.name : "";
    if (!image) return say(t("Open a picture first."));
    try {
      const { mask, area } = await client.mask({ mask: await base64Of(file), image: image.id, mask_format: "rle" });
      if (!area && how === "add") return say(t("Nothing is white in this mask."));
      if (editing.document.image?.id === image.id) editing.addMask(mask, how, name);
    } catch (error) {
      fail(named(error, name));
    }
  }
}
