/**
 * Opens pictures, and draws that of the document, whichever it is after a step back or forward.
 *
 * @typedef {import("../view/bitmaps.mjs").Picture} Picture
 * @typedef {import("../work/document.mjs").Image} Image
 *
 * @typedef {object} Work  that pictures are opened for
 * @property {Pick<import("../view/bitmaps.mjs").Bitmaps, "open" | "load">} bitmaps
 * @property {Pick<import("../view/canvas.mjs").Canvas, "set" | "fit" | "fitted">} canvas
 * @property {Pick<import("./waiting.mjs").Waiting, "set">} waiting
 * @property {(id: string, file: Blob) => Promise<void>} save  resolves when the file outlives a reload
 * @property {(image: Image) => void} opened  the document goes on with it
 * @property {(id: string | null) => void} drawn  another picture is drawn, or is about to be
 * @property {(error: unknown) => void} fail @property {() => void} done  something has succeeded
 */

import { fetchPicture } from "../server/files.mjs";
import { named } from "../server/http.mjs";
import { release } from "../view/bitmaps.mjs";
import { t } from "../words.mjs";

export class Opening {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    /** The id of the picture that is drawn, or is about to be. @type {string | null} */
    this._drawn = null;
    /** What was opened for it, and its size. @type {string | null} */
    this._kind = null;
    /** While a picture is being opened. @type {Promise<void> | null} */
    this.done = null;
    /** @type {AbortController | null} */
    this._controller = null;
    /** The last two that were drawn, by id, so that undo need not decode them again. @type {Map<string, Picture>} */
    this._decoded = new Map();
  }

  /**
   * As Workspace.open. The newest one counts.
   * @param {Blob | string} source @param {string} name @returns {Promise<void>}
   */
  open(source, name) {
    this._controller?.abort();
    const controller = (this._controller = new AbortController());
    const done = this._open(source, name, controller.signal).finally(() => {
      if (this._controller !== controller) return;
      this.done = this._controller = null;
      this._work.waiting.set("open", null);
    });
    this.done = done;
    return done;
  }

  /**
   * Goes on with a picture that was opened before, or made.
   * @param {Image} image @param {(image: Image) => void} [opened]  the document goes on with it
   */
  async use(image, opened = this._work.opened) {
    this._replace(image, await this._work.bitmaps.load(image), opened);
  }

  /** A picture that was drawn lately. @param {string} id @returns {Picture | undefined} */
  decoded = (id) => this._decoded.get(id);

  /** Draws the picture of a document. @param {Image | null} image */
  async show(image) {
    const { canvas, bitmaps, drawn, fail } = this._work;
    const id = image?.id ?? null;
    if (id === this._drawn) return;
    this._drawn = id;
    const decoded = id === null ? undefined : this._decoded.get(id);
    const [before, kind] = [this._kind, image && `${image.origin?.id ?? image.id} ${image.width} × ${image.height}`];
    this._kind = kind;
    if (kind !== before) canvas.fitted = true; // what was made of a picture is seen as that was
    canvas.set({ cursor: null, original: null, picture: decoded ?? null });
    drawn(id);
    if (!image) return;
    if (decoded) return this._keep(image.id, decoded);
    try {
      const picture = await bitmaps.load(image);
      if (this._drawn !== id) return release(picture); // another one took its place meanwhile
      this._keep(image.id, picture);
      canvas.set({ picture });
    } catch (error) {
      fail(error);
    }
  }

  /** @param {Image} image @param {Picture} picture @param {(image: Image) => void} opened */
  _replace(image, picture, opened) {
    this._keep(image.id, picture);
    this._drawn = null; // the same picture again is drawn from its new file
    opened(image);
  }

  /**
   * As the last one that was drawn. Those before the last two are given back.
   * @param {string} id @param {Picture} picture
   */
  _keep(id, picture) {
    const before = this._decoded.get(id);
    if (before !== picture) release(before);
    this._decoded.delete(id);
    this._decoded.set(id, picture);
    for (const [old, one] of [...this._decoded].slice(0, -2)) {
      release(one);
      this._decoded.delete(old);
    }
  }

  /** @param {Blob | string} source @param {string} name @param {AbortSignal} signal */
  async _open(source, name, signal) {
    const { bitmaps, waiting, save, fail } = this._work;
    waiting.set("open", { text: t("Opening the picture") });
    try {
      const file = typeof source === "string" ? await fetchPicture(source, signal) : source;
      const { id, picture } = await bitmaps.open(file, signal);
      await save(id, file); // what is seen outlives a reload
      if (signal.aborted) return release(picture);
      this._work.done();
      this._kind = null; // all of it is to be seen
      this._replace({ id, width: picture.width, height: picture.height, name }, picture, this._work.opened);
    } catch (error) {
      if (!signal.aborted) fail(named(error, name));
    }
  }
}
