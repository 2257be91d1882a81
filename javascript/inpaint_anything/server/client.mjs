/**
 * All HTTP. The routes are those of lib_inpaint/api/endpoints.py; what may be asked again is asked again here:
 *
 * - a busy server (503) after as long as it says
 * - a picture that the server no longer has is sent once more, and the request after it
 * - a job that it no longer knows, since it was restarted, is started once more
 *
 * @typedef {(now: {fraction: number, text: string, state: string, preview?: URL}) => void} Told  how a job is;
 *   preview: where a picture of it is, which is another one each time
 */

import { readEvents } from "./events.mjs";
import { t } from "../words.mjs";

const PATIENCE = 60_000; // milliseconds for which a server that is busy or away is asked again
const LOOK = 400; // milliseconds between two looks at a job where its events do not come through
const ENDED = ["done", "failed", "cancelled"];

/** What went wrong, in a sentence for people. `code` is for programs: unknown_image, busy, unreachable, stopped, ... */
export class RequestFailed extends Error {
  constructor(message, { status = 0, code = "", field = "", wait = 1000 } = {}) {
    super(message);
    Object.assign(this, { status, code, field, wait });
  }
}

/** Whether an error only says that a newer request took the place of this one. */
export const isStale = (error) => error?.name === "AbortError";

export class Client {
  /**
   * @param {string | URL} base  the address of the API, with a slash at its end
   * @param {object} [options]
   * @param {typeof fetch} [options.fetch] @param {number} [options.patience]  milliseconds
   */
  constructor(base, { fetch = globalThis.fetch.bind(globalThis), patience = PATIENCE } = {}) {
    this.base = new URL(base);
    this.patience = patience;
    /** Gives the file of a picture that has to be sent again. @type {(id: string) => Blob | undefined} */
    this.findPicture = () => undefined;
    this._fetch = fetch;
    this._renamed = new Map(); // id -> the id that the server gave when the picture was sent again
  }

  /** Versions, what the host can do, budgets. */
  info = () => this._json("GET", "info");

  /** All models, with what they need and whether they can be used now. @returns {Promise<object[]>} */
  models = async () => (await this._json("GET", "models")).models;

  /** Fetches a model's files. @param {Told} progress @param {AbortSignal} [signal] */
  download = (name, progress, signal) =>
    this.job(`models/${encodeURIComponent(name)}/download`, {}, { progress, signal });

  /**
   * Sends a picture.
   * @param {Blob} blob @param {AbortSignal} [signal] @returns {Promise<{id: string, width: number, height: number}>}
   */
  async upload(blob, signal) {
    const headers = { "Content-Type": "application/octet-stream" };
    return (await this._request("POST", "images", { body: blob, headers, signal })).json();
  }

  /** Prompts in, the mask out. @param {object} body @param {AbortSignal} [signal] */
  segment = (body, signal) => this._send("segment", { ...body, mask_format: "rle" }, { signal });

  /** Changes a mask. @param {object} body @param {AbortSignal} [signal] */
  mask = (body, signal) => this._send("mask", body, { signal });

  /** What is masked, on transparent ground. @param {object} body @returns {Promise<Blob>} a PNG */
  cutout = (body) => this._send("cutout", body, { accept: "image/png" });

  /** A file of this API, such as a result's. @param {string} address  relative to it @returns {Promise<Blob>} */
  file = async (address) => (await this._request("GET", address)).blob();

  /**
   * Long work, watched to its end.
   * @param {string} route @param {object} body
   * @param {{progress?: Told, signal?: AbortSignal, started?: (id: string) => void}} [options]  aborting it stops the job
   * @returns {Promise<object>} the job as it ended: {id, result, ...}
   * @throws {RequestFailed} code "stopped" when it was
   */
  async job(route, body, { progress, signal, started = () => {} } = {}) {
    for (let first = true; ; first = false) {
      const { id } = await this._send(route, body);
      started(id);
      try {
        return await this.watch(id, { progress, signal });
      } catch (error) {
        if (error.code !== "unknown_job" || !first || signal?.aborted) throw error;
      }
    }
  }

