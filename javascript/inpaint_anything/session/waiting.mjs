/**
 * What is under way, as the page shows it: long work, and clicks that wait for the picture to be prepared.
 *
 * @typedef {{text: string, fraction: number | null, canStop: boolean, previewUrl?: string | null}} Busy
 * @typedef {import("../server/client.mjs").Job} Job
 * @typedef {{progress: import("../server/client.mjs").OnProgress, signal: AbortSignal}} Watch  what a client's `job` takes
 * @typedef {{text: string, fraction: number | null, controller: AbortController}} Encoding
 */

import { t } from "../words.mjs";

const PATIENCE = 250; // milliseconds after which one is told that something is waited for

export class Waiting {
  /**
   * @param {Pick<import("../server/client.mjs").Client, "job">} client
   * @param {{changed: () => void, encoded: () => void}} tell  changed: `shown` is another one; encoded: a picture is prepared
   */
  constructor(client, tell) {
    this._client = client;
    this._tell = tell;
    /** By name. @type {Map<string, Busy>} */
    this._busy = new Map();
    /** While the picture is prepared ahead of the first click. @type {Encoding | null} */
    this._encoding = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /** What to show: what can be stopped before what cannot. @returns {Busy | null} */
  get shown() {
    const all = [...this._busy.values()];
    return all.findLast(({ canStop }) => canStop) ?? all.at(-1) ?? null;
  }

  /** Says what is under way, or with null that it has ended. @param {string} name @param {Partial<Busy> | null} what */
  set(name, what) {
    if (what) this._busy.set(name, { text: "", fraction: null, canStop: false, ...what });
    else if (!this._busy.delete(name)) return;
    this._tell.changed();
  }

  /**
   * Long work, shown with its progress.
   * @param {string} name @param {{text: string, signal: AbortSignal}} how
   *   text: what is shown where the server says nothing; signal: stops it
   * @param {(watch: Watch) => Promise<Job>} work  of the client
   * @returns {Promise<Job>} as of `work`
   */
  async job(name, { text, signal }, work) {
    const stopping = () => this.set(name, { text: t("Stopping") });
    const progress = (/** @type {import("../server/client.mjs").Progress} */ { fraction, text: said, state, preview }) =>
      signal.aborted
        ? stopping()
        : this.set(name, {
            text: said || text,
            fraction: state === "queued" ? null : fraction,
            canStop: true,
            previewUrl: preview?.href ?? null,
          });
    signal.addEventListener("abort", () => this._busy.has(name) && stopping());
    if (signal.aborted) stopping();
    else this.set(name, { text, canStop: true });
    try {
      return await work({ progress, signal });
    } finally {
      this.set(name, null);
    }
  }

  /** Requests for masks began or ended. @param {boolean} waiting */
  masks(waiting) {
    if (waiting) {
      this._timer ??= setTimeout(() => this._showMasks(), PATIENCE);
      return;
    }
    clearTimeout(this._timer);
    this._timer = undefined;
    this.set("masks", null);
  }

  /**
   * Has a picture prepared ahead of the first click, in place of an earlier one. What goes wrong, a click will say.
   * @param {string | null} image  its id @param {unknown} segmenter  its name, where one is chosen
   */
  async encode(image, segmenter) {
    this._encoding?.controller.abort();
    if (!image) return;
    /** @type {Encoding} */
    const encoding = { fraction: null, text: "", controller: new AbortController() };
    this._encoding = encoding;
    const progress = (/** @type {import("../server/client.mjs").Progress} */ { fraction, text }) => {
      Object.assign(encoding, { fraction, text });
      if (this._busy.has("masks")) this._showMasks();
    };
    const body = { image, ...(segmenter ? { segmenter } : {}) };
    await this._client.job("encode", body, { progress, signal: encoding.controller.signal }).then(this._tell.encoded, () => {});
    if (this._encoding === encoding) this._encoding = null;
  }

  _showMasks() {
    const { text = "", fraction = null } = this._encoding ?? {};
    this.set("masks", { text: text || t("Looking at the picture"), fraction });
  }
}
