/**
 * From a result to the next step: the result becomes the picture, which undo takes back, and the picture that was opened
 * can be looked at again. With "Remove at once" a finished stroke, click or box asks for the action by itself.
 *
 * @typedef {import("../work/document.mjs").Document} Document
 * @typedef {import("./results.mjs").Shown} Result
 *
 * @typedef {object} Work
 * @property {Pick<import("./editing.mjs").Editing, "document" | "goOn">} editing
 * @property {Pick<import("./opening.mjs").Opening, "use" | "decoded">} opening
 * @property {Pick<import("../view/bitmaps.mjs").Bitmaps, "load">} bitmaps
 * @property {Pick<import("../view/canvas.mjs").Canvas, "set">} canvas
 * @property {() => boolean} running  whether an action is under way
 * @property {() => void} ask  for the action @property {() => void} changed  what is shown is another
 * @property {(one: Result | null) => void} added  there are results; one: to be looked at, as it is not the picture
 * @property {(error: unknown) => void} fail
 */

import { release } from "../view/bitmaps.mjs";
import { imageOf } from "../work/actions.mjs";

export class Onward {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    /** Whether "Remove at once" is on. */
    this.once = false;
    /** Whether there is more to remove when the action has ended. */
    this._more = false;
    /** Whether the picture that was opened is to be seen. */
    this._looking = false;
    /** That one, once it was looked at. @type {{id: string, picture: import("../view/bitmaps.mjs").Picture} | null} */
    this._original = null;
  }

  /** @param {boolean} on */
  setOnce(on) {
    this.once = on;
    this._work.changed();
  }

  /** A stroke, a click or a box has come to its end. */
  finished() {
    const { running, ask, editing } = this._work;
    if (!this.once || !editing.document.objects.some(({ visible }) => visible)) return;
    if (running()) this._more = true;
    else ask();
  }

  /** An action has come to its end. @param {boolean} well  whether it was neither stopped nor went wrong */
  ended(well) {
    const more = this._more && well;
    this._more = false;
    if (more) this.finished();
  }

  /**
   * Goes on with what was made of a document. Of several, a person chooses one.
   * @param {Result[]} results @param {Document} base
   */
  async take(results, base) {
    const { opening, editing, added } = this._work;
    const [only, ...others] = results;
    let taken = false;
    if (only && !others.length && editing.document.image?.id === base.image?.id) {
      const image = imageOf(only);
      await opening.use(image, () => {
        taken = editing.goOn(image, base, this.once);
      });
    }
    added(taken ? null : results.at(-1) ?? null);
  }

  /** Shows the picture that was opened in the place of what was made of it, or no more. @param {boolean} on */
  async look(on) {
    const { editing, canvas, fail } = this._work;
    const origin = editing.document.image?.origin;
    this._looking = on && Boolean(origin);
    if (!this._looking || !origin) return canvas.set({ original: null });
    try {
      const picture = await this._load(origin);
      if (this._looking) canvas.set({ original: { picture, offset: origin.offset } });
    } catch (error) {
      fail(error);
    }
  }

  /** @param {import("../work/document.mjs").Origin} origin */
  async _load(origin) {
    const drawn = this._work.opening.decoded(origin.id);
    if (drawn) return drawn;
    if (this._original?.id !== origin.id) {
      const picture = await this._work.bitmaps.load(origin);
      release(this._original?.picture);
      this._original = { id: origin.id, picture };
    }
    return this._original.picture;
  }
}
