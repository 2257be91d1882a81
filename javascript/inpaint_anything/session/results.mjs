/**
 * What actions gave. A result holds the ids of the pictures before and after, whose files are kept with those of the
 * document, so that they can be compared and gone on with after a reload.
 *
 * @typedef {import("../work/actions.mjs").Result} Result
 * @typedef {import("../work/actions.mjs").Output} Output
 * @typedef {import("../work/actions.mjs").Job} Job
 * @typedef {Result & {url: string | null, beforeUrl: string | null, maskUrl: string | null}} Shown  with the addresses of the
 *   files in this page
 */

import { decode } from "../mask/rle.mjs";
import { maskPng, pngOf } from "../view/bitmaps.mjs";
import { originOf } from "../work/actions.mjs";

const KEPT = 30;

export class Results {
  /**
   * @param {Pick<import("../server/client.mjs").Client, "file">} client
   * @param {Pick<import("../view/bitmaps.mjs").Bitmaps, "blobs" | "shown">} bitmaps
   * @param {() => void} changed  told when `list` is another one
   */
  constructor(client, bitmaps, changed) {
    this._client = client;
    this._bitmaps = bitmaps;
    this._changed = changed;
    /** The newest is the last. @type {Shown[]} */
    this.list = [];
    /** PNG of the mask that a result was made with, by the result's id. @type {Map<string, Blob>} */
    this.masks = new Map();
    /** The address in this page. @type {Map<Blob, string>} */
    this._urls = new Map();
  }

  /** @param {string} id @returns {Shown | undefined} */
  find = (id) => this.list.find((result) => result.id === id);

  /** The file of a result. @param {string} id @returns {Blob | null} */
  file(id) {
    const result = this.find(id);
    return result ? this._fileOf(result.image) ?? null : null;
  }

  /** Forgets a result. @param {string} id */
  drop(id) {
    this._set(this.list.filter((result) => result.id !== id));
  }

  /**
   * Fetches what a job gave, and adds it.
   * @param {string} id  of the job @param {Output[]} outputs @param {Job} job @returns {Promise<Shown[]>} what was added
   */
  async add(id, outputs, job) {
    const fetched = await Promise.all(outputs.map((output, number) => this._fetch(output, `${id}-${number}`, job)));
    const added = fetched.map(({ result, file, mask }) => {
      this._bitmaps.blobs.set(result.image, file);
      if (mask) this.masks.set(result.id, mask);
      return this._shown(result);
    });
    const others = this.list.filter((result) => !added.some((one) => one.id === result.id));
    this._set([...others, ...added].slice(-KEPT));
    return added;
  }

  /**
   * What a reload kept; results whose file is not there are left out.
   * @param {Result[]} stored @param {Map<string, Blob>} masks
   */
  restore(stored, masks) {
    this.masks = masks;
    this.list = stored.map((result) => this._shown(result)).filter(({ url }) => url);
  }

  /** What a reload is to keep: without addresses, which end with the page. @returns {Result[]} */
  stored = () => this.list.map(({ url: _url, beforeUrl: _before, maskUrl: _mask, ...result }) => result);

  /** Gives back the memory of files that nothing refers to any more. @param {Set<Blob>} kept */
  release(kept) {
    for (const [file, url] of this._urls) {
      if (kept.has(file)) continue;
      URL.revokeObjectURL(url);
      this._urls.delete(file);
    }
  }

  /** @param {Output} output @param {string} id @param {Job} job */
  async _fetch({ image, address, mask, infotext, saved, note, offset }, id, job) {
    const [file, png] = await Promise.all([this._client.file(address), mask ? this._client.file(mask) : asPng(job.mask)]);
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    picture.close();
    const lies = offset ?? job.offset;
    /** @type {Result} */
    const result = {
      id, name: job.before.name, action: job.action, width, height, image, before: job.before.id,
      infotext, saved, note, offset: lies, origin: originOf(job.before, lies), sent: job.mask,
    };
    return { result, file, mask: png };
  }

  /** @param {Shown[]} list */
  _set(list) {
    this.list = list;
    for (const id of this.masks.keys()) if (!this.find(id)) this.masks.delete(id);
    this._changed();
  }

  /** What can be shown of a picture. @param {string} image  its id */
  _fileOf = (image) => this._bitmaps.shown.get(image) ?? this._bitmaps.blobs.get(image);

  /** @param {Result} result @returns {Shown} */
  _shown(result) {
    const url = (/** @type {string} */ image) => this._url(this._fileOf(image));
    return { ...result, url: url(result.image), beforeUrl: url(result.before), maskUrl: this._url(this.masks.get(result.id)) };
  }

  /** @param {Blob | undefined} file @returns {string | null} */
  _url(file) {
    if (!file) return null;
    const url = this._urls.get(file) ?? URL.createObjectURL(file);
    this._urls.set(file, url);
    return url;
  }
}

/** The mask that an action was given, as PNG; null when there was none. @param {Job["mask"]} mask */
const asPng = (mask) => (typeof mask === "string" ? pngOf(mask) : mask ? maskPng(decode(mask)) : null);
