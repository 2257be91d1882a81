/**
 * Actions, and what they gave. A result holds the ids of the pictures before and after, whose files are kept with
 * those of the document, so that they can be compared and gone on with after a reload.
 */

import { buildBody, picturesOf } from "./actions.mjs";
import { maskPng, pngOf } from "./bitmaps.mjs";
import { t } from "./words.mjs";

const KEPT = 30; // results

export class Runner {
  /** @param {import("./workspace.mjs").Workspace} workspace */
  constructor(workspace) {
    this.workspace = workspace;
    this.results = [];
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
    const controller = (this._controller = new AbortController());
    try {
      workspace.waiting.set("run", { text: t("Selecting"), canStop: true });
      await workspace.settled();
      if (controller.signal.aborted) return;
      await this._run(name, action, values, controller.signal);
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

  /** What a reload kept. @param {object[]} stored @param {Map<string, Blob>} masks */
  restore(stored, masks) {
    this.masks = masks;
    this.results = stored.map((result) => ({ ...result, ...this._addresses(result) }));
  }

  /** What a reload is to keep: without addresses, which end with the page. */
  stored = () => this.results.map(({ url, beforeUrl, maskUrl, ...result }) => result);

  async _run(name, action, values, signal) {
    const { workspace } = this;
    const { image, mask } = workspace;
    if ((action.needs ?? "mask") === "mask" && !mask.area) return workspace.nothing();
    const given = { image: image.id, mask: mask.sent(), save: workspace.settings.save };
    const body = buildBody(action, values, given);
    const job = await workspace.waiting.job("run", { route: action.route, body, text: t("Working"), signal });
    workspace.waiting.set("run", { text: t("Fetching the result") });
    const added = [];
    for (const [number, picture] of picturesOf(job).entries()) {
      added.push(await this._fetch(picture, { id: `${job.id}-${number}`, action: name, before: image, body, mask }));
    }
    this._set([...this.results, ...added].slice(-KEPT));
    workspace.dispatchEvent(new CustomEvent("result", { detail: this.results }));
    if (added[0]?.note) workspace.tell("info", added[0].note);
  }

  async _fetch({ image, address, mask, infotext, saved, note, offset: known }, { id, action, before, body, mask: sent }) {
    const { client, bitmaps } = this.workspace;
    const [file, masked] = await Promise.all([client.file(address), mask ? client.file(mask) : asPng(sent)]);
    const picture = await createImageBitmap(file);
    const { width, height } = picture;
    picture.close();
    bitmaps.blobs.set(image, file);
    if (masked) this.masks.set(id, masked);
    const offset = known ?? [body.left ?? 0, body.up ?? 0]; // where the picture before lies in an extended one
    const told = { infotext, saved, note, offset };
    const result = { id, name: before.name, action, width, height, image, before: before.id, ...told };
    return { ...result, ...this._addresses(result) };
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

/** The mask that an action was given, as PNG; null when there was none. */
const asPng = ({ runs, soft, sent }) => (soft ? pngOf(sent()) : runs && maskPng(runs));
