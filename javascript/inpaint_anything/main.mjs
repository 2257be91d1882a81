/**
 * Builds the page around the canvas, once, as soon as Python's part of it is there.
 *
 * @typedef {import("./session/workspace.mjs").Workspace["run"]} Run
 *
 * @typedef {object} Page  window.inpaintAnything, for the buttons that Python makes
 * @property {Workspace} workspace @property {Run} run @property {Workspace["set"]} set @property {Workspace["show"]} show @property {Workspace["open"]} open
 * @property {(values: unknown[]) => void} take  what all widgets of the actions say
 * @property {(now: unknown[]) => unknown[]} refill  what all widgets are to say @property {() => void} stop
 *
 * @typedef {import("./session/parts.mjs").Setup & {host: string, language: string, models_folder: string, offline: boolean}} Setup
 *   what Python says of the page
 * @typedef {import("./session/workspace.mjs").State} State
 */

import { listenKeys } from "./input/keys.mjs";
import { isShown, loadStyle, present } from "./page/dom.mjs";
import { buildRefill, closeLists, lateForm } from "./page/forms.mjs";
import { buildCheckpoint } from "./page/checkpoint.mjs";
import { buildFolder } from "./page/folder.mjs";
import { buildFrame } from "./page/frame.mjs";
import { ALONE } from "./page/host.mjs";
import { buildMaskActions } from "./page/maskactions.mjs";
import { buildModels } from "./page/models.mjs";
import { buildObjects } from "./page/objects.mjs";
import { takePictures } from "./page/pictures.mjs";
import { followRoom } from "./page/room.mjs";
import { buildRunning } from "./page/running.mjs";
import { buildPlace } from "./page/stage.mjs";
import { buildTips } from "./page/tips.mjs";
import { translatePage } from "./page/translate.mjs";
import { Client } from "./server/client.mjs";
import { fetchTranslations } from "./server/files.mjs";
import { Storage } from "./session/storage.mjs";
import { Workspace } from "./session/workspace.mjs";
import { findWebui } from "./webui/host.mjs";
import { addTranslations, t } from "./words.mjs";

const API = new URL("inpaint-anything/v1/", document.baseURI);
const WORKSPACE = "inpaint_anything_workspace";

/** The page, while it is built and from then on. @type {Promise<Page> | null} */
let started = null;

/** Build the page. Again to no effect: there is one page. @returns {Promise<Page>} window.inpaintAnything */
export function start() {
  started ??= present(WORKSPACE).then(build).then((page) => Object.assign(window, { inpaintAnything: page }).inpaintAnything);
  return started;
}

/** @param {HTMLElement} container  that Python made @returns {Promise<Page>} */
async function build(container) {
  /** @type {Setup} */
  const setup = JSON.parse(container.dataset.page ?? "{}");
  const root = /** @type {HTMLElement} */ (container.closest("#inpaint_anything") ?? container);
  await Promise.all([fetchTranslations(setup.language).then(addTranslations), ensureStyle(root)]);
  const host = findWebui(setup.host, root) ?? ALONE;
  const client = new Client(API);
  const canvas = buildPlace();
  const workspace = new Workspace(canvas, { client, storage: new Storage(), setup });

  /** What follows a new state. @type {Map<string, {container: HTMLElement | null, update: (state: State) => void}>} */
  const parts = new Map();
  const update = () => parts.forEach((part) => part.update(workspace.state));
  const appearance = { colour: setup.settings?.colour ?? "#1e90ff", opacity: setup.settings?.opacity ?? 0.5 };
  const tips = buildTips(client, setup);
  const files = buildFolder(workspace, {
    client, saves: setup.settings?.save ?? false, update, keep: (result) => frame.results.keep(result), say: (...told) => frame.say(...told),
  });
  const frame = buildFrame(container, { workspace, host, canvas, appearance, tips, files }, { changed: update, generate: () => running.generate() });
  parts.set(WORKSPACE, { container, update: frame.update });
  const checkpoint = buildCheckpoint(root, client, { inWebui: host.webui, actions: setup.actions, used: workspace.filled.used });
  const running = buildRunning(root, workspace, { host, say: frame.say, edits: checkpoint.edits });
  container.append(running.element, files.dialog);
  parts.set("running", { container, update: running.update });
  /**
   * Builds a part in an element that Python makes, now or when its tab is opened.
   * @param {string} id @param {(found: HTMLElement) => ((state: State) => void) | void} builder
   */
  const attach = (id, builder) => {
    const found = document.getElementById(id);
    if (!found || parts.get(id)?.container === found) return;
    parts.set(id, { container: found, update: builder(found) ?? (() => {}) });
    update();
  };
  const fill = () => {
    attach("inpaint_anything_objects", (found) => buildObjects(found, workspace));
    attach("inpaint_anything_models", (found) => buildModels(found, client, setup));
    attach("inpaint_anything_mask_actions", (found) => buildMaskActions(found, workspace, { host, say: frame.say }));
  };
  const form = lateForm(root, "mask", setup.forms.mask, () => workspace.state.options);
  fill();
  new MutationObserver(() => {
    fill();
    checkpoint.update();
    running.update();
    form.look();
  }).observe(root, { childList: true, subtree: true });

  const { ask, refill } = buildRefill(workspace.filled);
  workspace.addEventListener("filled", ask);
  follow(workspace, frame, update, form.sync);
  listen(workspace, frame, { root, canvas, host, running, files, names: setup.forms.mask });
  translatePage(root);
  followRoom(root, container);
  closeLists(root);
  update();
  workspace.restore();
  if (setup.settings?.folder) workspace.settled().then(files.follow);
  /** @type {typeof workspace.set} */
  const set = (name, values) => (name === "mask" && !form.isUsed() ? form.sync() : workspace.set(name, values));
  const take = (/** @type {unknown[]} */ values) => workspace.filled.take(values);
  /** @type {Run} */
  const run = (name, values) => workspace.run(name, values);
  return {
    workspace, run, set, take, refill, show: (name) => workspace.show(name), open: workspace.open, stop: () => workspace.stop(),
  };
}

