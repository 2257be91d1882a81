/**
 * Runs actions: one at a time, from the button to the result. The server goes on with a job when the page is left, so its
 * id is kept, and it is watched again after a reload.
 *
 * @typedef {import("../work/actions.mjs").Job} Job
 * @typedef {(watch: import("./waiting.mjs").Watch) => Promise<import("../server/client.mjs").Job>} Watching  of the client
 *
 * @typedef {object} Work  what actions are run with
 * @property {Pick<import("../server/client.mjs").Client, "job" | "watch">} client
 * @property {{[name: string]: import("../work/actions.mjs").Action}} actions @property {boolean | undefined} save  results
 * @property {Pick<import("./waiting.mjs").Waiting, "set" | "job">} waiting
 * @property {Pick<import("./results.mjs").Results, "add">} results
 * @property {() => import("../work/document.mjs").Image | null} image @property {() => import("./masks.mjs").Shown} mask
 * @property {(action: string) => void} show  what the action adds to the mask
 * @property {() => Promise<void>} settled  resolves when the mask is what was pointed at
 * @property {() => void} keep  what a reload is to keep is another one @property {() => Promise<void>} kept
 * @property {() => void} added  there are new results
 * @property {() => void} changed  whether one is under way
 * @property {(text: string) => void} say @property {(error: unknown) => void} fail @property {() => void} nothing  is selected
 */

import { codeOf } from "../server/http.mjs";
import { t } from "../words.mjs";
import { buildBody, nested, picturesOf } from "../work/actions.mjs";
import { saysNothing } from "../work/extension.mjs";

export class Runner {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    /** What is under way on the server, until its results are stored. @type {Job | null} */
    this.job = null;
    /** @type {AbortController | null} */
    this._controller = null;
  }

  /** Whether an action is under way. */
  get running() {
    return this._controller !== null;
  }

  /** As Workspace.run. @param {string} name @param {unknown[]} values */
  async run(name, values) {
    const { waiting, image, settled, say } = this._work;
    if (!image()) return say(t("Open a picture first."));
    const { asks, fields } = this._work.actions[name];
    if (saysNothing(asks, nested(fields, values))) return say(t("Give the pixels to add on at least one side."));
    if (this.running) return say(t("Something is under way: wait for it, or stop it."));
    await this._alone(async (signal) => {
      waiting.set("run", { text: t("Selecting"), canStop: true });
      this._work.show(name);
      await settled();
      if (!signal.aborted) await this._start(name, values, signal);
    });
  }

  /** Goes on with what was under way when the page was left. @param {Job | null} job */
  async resume(job) {
    this.job = job;
    if (job) await this._alone((signal) => this._finish(signal, (watch) => this._work.client.watch(job.id, watch)));
  }

  stop() {
    this._controller?.abort();
  }

  /** Does what can be stopped, with nothing else beside it. @param {(signal: AbortSignal) => Promise<void>} step */
  async _alone(step) {
    const controller = (this._controller = new AbortController());
    try {
      await step(controller.signal);
    } catch (error) {
      this._work.fail(error);
    } finally {
      this._controller = null;
      this._work.waiting.set("run", null);
      this._work.changed();
    }
  }

  /** @param {string} name @param {unknown[]} values @param {AbortSignal} signal */
  async _start(name, values, signal) {
    const { client, actions, save } = this._work;
    const [action, image, mask] = [actions[name], this._work.image(), this._work.mask()];
    if (!image) return;
    if ((action.needs ?? "mask") === "mask" && !mask.area) return this._work.nothing();
    const body = buildBody(action, values, { image: image.id, mask: mask.sent(), save });
    const before = { id: image.id, name: image.name };
    const started = (/** @type {string} */ id) =>
      this._remember({ id, action: name, before, offset: [body.left ?? 0, body.up ?? 0], mask: body.mask ?? null });
    await this._finish(signal, (watch) => client.job(action.route, body, { ...watch, started }));
  }

  /**
   * Waits for the job's end, and adds what it gave. It is forgotten when that is stored, or will never come.
   * @param {AbortSignal} signal @param {Watching} watching
   */
  async _finish(signal, watching) {
    const { waiting, results, kept, added, say } = this._work;
    try {
      const ended = await waiting.job("run", { text: t("Working"), signal }, watching);
      waiting.set("run", { text: t("Fetching the result") });
      const outputs = picturesOf(ended);
      if (this.job) await results.add(ended.id, outputs, this.job);
      added();
      if (outputs[0]?.note) say(outputs[0].note);
      await kept();
    } catch (error) {
      if (codeOf(error) !== "unreachable") this._remember(null);
      if (codeOf(error) !== "unknown_job") throw error;
      throw new Error(t("The server no longer has what was under way. Start it again."));
    }
    this._remember(null);
  }

  /** @param {Job | null} job */
  _remember(job) {
    this.job = job;
    this._work.keep();
  }
}
