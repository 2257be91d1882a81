/**
 * The routes of the API, as lib_inpaint/api lists them. What may be asked again is asked again here:
 *
 * - a picture that the server no longer has is sent once more, and the request after it
 * - a job that it no longer knows, since it was restarted, is started once more
 *
 * @typedef {import("../mask/rle.mjs").Counts} Counts
 * @typedef {{[name: string]: any}} Body  of a request: plain data
 * @typedef {{fraction: number, text: string, state: string, preview?: URL}} Progress  of a job; preview: where a picture of
 *   it is, which is another one each time
 * @typedef {(progress: Progress) => void} OnProgress
 *
 * @typedef {object} Job  as the server tells it @property {string} id
 * @property {"queued" | "running" | "done" | "failed" | "cancelled" | "dropped"} state
 * @property {number} progress @property {string} text @property {number} [preview]  how many there were
 * @property {{error: string, code?: string, field?: string}} [error] @property {Body} [result]
 *
 * @typedef {object} Model  as the route /models tells it @property {string} name @property {string} kind
 * @property {string} label @property {string} about @property {string} licence @property {boolean} ready
 * @property {number} bytes  of its files @property {string | null} [reason]  why it is not
 *
 * @typedef {object} Checkpoint  as the route /info tells it @property {string} name @property {string} kind
 * @property {string} family @property {number} cfg_scale @property {number} text_cfg @property {number} steps  that suit it
 *
 * @typedef {object} ModelList  all of them @property {Model[]} models
 * @property {string} device  where they work, as torch spells it @property {string} dtype
 * @property {string} attention  by what a segmenter's is worked out
 * @property {{names: string[], bytes: number, reason: string}} recommended  to begin with; what it needs first
 *
 * @typedef {object} Listed  some of the pictures in the server's folder @property {number} total  how many there are
 * @property {number} from @property {number | null} at @property {{name: string, done: boolean}[]} pictures
 *
 * @typedef {object} Segmented  @property {Counts} mask @property {{scores?: number[]}[]} objects
 */

import { t } from "../words.mjs";
import { readEvents } from "./events.mjs";
import { codeOf, Http, isStale, RequestFailed, sleep } from "./http.mjs";

const INTERVAL = 400; // milliseconds between two looks at a job whose events do not come through

export class Client {
  /** @param {string | URL} base @param {{fetch?: typeof fetch, patience?: number}} [options]  as of Http */
  constructor(base, options) {
    this._http = new Http(base, options);
    /** Gives the file of a picture that has to be sent again. @type {(id: string) => Blob | undefined} */
    this.findPicture = () => undefined;
    /**
     * The id that the server gave when a picture was sent again, by the one it is known by here.
     * @type {Map<string, string>}
     */
    this._renamed = new Map();
  }

  /** What it tells of itself: an answer, whatever is in it. @returns {Promise<unknown>} */
  info = () => this._http.json("GET", "info");
  /** Has the server drop what is loaded; gives its bytes. @returns {Promise<number>} */
  unload = async () => (await this._http.json("POST", "unload")).freed;
  /** The checkpoint that the WebUI has chosen; null where there is none. @returns {Promise<Checkpoint | null>} */
  checkpoint = async () => (await this._http.json("GET", "info")).checkpoint;

  /** All models, with what they need and whether they can be used now. @returns {Promise<ModelList>} */
  models = async () => await this._http.json("GET", "models");

  /** Fetches a model's files. @param {string} name @param {OnProgress} progress @param {AbortSignal} [signal] */
  download = (name, progress, signal) =>
    this.job(`models/${encodeURIComponent(name)}/download`, {}, { progress, signal });

  /**
   * Sends a picture.
   * @param {Blob} blob @param {AbortSignal} [signal] @returns {Promise<{id: string, width: number, height: number}>}
   */
  async upload(blob, signal) {
    const headers = { "Content-Type": "application/octet-stream" };
    return (await this._http.request("POST", "images", { body: blob, headers, signal })).json();
  }

  /** Prompts in, the mask out. @param {Body} body @param {AbortSignal} [signal] @returns {Promise<Segmented>} */
  segment = (body, signal) => this._post("segment", { ...body, mask_format: "rle" }, signal);

  /**
   * Some of the pictures in the server's folder: from a number on, or around one, whose number is then `at`.
   * @param {{from: number} | {at: string}} where @returns {Promise<Listed>}
   */
  folder = (where) => this._http.json("GET", `folder?${new URLSearchParams(/** @type {any} */ (where))}`);
  /** Where a picture of that folder is. @param {string} name */
  listed = (name) => new URL(`folder/${encodeURIComponent(name)}`, this._http.base).href;

  /**
   * Changes a mask. @param {Body} body @param {AbortSignal} [signal]
   * @returns {Promise<{area: number, box: import("../mask/picture.mjs").Box, mask: any}>}
   */
  mask = (body, signal) => this._post("mask", body, signal);

