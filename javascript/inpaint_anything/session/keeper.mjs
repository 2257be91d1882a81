/** Keeps the work over a reload: what of the workspace goes to the storage, and back. */

import { question } from "../work/document.mjs";
import { states } from "../work/history.mjs";
import { t } from "../words.mjs";

const SOON = 400; // milliseconds after a change
const FEW = 20; // steps that can still be undone where there is little room

export class Keeper {
  /** @param {import("./workspace.mjs").Workspace} workspace @param {import("./storage.mjs").Storage} storage */
  constructor(workspace, storage) {
    this.workspace = workspace;
    this.storage = storage;
    this._timer = null;
    this._saving = 0; // how many times at once
    this._coming = ""; // the id of the picture that was opened last: its file is there before the work with it
    this._restored = false; // before that, saving would write over what is there
    storage.onfailure = () =>
      workspace.tell("info", t("This browser keeps nothing for this page: a reload will lose the work."));
    addEventListener("pagehide", () => this._leave());
    document.addEventListener("visibilitychange", () => document.hidden && this._leave());
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

  /** Resolves when a picture's file is in the storage, ahead of the work with it. @param {string} id @param {Blob} blob */
  savePicture(id, blob) {
    this._coming = id;
    return this.storage.saveFile(`picture:${id}`, blob);
  }

  /** Puts back what was saved, unless something was opened meanwhile. */
  async restore() {
    const { workspace } = this;
    const kept = await this.storage.load(({ history }, files) => !history.now.image || files.has(`picture:${history.now.image.id}`));
    this._restored = true;
    if (!kept || workspace.image || workspace.opening.done) return;
    const { history, results, job, found, brushRadius } = kept.record;
    const masks = new Map();
    for (const [name, file] of kept.files) {
      const [kind, id] = name.split(":");
      const { blobs, shown } = workspace.bitmaps;
      ({ picture: blobs, shown, mask: masks })[kind]?.set(id, file);
    }
    workspace.history = history;
    workspace.masks.restore(found);
    workspace.runner.restore(results, masks, kept.own ? job : null);
    workspace.setBrushRadius(brushRadius);
    workspace.follow();
    await workspace.settled();
  }

  /** The page may be about to go: what is not saved is written down at once. */
  _leave() {
    if (!this._timer && !this._saving) return;
    this.storage.saveNow(lighter(this._record()));
    if (this._timer) this._save();
  }

  _save() {
    clearTimeout(this._timer);
    this._timer = null;
    const { runner, bitmaps } = this.workspace;
    const files = new Map();
    const record = this._record();
    bitmaps.keepOnly(pictures(record).add(this._coming));
    for (const [id, blob] of bitmaps.blobs) files.set(`picture:${id}`, blob);
    for (const [id, blob] of bitmaps.shown) files.set(`shown:${id}`, blob);
    for (const [id, blob] of runner.masks) files.set(`mask:${id}`, blob);
    runner.release(new Set(files.values()));
    this._saving++;
    this._stored = this.storage.save(record, files).finally(() => this._saving--);
  }

  _record() {
    const { history, runner, masks, tools, forms } = this.workspace;
    const keys = states(history).flatMap((one) => one.objects.map((object) => question(one, object, forms.segmenter)));
    const found = masks.stored(new Set(keys));
    return { history, results: runner.stored(), job: runner.job, found, brushRadius: tools.brushRadius };
  }
}

/** The ids of all pictures that are referred to. @returns {Set<string>} */
function pictures({ history, results, job }) {
  const ids = states(history).map(({ image }) => image?.id).filter(Boolean);
  return new Set([...ids, ...results.flatMap(({ image, before }) => [image, before]), ...(job ? [job.before.id] : [])]);
}

/** The record, and after it ever smaller ones: without what can be asked for again, then with fewer steps to undo. */
function* lighter(record) {
  yield record;
  const { history } = record;
  yield { ...record, found: [] };
  for (const past of [history.past.slice(-FEW), []]) yield { ...record, found: [], history: { ...history, past, future: [] } };
}
