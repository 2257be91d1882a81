/** Keeps the work over a reload: what of the workspace goes to the storage, and back. */

import { question } from "./document.mjs";
import { states } from "./history.mjs";
import { t } from "./words.mjs";

const SOON = 400; // milliseconds after a change

export class Keeper {
  /** @param {import("./workspace.mjs").Workspace} workspace @param {import("./storage.mjs").Storage} storage */
  constructor(workspace, storage) {
    this.workspace = workspace;
    this.storage = storage;
    this._timer = null;
    this._restored = false; // before that, saving would write over what is there
    storage.onfailure = () =>
      workspace.tell("info", t("This browser keeps nothing for this page: a reload will lose the work."));
    const now = () => this._timer && this._save();
    addEventListener("pagehide", now);
    document.addEventListener("visibilitychange", () => document.hidden && now());
  }

  /** Saves soon. */
  save() {
    if (this._restored) this._timer ??= setTimeout(() => this._save(), SOON);
  }

  /** Resolves when all of the work is in the storage. */
  async saved() {
    if (this._timer) this._save();
    await this._stored;
  }

  /** Puts back what was saved, unless something was opened meanwhile. */
  async restore() {
    const { workspace } = this;
    const kept = await this.storage.load();
    this._restored = true;
    if (!kept || workspace.image || workspace.opening.done) return;
    const { history, results, found, brushRadius } = kept.record;
    const masks = new Map();
    for (const [name, file] of kept.files) {
      const [kind, id] = name.split(":");
      const { blobs, shown } = workspace.bitmaps;
      ({ picture: blobs, shown, mask: masks })[kind]?.set(id, file);
    }
    workspace.history = history;
    workspace.masks.restore(found);
    workspace.runner.restore(results, masks);
    workspace.setBrushRadius(brushRadius);
    workspace.follow();
    await workspace.settled();
  }

  _save() {
    clearTimeout(this._timer);
    this._timer = null;
    const { workspace } = this;
    const { history, runner, bitmaps, masks, tools, forms } = workspace;
    const documents = states(history);
    const ids = new Set(documents.map(({ image }) => image?.id).filter(Boolean));
    for (const { image, before } of runner.results) ids.add(image).add(before);
    bitmaps.keepOnly(ids);
    const files = new Map();
    for (const [id, blob] of bitmaps.blobs) files.set(`picture:${id}`, blob);
    for (const [id, blob] of bitmaps.shown) files.set(`shown:${id}`, blob);
    for (const [id, blob] of runner.masks) files.set(`mask:${id}`, blob);
    runner.release(new Set(files.values()));
    const keys = documents.flatMap((one) => one.objects.map((object) => question(one, object, forms.segmenter)));
    const found = masks.stored(new Set(keys));
    this._stored = this.storage.save({ history, results: runner.stored(), found, brushRadius: tools.brushRadius }, files);
  }
}