  /**
   * A job that was started before, watched to its end. @param {string} id  options, result and errors as of `job`
   * @throws {RequestFailed} code "unknown_job" when the server does not have it any more
   */
  async watch(id, { progress = () => {}, signal } = {}) {
    const path = `jobs/${id}`;
    const stop = () => this._request("DELETE", path).catch(() => {}); // if it does not come through, it is seen below
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    try {
      const looked = await this._follow(path, ({ progress: fraction, text, state, preview }) => {
        const address = preview === undefined ? undefined : new URL(`${path}/preview?${preview}`, this.base);
        progress({ fraction, text, state, preview: address });
      });
      if (looked.state === "done") return looked;
      if (signal?.aborted || looked.state === "cancelled") throw stopped();
      throw new RequestFailed(looked.error.error, looked.error);
    } catch (error) {
      throw signal?.aborted && error.code === "unknown_job" ? stopped() : error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Follows a job's events, and looks from time to time where these do not come through. */
  async _follow(path, see) {
    let job = null;
    try {
      const response = await this._request("GET", `${path}/events`);
      for await (const about of readEvents(response.body)) {
        see((job = about));
        if (ENDED.includes(job.state)) return job.error?.code === "unknown_job" ? await this._json("GET", path) : job;
      }
    } catch (error) {
      if (error instanceof RequestFailed && error.code !== "unreachable") throw error;
    }
    for (let waited = 0; ; ) {
      try {
        see((job = await this._json("GET", path)));
        if (ENDED.includes(job.state)) return job;
        waited = 0;
      } catch (error) {
        waited += LOOK;
        if (error.code !== "unreachable" || waited > this.patience) throw error;
      }
      await sleep(LOOK);
    }
  }

  /** POST a body whose `image` is an id; the picture is sent again when the server no longer has it. */
  async _send(path, body, { signal, accept } = {}) {
    const ask = () => {
      const image = body.image && (this._renamed.get(body.image) ?? body.image);
      return this._json("POST", path, { body: image ? { ...body, image } : body, signal, accept });
    };
    try {
      return await ask();
    } catch (error) {
      const blob = error.code === "unknown_image" && this.findPicture(body.image);
      if (!blob) throw error;
      this._renamed.set(body.image, (await this.upload(blob, signal)).id);
      return ask();
    }
  }

  async _json(method, path, { body, signal, accept = "application/json" } = {}) {
    const headers = { Accept: accept, ...(body ? { "Content-Type": "application/json" } : {}) };
    const start = performance.now();
    const response = await this._request(method, path, { body: body && JSON.stringify(body), headers, signal });
    const answer = accept === "application/json" ? await response.json() : await response.blob();
    measure("inpaint-anything: request", start, { path });
    return answer;
  }

  async _request(method, path, { body, headers, signal } = {}) {
    const deadline = performance.now() + this.patience;
    for (;;) {
      let response;
      try {
        response = await this._fetch(new URL(path, this.base), { method, body, headers, signal, cache: "no-store" });
      } catch (error) {
        throw isStale(error) ? error : away();
      }
      if (response.ok) return response;
      const error = await refusal(response);
      if (error.code !== "busy" || performance.now() + error.wait > deadline) throw error;
      await sleep(error.wait, signal);
    }
  }
}

/**
 * Notes how long something took, for tests and the browser's own tools.
 * @param {string} name @param {number} start  as performance.now() has it @param {object} [detail]
 */
export function measure(name, start, detail) {
  if (performance.getEntriesByName(name).length >= 200) performance.clearMeasures(name);
  performance.measure(name, { start, end: performance.now(), detail });
}

const stopped = () => new RequestFailed(t("Stopped."), { code: "stopped" });

const away = () =>
  new RequestFailed(t("The server cannot be reached. Nothing is lost: try again once it runs."), { code: "unreachable" });

/** The server's own sentence, or one about what a proxy answered. */
async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  const code = told.code ?? (response.status === 503 ? "busy" : "");
  const wait = 1000 * (Number(response.headers.get("Retry-After")) || 1);
  const message = typeof told.error === "string" ? told.error : t("The server answered {status}.", { status: response.status });
  return new RequestFailed(message, { status: response.status, code, field: told.field, wait });
}

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
