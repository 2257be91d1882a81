/**
 * Keeps the work over a reload: what of the workspace goes to the storage, and back.
 *
 * @typedef {import("../work/record.mjs").Record} Record
 *
 * @typedef {object} Work  that is kept
 * @property {() => Omit<Record, "version">} state
 * @property {Pick<import("../view/bitmaps.mjs").Bitmaps, "blobs" | "shown" | "keepOnly">} bitmaps
 * @property {Pick<import("./results.mjs").Results, "masks" | "release">} results
 * @property {() => boolean} begun  whether something was opened already
 * @property {(record: Record, masks: Map<string, Blob>, own: boolean) => void} goOn  from there; masks: of results, by their
 *   ids; own: it is this tab's, and not what another one has saved
 * @property {(text: string) => void} tell
 *
 * @typedef {Pick<import("./storage.mjs").Storage, "load" | "save" | "saveFile" | "saveNow" | "onfailure">} Storage
 */

import { t } from "../words.mjs";
import { lighter, picturesIn, recordOf, VERSION } from "../work/record.mjs";

const SOON = 400; // milliseconds after a change

export class Keeper {
  /** @param {Storage} storage @param {Work} work */
  constructor(storage, work) {
    this._storage = storage;
    this._work = work;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this._saving = 0; // how many times at once
    /** @type {Promise<void>} */
    this._saved = Promise.resolve();
    this._coming = ""; // the id of the picture that was opened last: its file is there before the work with it
    this._restored = false; // before that, saving would write over what is there
    storage.onfailure = () => work.tell(t("This browser keeps nothing for this page: a reload will lose the work."));
  }

  /** Saves soon. */
  save() {
    if (this._restored) this._timer ??= setTimeout(() => this._save(), SOON);
  }

  /** Resolves when all of the work is in the storage. */
  async saved() {
    if (this._timer) this._save();
    await this._saved;
  }

  /**
   * Resolves when a picture's file is in the storage, ahead of the work with it.
   * @param {string} id @param {Blob} file
   */
  savePicture(id, file) {
    this._coming = id;
    return this._storage.saveFile(`picture:${id}`, file);
  }

  /** The page may be about to go: what is not saved is written down at once. */
  leave() {
    if (!this._timer && !this._saving) return;
    this._storage.saveNow(lighter(this._record()));
    if (this._timer) this._save();
  }

  /** Puts back what was saved, unless something was opened meanwhile. */
  async restore() {
    const { kept, aside } = await this._storage.load(accepted);
    this._restored = true;
    if (aside) this._work.tell(t("What this browser kept of earlier work could not be read. It was put aside."));
    if (!kept || this._work.begun()) return;
    const { blobs, shown } = this._work.bitmaps;
    /** @type {{[kind: string]: Map<string, Blob>}} */
    const files = { picture: blobs, shown, mask: new Map() };
    for (const [name, file] of kept.files) {
      const [kind, id] = name.split(":");
      files[kind]?.set(id, file);
    }
    this._work.goOn(kept.record, files.mask, kept.own);
  }

  _save() {
    clearTimeout(this._timer);
    this._timer = undefined;
    const { bitmaps, results } = this._work;
    const record = this._record();
    bitmaps.keepOnly(picturesIn(record).add(this._coming));
    /** @type {Map<string, Blob>} */
    const files = new Map();
    for (const [id, file] of bitmaps.blobs) files.set(`picture:${id}`, file);
    for (const [id, file] of bitmaps.shown) files.set(`shown:${id}`, file);
    for (const [id, file] of results.masks) files.set(`mask:${id}`, file);
    results.release(new Set(files.values()));
    this._saving++;
    this._saved = this._storage.save(record, files).finally(() => this._saving--);
  }

  /** @returns {Record} */
  _record = () => ({ version: VERSION, ...this._work.state() });
}

/** The record, where what was stored is one, with the picture that is open. @type {import("./storage.mjs").Accept} */
function accepted(stored, files) {
  const record = recordOf(stored);
  const image = record?.history.now.image;
  return image && !files.has(`picture:${image.id}`) ? null : record;
}
