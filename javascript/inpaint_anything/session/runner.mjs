/**
 * Actions, and what they gave. A result holds the ids of the pictures before and after, whose files are kept with
 * those of the document, so that they can be compared and gone on with after a reload. So can be an action that is
 * under way: the server goes on with it, and its id is kept.
 *
 * @typedef {object} Job  @property {string} id @property {string} action
 * @property {{id: string, name: string}} before  the picture it was given
 * @property {[number, number]} offset  where that lies in what is made of it
 * @property {string | import("../mask/runs.mjs").Counts | null} mask  as it was sent
 */

import { buildBody, picturesOf } from "../work/actions.mjs";
import { maskPng, pngOf } from "../view/bitmaps.mjs";
import { decode } from "../mask/runs.mjs";
import { t } from "../words.mjs";

const KEPT = 30; // results

export class Runner {
  /** @param {import("./workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.results = [];
    /** What is under way on the server, until its results are stored. @type {Job | null} */
    this.job = null;
    this.masks = new Map(); // id of a result -> PNG of the mask it was made with
    this._urls = new Map(); // blob -> its address in this page
    this._controller = null;
  }

  /** Whether an action is under way. */
  get running() {
    return this._controller !== null;
  }

  /** As Workspace.run. */
  async run(name, values) {
    const { workspace } = this;
    const action = workspace.page.actions[name];
    if (!workspace.image) return workspace.tell("info", t("Open a picture first."));
    if (this.running) return workspace.tell("info", t("Something is under way: wait for it, or stop it."));
    await this._alone(async (signal) => {
      workspace.waiting.set("run", { text: t("Selecting"), canStop: true });
      await workspace.settled();
      if (!signal.aborted) await this._run(name, action, values, signal);
    });
  }

  /** Goes on with what was under way when the page was left. */
  async resume() {
    const { client } = this.workspace;
    if (this.job) await this._alone((signal) => this._finish(signal, (watched) => client.watch(this.job.id, watched)));
  }

  /** Does what can be stopped, with nothing else beside it. @param {(signal: AbortSignal) => Promise<void>} work */
  async _alone(work) {
    const { workspace } = this;
    const controller = (this._controller = new AbortController());
    try {
      await work(controller.signal);
    } catch (error) {
      workspace.fail(error);
    } finally {
      this._controller = null;
      workspace.waiting.set("run", null);
    }
  }

  stop() {
    this._controller?.abort();
  }

  /** Goes on with a result, as a step that can be undone. */
  async use(id) {
    const { workspace } = this;
    const result = this.results.find((one) => one.id === id);
    if (!result) return;
    try {
      const image = { id: result.image, width: result.width, height: result.height, name: result.name };
      workspace.replacePicture(image, await workspace.bitmaps.load(image));
    } catch (error) {
      workspace.fail(error);
    }
  }

  /** Forgets a result. */
  drop(id) {
    this._set(this.results.filter((one) => one.id !== id));
  }

  /** What a reload kept. @param {object[]} stored @param {Map<string, Blob>} masks @param {Job | null} [job] */
  restore(stored, masks, job = null) {
    this.masks = masks;
    this.results = stored.map((result) => ({ ...result, ...this._addresses(result) })).filter(({ url }) => url);
    this.job = job;
    this.resume();
  }

  /** What a reload is to keep: without addresses, which end with the page. */
  stored = () => this.results.map(({ url, beforeUrl, maskUrl, ...result }) => result);

  async _run(name, action, values, signal) {
    const { workspace } = this;
    const { image, mask } = workspace;
    if ((action.needs ?? "mask") === "mask" && !mask.area) return workspace.nothing();
    const given = { image: image.id, mask: mask.sent(), save: workspace.settings.save };
    const body = buildBody(action, values, given);
    const before = { id: image.id, name: image.name };
    const about = { action: name, before, offset: [body.left ?? 0, body.up ?? 0], mask: body.mask ?? null };
    const started = (id) => this._remember({ id, ...about });
    await this._finish(signal, (watched) => workspace.client.job(action.route, body, { ...watched, started }));
  }

  /** Waits for the job's end, and adds what it gave. It is forgotten when that is stored, or will never come. */
  async _finish(signal, work) {
    const { workspace } = this;
    try {
      const ended = await workspace.waiting.job("run", { text: t("Working"), signal }, work);
      workspace.waiting.set("run", { text: t("Fetching the result") });
      await this._add(ended, this.job);
      await workspace.keeper.saved();
    } catch (error) {
      if (error.code !== "unreachable") this._remember(null);
      throw error.code === "unknown_job" ? new Error(t("The server no longer has what was under way. Start it again.")) : error;
    }
    this._remember(null);
  }

  async _add(ended, job) {
    const { workspace } = this;
    const pictures = picturesOf(ended).map((picture, number) => this._fetch(picture, `${ended.id}-${number}`, job));
    const added = [];
    for (const { result, file, masked } of await Promise.all(pictures)) {
      workspace.bitmaps.blobs.set(result.image, file);
      if (masked) this.masks.set(result.id, masked);
      added.push({ ...result, ...this._addresses(result) });
    }
    const others = this.results.filter(({ id }) => !added.some((one) => one.id === id));
    this._set([...others, ...added].slice(-KEPT));
    workspace.dispatchEvent(new CustomEvent("result", { detail: this.results }));
    if (added[0]?.note) workspace.tell("info", added[0].note);
  }

  _remember(job) {
    this.job = job;
    this.workspace.keeper.save();
  }

  async _fetch({ image, address, mask, infotext, saved, note, offset: known }, id, { action, before, offset, mask: sent }) {
    const { client } = this.workspace;
    const [file, masked] = await Promise.all([client.file(address), mask ? client.file(mask) : asPng(sent)]);
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    picture.close();
    const told = { infotext, saved, note, offset: known ?? offset };
    const result = { id, name: before.name, action, width, height, image, before: before.id, ...told };
    return { result, file, masked };
  }

  _set(results) {
    this.results = results;
    for (const id of this.masks.keys()) if (!results.some((one) => one.id === id)) this.masks.delete(id);
    this.workspace.keeper.save();
    this.workspace.changed();
  }

  _addresses({ id, image, before }) {
    const { blobs, shown } = this.workspace.bitmaps;
    const picture = (of) => this._url(shown.get(of) ?? blobs.get(of));
    return { url: picture(image), beforeUrl: picture(before), maskUrl: this._url(this.masks.get(id)) };
  }

  _url(blob) {
    if (!blob) return null;
    if (!this._urls.has(blob)) this._urls.set(blob, URL.createObjectURL(blob));
    return this._urls.get(blob);
  }

  /** Gives back the memory of files that nothing refers to any more. @param {Set<Blob>} kept */
  release(kept) {
    for (const [blob, url] of this._urls) {
      if (kept.has(blob)) continue;
      URL.revokeObjectURL(url);
      this._urls.delete(blob);
    }
  }
}

/** The mask that an action was given, as PNG; null when there was none. @param {Job["mask"]} mask */
const asPng = (mask) => (typeof mask === "string" ? pngOf(mask) : mask ? maskPng(decode(mask)) : null);
