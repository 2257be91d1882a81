/**
 * What of the masks is drawn, and when: the answer to a click, what a click would select, what is added around the picture.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 *
 * @typedef {object} Work
 * @property {Pick<import("../view/canvas.mjs").Canvas, "set" | "setFrame" | "draw" | "scene">} canvas
 * @property {Pick<import("./masks.mjs").Masks, "shown" | "adding" | "preview">} masks
 * @property {Pick<import("./everything.mjs").Everything, "on" | "at">} everything
 * @property {Pick<import("../input/hover.mjs").Hover, "move">} hover
 * @property {() => Pick<import("../input/tools.mjs").Tools, "name" | "paints">} tools
 * @property {Pick<import("./filled.mjs").Filled, "forms" | "frame" | "extends">} filled
 * @property {() => import("../work/document.mjs").Document} document @property {() => boolean} hovers  whether that is wanted
 * @property {() => void} changed
 */

import { measure } from "../server/http.mjs";
import { drawThumb, partAround } from "../view/thumbs.mjs";
import * as documents from "../work/document.mjs";

export class Showing {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
  }

  /** Draws what the open tab adds around the picture. */
  frame() {
    const { canvas, filled, document, changed } = this._work;
    canvas.setFrame(filled.frame(document().image), filled.extends);
    changed();
  }

  /** A mask is another one. @param {number} [time]  of the click that it answers */
  found(time) {
    if (this._work.tools().paints) return; // drawn over it; its end shows the mask
    this.mask();
    this._work.canvas.draw(); // now, and not with the next frame, which a tab that is not seen never has
    if (time !== undefined) measure("inpaint-anything: click to mask", time);
    this._work.changed();
  }

  mask() {
    const { shown, adding } = this._work.masks;
    this._work.canvas.set({ mask: shown.runs, soft: shown.soft, added: adding.shown });
  }

  /** Where the pointer is with a tool that clicks; null when it has left. @param {PicturePoint | null} at */
  pointAt(at) {
    const { everything, canvas, hover, tools, hovers, document } = this._work;
    if (at && everything.on) return canvas.set({ hover: everything.at(at)?.runs ?? null });
    hover.move(hovers() && tools().name === "point" ? at : null, document().image);
  }

  /** What a click would select: with the active object's points, or alone. @param {PicturePoint} at */
  async preview({ x, y }) {
    const doc = documents.addPoint(this._work.document(), x, y, 1);
    const object = documents.active(doc);
    if (!object) throw new Error("Nothing was added.");
    return this._work.masks.preview(doc, object, this._work.filled.forms.segmenter);
  }

  /** Draws what each proposal for the active object would select. @param {HTMLCanvasElement[]} places  one for each */
  async proposals(places) {
    const { document, canvas, masks, filled } = this._work;
    const [doc, { picture }] = [document(), canvas.scene];
    const object = documents.active(doc);
    if (!object || !picture) return;
    const asked = places.map((_, index) => ({ ...object, candidate: index || null }));
    const found = await Promise.all(asked.map((one) => masks.preview(doc, one, filled.forms.segmenter))).catch(() => null);
    if (!found || document().image !== doc.image) return; // a click will say what is wrong
    const part = partAround(found, places[0].width / places[0].height);
    places.forEach((place, index) => drawThumb(place, picture, found[index], part));
  }
}
