/**
 * The pictures of a folder, one after the other: of the server's, of which some are asked for at a time, or files that the
 * person has brought.
 *
 * @typedef {object} Entry  a picture of it
 * @property {string} name @property {boolean} done  whether a result of it is saved
 * @property {File | null} file  null for one of the server's
 *
 * @typedef {import("./workspace.mjs").State} State
 * @typedef {import("./workspace.mjs").Result} Result
 *
 * @typedef {object} Work
 * @property {Pick<import("../server/client.mjs").Client, "folder" | "listed">} client
 * @property {() => Pick<State, "image" | "results">} state
 * @property {(source: File | string, name: string) => Promise<void>} open
 * @property {() => void} changed  the list, or where in it somebody is @property {(error: any) => void} fail
 */

import { Thumbs } from "../view/thumbs.mjs";

const PAGE = 100; // pictures that are asked for at once

export class FileList {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    this.total = 0;
    /** The number of the one that is worked on; -1 where it is none of these. */
    this.at = -1;
    /** Those that are known, by their number. @type {Map<number, Entry>} */
    this._entries = new Map();
    /** Pages that were asked for, by their number. @type {Map<number, Promise<void>>} */
    this._asked = new Map();
    /** Results that are on the person's own disk, or were there before the picture was opened. @type {Set<string>} */
    this._left = new Set();
    this._thumbs = new Thumbs();
    /** The picture that was open last. @type {State["image"]} */
    this._image = null;
  }

  /** @param {number} number @returns {Entry | undefined} undefined where it is not known yet */
  entry = (number) => this._entries.get(number);

  /** Draws a file small. @param {HTMLCanvasElement} canvas @param {File} file */
  draw = (canvas, file) => this._thumbs.draw(canvas, file);

  /** Lists the server's folder, and opens the first picture where none is open. */
  async follow() {
    const { client, state, changed, fail } = this._work;
    try {
      const { image } = state();
      const told = await client.folder(image ? { at: image.name } : { from: 0 });
      this.total = told.total;
      this._take(told);
      this.at = told.at ?? -1;
      changed();
      if (!image && this.total) await this.open(0);
    } catch (error) {
      fail(error);
    }
  }

  /** Lists files in the place of what was listed, and opens the first. @param {File[]} files */
  async bring(files) {
    this._entries = new Map(files.map((file, number) => [number, { name: file.name, done: false, file }]));
    this._asked.clear();
    this.total = files.length;
    await this.open(0);
  }

  /** Asks for those that are not known. @param {number} from @param {number} to  one after the last */
  async need(from, to) {
    const pages = [];
    for (let page = Math.floor(from / PAGE); page * PAGE < Math.min(to, this.total); page++) {
      const all = Array.from({ length: Math.min(PAGE, this.total - page * PAGE) }, (_, number) => page * PAGE + number);
      if (all.every((number) => this._entries.has(number))) continue;
      if (!this._asked.has(page)) this._asked.set(page, this._ask(page));
      pages.push(this._asked.get(page));
    }
    await Promise.all(pages);
  }

  /** Opens one of them. @param {number} number */
  async open(number) {
    await this.need(number, number + 1);
    const entry = this._entries.get(number);
    if (!entry) return;
    this.at = number;
    this._left = new Set(this._work.state().results.map(({ id }) => id));
    this._work.changed();
    await this._work.open(entry.file ?? this._work.client.listed(entry.name), entry.name);
  }

  /** The number of the next one or the one before; null at an end. @param {1 | -1} by @returns {number | null} */
  beside(by) {
    const number = this.at + by;
    return number >= 0 && number < this.total ? number : null;
  }

  /** The newest result of this picture, where it is nowhere but in this browser. @returns {Result | null} */
  unsaved() {
    const name = this._entries.get(this.at)?.name;
    const result = this._work.state().results.findLast((one) => one.name === name);
    return result && !result.saved && !this._left.has(result.id) ? result : null;
  }

  /** A result is on the person's own disk. @param {Result} result */
  keep = (result) => {
    this._left.add(result.id);
    this._finish(result.name);
    this._work.changed();
  };

  /** The workspace has another state: results that the server has saved, or a picture that came from elsewhere. */
  update() {
    const { image, results } = this._work.state();
    for (const { name, saved } of results) if (saved) this._finish(name);
    if (image === this._image) return;
    this._image = image;
    if (!image || this._entries.get(this.at)?.name === image.name) return;
    this.at = [...this._entries].find(([, { name }]) => name === image.name)?.[0] ?? this.at;
  }

  /** @param {string} name  of a picture whose result is saved */
  _finish(name) {
    for (const entry of this._entries.values()) if (entry.name === name) entry.done = true;
  }

  /** @param {number} page */
  async _ask(page) {
    try {
      this._take(await this._work.client.folder({ from: page * PAGE }));
      this._work.changed();
    } catch (error) {
      this._asked.delete(page); // it may be asked for again
      this._work.fail(error);
    }
  }

  /** @param {import("../server/client.mjs").Listed} told */
  _take({ from, pictures }) {
    pictures.forEach(({ name, done }, place) => this._entries.set(from + place, { name, done, file: null }));
  }
}