  /** What is masked, on transparent ground. @param {Body & {image: string}} body @returns {Promise<Blob>} a PNG */
  cutout = (body) => this._withPicture(body, undefined, (now) => this._http.post("cutout", "image/png", now));

  /** A file of this API, such as a result's. @param {string} address  relative to it @returns {Promise<Blob>} */
  file = async (address) => (await this._http.request("GET", address)).blob();

  /**
   * Long work, watched to its end.
   * @param {string} route @param {Body} body
   * @param {{progress?: OnProgress, signal?: AbortSignal, started?: (id: string) => void}} [options]  signal: stops the job
   * @returns {Promise<Job>} as it ended
   * @throws {RequestFailed} code "stopped" when it was
   */
  async job(route, body, { progress, signal, started = () => {} } = {}) {
    for (let first = true; ; first = false) {
      const { id } = await this._post(route, body);
      started(id);
      try {
        return await this.watch(id, { progress, signal });
      } catch (error) {
        if (codeOf(error) !== "unknown_job" || !first || signal?.aborted) throw error;
      }
    }
  }

  /**
   * A job that was started before, watched to its end.
   * @param {string} id @param {{progress?: OnProgress, signal?: AbortSignal}} [options] @returns {Promise<Job>} as of `job`
   * @throws {RequestFailed} code "unknown_job" when the server does not have it any more
   */
  async watch(id, { progress = () => {}, signal } = {}) {
    const path = `jobs/${id}`;
    const show = (/** @type {Job} */ { progress: fraction, text, state, preview }) => {
      const address = preview === undefined ? undefined : new URL(`${path}/preview?${preview}`, this._http.base);
      progress({ fraction, text, state, preview: address });
    };
    try {
      signal?.throwIfAborted();
      return succeeded(await this._follow(path, show, signal));
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
    return this._stop(path, show);
  }

  /**
   * Stops a job. A job that has ended is dropped by that, and not known any more: so nothing else is asked of it at the
   * same time, which the browser would note as a failed request.
   * @param {string} path @param {(job: Job) => void} show @returns {Promise<Job>} where it was done before it could be stopped
   */
  async _stop(path, show) {
    /** @type {Job | null} */
    let job = null;
    try {
      job = await this._http.json("DELETE", path);
    } catch (error) {
      if (codeOf(error) === "unknown_job") throw stopped();
      // else it did not come through: how the job goes on is seen below
    }
    if (!job || !hasEnded(job)) job = await this._follow(path, show);
    if (job.state === "done") return job;
    throw stopped();
  }

  /**
   * Follows a job by its events, and looks from time to time where these do not come through.
   * @param {string} path @param {(job: Job) => void} show @param {AbortSignal} [signal]  breaks off the following alone
   * @returns {Promise<Job>} as it ended
   */
  async _follow(path, show, signal) {
    try {
      const { body } = await this._http.request("GET", `${path}/events`, { signal });
      for await (const job of readEvents(/** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (body))) {
        show(job);
        if (hasEnded(job)) return job;
      }
    } catch (error) {
      if (isStale(error) || (error instanceof RequestFailed && error.code !== "unreachable")) throw error;
    }
    for (let away = 0; ; ) {
      try {
        const job = await this._http.json("GET", path, { signal });
        show(job);
        if (hasEnded(job)) return job;
        away = 0;
      } catch (error) {
        away += INTERVAL;
        if (codeOf(error) !== "unreachable" || away > this._http.patience) throw error;
      }
      await sleep(INTERVAL, signal);
    }
  }

  /** @param {string} path @param {Body} body @param {AbortSignal} [signal] @returns {Promise<any>} */
  _post = (path, body, signal) =>
    this._withPicture(body, signal, (now) => this._http.json("POST", path, { body: now, signal }));

  /**
   * Asks with a body whose `image`, if any, is an id; the picture is sent again where the server no longer has it.
   * @template Answer @param {Body} body @param {AbortSignal | undefined} signal
   * @param {(body: Body) => Promise<Answer>} ask @returns {Promise<Answer>}
   */
  async _withPicture(body, signal, ask) {
    const { image } = body;
    const named = () => (image ? { ...body, image: this._renamed.get(image) ?? image } : body);
    try {
      return await ask(named());
    } catch (error) {
      const blob = codeOf(error) === "unknown_image" && this.findPicture(image);
      if (!blob) throw error;
      this._renamed.set(image, (await this.upload(blob, signal)).id);
      return ask(named());
    }
  }
}

/** @param {Job} job */
const hasEnded = ({ state }) => state !== "queued" && state !== "running";

/** A job that was done. @param {Job} job @throws {RequestFailed} for another one */
function succeeded(job) {
  if (job.state === "done") return job;
  throw job.error ? new RequestFailed(job.error.error, job.error) : stopped();
}

const stopped = () => new RequestFailed(t("Stopped."), { code: "stopped" });
