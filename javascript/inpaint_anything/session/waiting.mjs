/** What is under way, as the page shows it: long work, and clicks that wait for the picture to be prepared. */

import { t } from "../words.mjs";

const PATIENCE = 250; // milliseconds after which one is told that something is waited for

/** @typedef {{text: string, fraction: number | null, canStop: boolean, previewUrl?: string | null}} Busy */

export class Waiting {
  /** @param {import("./workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this._now = new Map(); // by name
    this._encoding = null; // {fraction, text, controller}, while the picture is prepared ahead of the first click
    this._timer = null;
  }

  /** What to show: what can be stopped before what cannot. @returns {Busy | null} */
  get shown() {
    const all = [...this._now.values()];
    return all.findLast(({ canStop }) => canStop) ?? all.at(-1) ?? null;
  }

  /** Says what is under way, or with null that it has ended. @param {string} name @param {Partial<Busy> | null} what */
  set(name, what) {
    if (what) this._now.set(name, { text: "", fraction: null, canStop: false, ...what });
    else if (!this._now.delete(name)) return;
    this.workspace.changed();
  }

  /**
   * Long work, shown with its progress.
   * @param {string} name @param {{text: string, signal: AbortSignal}} how
   *   text: what is shown where the server says nothing; signal: stops it
   * @param {(watched: {progress: import("../server/client.mjs").Told, signal: AbortSignal}) => Promise<object>} work  of the client
   * @returns {Promise<object>} as of `work`
   */
  async job(name, { text, signal }, work) {
    const told = ({ fraction = null, text: said, state, preview } = {}) =>
      signal.aborted
        ? this.set(name, { text: t("Stopping") })
        : this.set(name, {
            text: said || text,
            fraction: state === "queued" ? null : fraction,
            canStop: true,
            previewUrl: preview?.href ?? null,
          });
    signal.addEventListener("abort", () => this._now.has(name) && told());
    told();
    try {
      return await work({ progress: told, signal });
    } finally {
      this.set(name, null);
    }
  }

  /** Requests for masks began or ended. @param {boolean} waiting */
  masks(waiting) {
    if (waiting) return void (this._timer ??= setTimeout(() => this._say(), PATIENCE));
    clearTimeout(this._timer);
    this._timer = null;
    this.set("masks", null);
  }

  /** Has the picture prepared ahead of the first click. What goes wrong, a click will say. */
  async encode() {
    this._encoding?.controller.abort();
    const { image, forms, client, quick } = this.workspace;
    if (!image) return;
    const encoding = (this._encoding = { fraction: null, text: "", controller: new AbortController() });
    const progress = (now) => {
      Object.assign(encoding, now);
      if (this._now.has("masks")) this._say();
    };
    const { segmenter } = forms.segmenter;
    const body = { image: image.id, ...(segmenter ? { segmenter } : {}) };
    await client.job("encode", body, { progress, signal: encoding.controller.signal }).then(quick, () => {});
    if (this._encoding === encoding) this._encoding = null;
  }

  _say() {
    const { text, fraction } = this._encoding ?? {};
    this.set("masks", { text: text || t("Looking at the picture"), fraction: fraction ?? null });
  }
}
