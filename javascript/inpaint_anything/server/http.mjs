/**
 * One request: asked again while the server is busy, and what went wrong as a sentence for people.
 *
 * @typedef {object} Asked  @property {BodyInit} [body] @property {{[name: string]: string}} [headers]
 * @property {AbortSignal} [signal]  breaks it off
 */

import { t } from "../words.mjs";

const PATIENCE = 60_000; // milliseconds for which a server that is busy is asked again

/** What went wrong, in a sentence for people. `code` is for programs: unknown_image, busy, unreachable, stopped, ... */
export class RequestFailed extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string, field?: string, wait?: number}} [about]  wait: milliseconds until it is worth
   *   asking again
   */
  constructor(message, { status = 0, code = "", field = "", wait = 1000 } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
    this.wait = wait;
  }
}

/** The word for programs, where an error has one. @param {any} error @returns {string} */
export const codeOf = (error) => error?.code ?? "";

/**
 * The error of a file, which its sentence then names; one that says nothing of the file is left as it is.
 * @param {any} error  a browser's own, whose sentence cannot be written to, or one of ours @param {string} name  may be empty
 * @returns {Error}
 */
export function named(error, name) {
  if (!name || isStale(error) || codeOf(error) === "unreachable") return error;
  return Object.assign(new Error(`${name}: ${error.message}`, { cause: error }), { code: codeOf(error) });
}

/** Whether an error only says that a newer request took the place of this one. @param {any} error @returns {boolean} */
export const isStale = (error) => error?.name === "AbortError";

export class Http {
  /**
   * @param {string | URL} base  the address of the API, with a slash at its end
   * @param {{fetch?: typeof fetch, patience?: number}} [options]  patience: milliseconds
   */
  constructor(base, { fetch = globalThis.fetch.bind(globalThis), patience = PATIENCE } = {}) {
    this.base = new URL(base);
    this.patience = patience;
    this._fetch = fetch;
  }

  /** @param {string} method @param {string} path @param {Asked} [asked] @returns {Promise<Response>} one that is ok */
  async request(method, path, { body, headers, signal } = {}) {
    const deadline = performance.now() + this.patience;
    for (;;) {
      let response;
      try {
        response = await this._fetch(new URL(path, this.base), { method, body, headers, signal, cache: "no-store" });
      } catch (error) {
        throw isStale(error) ? error : unreachable();
      }
      if (response.ok) return response;
      const error = await refusal(response);
      if (error.code !== "busy" || performance.now() + error.wait > deadline) throw error;
      await sleep(error.wait, signal);
    }
  }

  /**
   * JSON in, JSON out. @param {string} method @param {string} path
   * @param {{body?: object, signal?: AbortSignal}} [asked] @returns {Promise<any>}
   */
  json = async (method, path, asked) => (await this._timed(method, path, "application/json", asked)).json();

  /**
   * JSON in, a file out. @param {string} path @param {string} type  of the file @param {object} body @returns {Promise<Blob>}
   */
  post = async (path, type, body) => (await this._timed("POST", path, type, { body })).blob();

  /**
   * @param {string} method @param {string} path @param {string} accept
   * @param {{body?: object, signal?: AbortSignal}} [asked]
   */
  async _timed(method, path, accept, { body, signal } = {}) {
    const headers = { Accept: accept, ...(body ? { "Content-Type": "application/json" } : {}) };
    const start = performance.now();
    const response = await this.request(method, path, { body: body && JSON.stringify(body), headers, signal });
    measure("inpaint-anything: request", start, { path });
    return response;
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

/** Waits. @param {number} milliseconds @param {AbortSignal} [signal]  breaks it off @returns {Promise<void>} */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

const unreachable = () =>
  new RequestFailed(t("The server cannot be reached. Nothing is lost: try again once it runs."), { code: "unreachable" });

/** The server's own sentence, or one about what a proxy answered. @param {Response} response */
async function refusal(response) {
  const { status } = response;
  const told = await response.json().catch(() => ({}));
  const wait = 1000 * (Number(response.headers.get("Retry-After")) || 1);
  const message = typeof told.error === "string" ? told.error : t("The server answered {status}.", { status });
  return new RequestFailed(message, { status, code: told.code ?? (status === 503 ? "busy" : ""), field: told.field, wait });
}