/**
 * What happens in the workspace, on the page.
 * @param {Workspace} workspace @param {ReturnType<typeof buildFrame>} frame @param {() => void} update  all that is shown
 * @param {() => void} sync  the form of the mask options
 */
function follow(workspace, { say, clearErrors, results, reveal }, update, sync) {
  let { options } = workspace.state;
  workspace.addEventListener("change", () => {
    update();
    if (workspace.state.options === options) return;
    options = workspace.state.options;
    sync();
  });
  workspace.addEventListener("message", (event) => {
    const { kind, text } = /** @type {CustomEvent} */ (event).detail;
    say(kind, text);
  });
  workspace.addEventListener("success", clearErrors);
  workspace.addEventListener("result", (event) => {
    const { detail: one } = /** @type {CustomEvent<import("./session/workspace.mjs").Result | null>} */ (event);
    clearErrors();
    if (one) results.open(one.id);
    reveal();
  });
}

/**
 * What a person does on the page, for the workspace.
 * @param {Workspace} workspace @param {ReturnType<typeof buildFrame>} frame
 * @param {{root: HTMLElement, canvas: HTMLElement, host: import("./page/host.mjs").Host, running: ReturnType<typeof buildRunning>, files: ReturnType<typeof buildFolder>, names: string[]}} around
 *   names: of the mask options
 */
function listen(workspace, { say, results, help }, { root, canvas, host, running, files, names }) {
  const isSeen = () => isShown(root) && !host.covers();
  const invert = () => {
    const now = workspace.state.options;
    workspace.set("mask", names.map((name) => (name === "invert" ? !now.invert : now[name])));
  };
  const { toggle: compare, close: closeResult, look, save, copy, again } = results;
  listenKeys(root, {
    workspace, canvas, isSeen, invert, help, compare, closeResult, look, save, copy, again, comparing: () => results.comparing,
    generate: running.generate, remove: running.remove, step: files.step,
  });
  workspace.addEventListener("once", running.remove);
  takePictures(root, isSeen, {
    open: (source, name) => workspace.open(source, name), list: files.take, mask: (file) => workspace.addMask(file, "add"), isMask: workspace.isMask,
  }, say);
  host.addButtons((source, prompts) => {
    if (!source) return say("info", t("There is no picture to send yet."));
    if (prompts) workspace.describe(prompts);
    return workspace.open(source, "");
  });
  window.addEventListener("pagehide", () => workspace.leave());
  document.addEventListener("visibilitychange", () => document.hidden && workspace.leave());
}

/**
 * The WebUI loads style.css by itself; elsewhere we do. Waited for, so that nothing is seen without it.
 * @param {HTMLElement} root
 */
async function ensureStyle(root) {
  if (getComputedStyle(root).getPropertyValue("--ia-loaded").trim()) return;
  await loadStyle(new URL("style.css", import.meta.url).href);
}
