/** Opens pictures, and draws that of the document, whichever it is after a step back or forward. */

import { release } from "../view/bitmaps.mjs";
import { t } from "../words.mjs";

export class Opening {
  /** @param {import("./workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    /** @type {string | null} the id of the picture that is drawn, or about to be */
    this.drawn = null;
    this.done = null; // a promise, while a picture is being opened
    this._controller = null;
    this._decoded = new Map(); // the last two pictures by id, so that undo need not read them again
  }

  /** As Workspace.open. The newest one counts. */
  open(source, name) {
    this._controller?.abort();
    const controller = (this._controller = new AbortController());
    const done = this._open(source, name, controller.signal).finally(() => {
      if (this._controller !== controller) return;
      this.done = this._controller = null;
      this.workspace.waiting.set("open", null);
    });
    this.done = done;
    return done;
  }

  /** Draws the picture of a document. @param {{id: string} | null} image */
  async show(image) {
    const { workspace } = this;
    const id = image?.id ?? null;
    if (id === this.drawn) return;
    this.drawn = id;
    workspace.things.clear();
    workspace.canvas.fitted = true;
    workspace.canvas.set({ cursor: null, picture: (image && this._decoded.get(id)) ?? null });
    if (!image) return;
    workspace.waiting.encode();
    if (this._decoded.has(id)) return workspace.canvas.fit();
    try {
      this.keep(id, await workspace.bitmaps.load(image));
      if (this.drawn === id) workspace.canvas.set({ picture: this._decoded.get(id) });
    } catch (error) {
      workspace.fail(error);
    }
  }

  /** Has a picture ready to be drawn. @param {string} id @param {import("../view/bitmaps.mjs").Picture} picture */
  keep(id, picture) {
    if (this._decoded.get(id) !== picture) release(this._decoded.get(id));
    this._decoded.delete(id);
    this._decoded.set(id, picture);
    for (const old of [...this._decoded.keys()].slice(0, -2)) {
      release(this._decoded.get(old));
      this._decoded.delete(old);
    }
  }

  async _open(source, name, signal) {
    const { workspace } = this;
    workspace.waiting.set("open", { text: t("Opening the picture") });
    try {
      const blob = typeof source === "string" ? await fetched(source, signal) : source;
      const { id, picture } = await workspace.bitmaps.open(blob, signal);
      await workspace.keeper.savePicture(id, blob); // what is seen outlives a reload
      if (signal.aborted) return release(picture);
      this.drawn = null; // the same picture again is drawn from its new file
      workspace.replacePicture({ id, width: picture.width, height: picture.height, name }, picture);
    } catch (error) {
      if (!signal.aborted) workspace.fail(error);
    }
  }
}

async function fetched(address, signal) {
  const response = await fetch(address, { signal }).catch(() => null);
  if (!response?.ok) throw new Error(t("The picture could not be fetched from the page it is on."));
  return response.blob();
}
