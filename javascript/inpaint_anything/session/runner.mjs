/**
 * Runs actions: one at a time, from the button to the result. The server goes on with a job when the page is left, so its
 * id is kept, and it is watched again after a reload.
 *
 * @typedef {import("../work/actions.mjs").Job} Job
 * @typedef {import("../work/document.mjs").Document} Document
 * @typedef {(watch: import("./waiting.mjs").Watch) => Promise<import("../server/client.mjs").Job>} Watching  of the client
 *
 * @typedef {object} Work  what actions are run with
 * @property {Pick<import("../server/client.mjs").Client, "job" | "watch">} client
 * @property {{[name: string]: import("../work/actions.mjs").Action}} actions @property {boolean | undefined} save  results
 * @property {Pick<import("./waiting.mjs").Waiting, "set" | "job">} waiting
 * @property {Pick<import("./results.mjs").Results, "add">} results
 * @property {() => Document} document @property {() => import("./masks.mjs").Shown} mask
 * @property {(action: string) => void} show  what the action adds to the mask
 * @property {() => Promise<void>} settled  resolves when the mask is what was pointed at
 * @property {() => void} keep  what a reload is to keep is another one @property {() => Promise<void>} kept
 * @property {(results: import("./results.mjs").Shown[], base: Document) => Promise<void>} take  goes on with what was made of
 *   that document
 * @property {() => void} changed  whether one is under way
 * @property {(well: boolean) => void} ended  none is any more; well: it was neither stopped nor went wrong
 * @property {(text: string) => void} say @property {(error: unknown) => void} fail @property {() => void} nothing  is selected
 */

import { codeOf } from "../server/http.mjs";
import { t } from "../words.mjs";
import { beforeOf, buildBody, nested, picturesOf } from "../work/actions.mjs";
import { saysNothing } from "../work/extension.mjs";

export class Runner {
  /** @param {Work} work */
  constructor(work) {
    this._work = work;
    /** What is under way on the server, until its results are stored. @type {Job | null} */
    this.job = null;
    /** What it is done with when its result has come. @type {Document | null} */
    this.base = null;
    /** @type {AbortController | null} */
    this._controller = null;
  }

  /** Whether an action is under way. */
  get running() {
    return this._controller !== null;
  }

  /** As Workspace.run. @param {string} name @param {unknown[]} values */
  async run(name, values) {
    const { waiting, document, settled, say } = this._work;
    if (!document().image) return say(t("Open a picture first."));
    const { asks, fields } = this._work.actions[name];
    if (saysNothing(asks, nested(fields, values))) return say(t("Give the pixels to add on at least one side."));
    if (this.running) return say(t("Something is under way: wait for it, or stop it."));
    await this._alone(async (signal) => {
      this.base = document();
      waiting.set("run", { text: t("Selecting"), canStop: true });
      this._work.show(name);
      await settled();
      const [{ image }, mask] = [document(), this._work.mask()];
      if (signal.aborted || !image) return;
      if ((this._work.actions[name].needs ?? "mask") === "mask" && !mask.area) return this._work.nothing();
      await this._start(name, values, { before: image, mask: mask.sent(), base: document() }, signal);
    });
  }

  /**
   * Does once more what gave a result, with the same mask, as the fields of its action say now.
   * @param {import("../work/actions.mjs").Result} result @param {unknown[]} values  of the fields
   */
  async again(result, values) {
    if (this.running) return this._work.say(t("Something is under way: wait for it, or stop it."));
    const given = { before: beforeOf(result), mask: result.sent ?? null, base: this._unused() };
    await this._alone((signal) => this._start(result.action, values, given, signal));
  }

  /** Goes on with what was under way when the page was left. @param {Job | null} job */
  async resume(job) {
    this.job = job;
    if (!job) return;
    const base = job.base ?? this._unused();
    await this._alone((signal) => this._finish(signal, base, (watch) => this._work.client.watch(job.id, watch)));
  }

  stop() {
    this._controller?.abort();
  }

  /** Does what can be stopped, with nothing else beside it. @param {(signal: AbortSignal) => Promise<void>} step */
  async _alone(step) {
    const controller = (this._controller = new AbortController());
    let well = false;
    try {
      await step(controller.signal);
      well = !controller.signal.aborted;
    } catch (error) {
      this._work.fail(error);
    } finally {
      this._controller = this.base = null;
      this._work.waiting.set("run", null);
      this._work.changed();
      this._work.ended(well);
    }
  }

  /** The document, for an action that uses nothing of what is selected in it. @returns {Document} */
  _unused = () => ({ ...this._work.document(), objects: [] });

  /**
   * @param {string} name @param {unknown[]} values @param {Pick<Job, "before" | "mask"> & {base: Document}} given
   * @param {AbortSignal} signal
   */
  async _start(name, values, { before, mask, base }, signal) {
    const { client, actions, save } = this._work;
    const action = actions[name];
    const body = buildBody(action, values, { image: before.id, mask, save, name: before.name });
    const started = (/** @type {string} */ id) =>
      this._remember({ id, action: name, before, offset: [body.left ?? 0, body.up ?? 0], mask: body.mask ?? null, base });
    await this._finish(signal, base, (watch) => client.job(action.route, body, { ...watch, started }));
  }

  /**
   * Waits for the job's end, and adds what it gave. It is forgotten when that is stored, or will never come.
   * @param {AbortSignal} signal @param {Document} base  that it works on @param {Watching} watching
   */
  async _finish(signal, base, watching) {
    const { waiting, results, kept, take, say } = this._work;
    this.base = base;
    try {
      const ended = await waiting.job("run", { text: t("Working"), signal }, watching);
      waiting.set("run", { text: t("Fetching the result") });
      const outputs = picturesOf(ended);
      if (this.job) await take(await results.add(ended.id, outputs, this.job), base);
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
