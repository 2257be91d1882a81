// Builds the page around the canvas, once, as soon as Python's part of it is there.

import { Client } from "./server/client.mjs";
import { iconButton, make, pickFile, show } from "./page/dom.mjs";
import { lateForm } from "./page/forms.mjs";
import { buildHelp } from "./page/help.mjs";
import { findHost } from "./webui/host.mjs";
import { icon } from "./page/icons.mjs";
import { listenKeys } from "./input/keys.mjs";
import { buildMaskActions } from "./page/maskactions.mjs";
import { buildModels, showModels } from "./page/models.mjs";
import { buildObjects } from "./page/objects.mjs";
import { takePictures } from "./page/pictures.mjs";
import { buildResults } from "./page/results.mjs";
import { buildStatus } from "./page/status.mjs";
import { Storage } from "./session/storage.mjs";
import { buildToolbar, PICTURES } from "./page/toolbar.mjs";
import { readWords, t, translatePage } from "./words.mjs";
import { Workspace } from "./session/workspace.mjs";

const API = new URL("inpaint-anything/v1/", document.baseURI);
const WORKSPACE = "inpaint_anything_workspace";

/**
 * Build the page. Again to no effect: there is one page.
 * @returns {Promise<object>} window.inpaintAnything
 */
export async function start() {
  const stage = await present(WORKSPACE);
  if (!stage.dataset.started) {
    stage.dataset.started = "yes"; // before anything is waited for: two calls may come at once
    window.inpaintAnything = await build(stage);
  }
  return window.inpaintAnything;
}

async function build(left) {
  const page = JSON.parse(left.dataset.page);
  const root = left.closest("#inpaint_anything") ?? left;
  await Promise.all([readWords(page.language), style(root)]);
  const host = findHost(page.host, root);
  const client = new Client(API);
  const canvas = buildPlace();
  const workspace = new Workspace(canvas, { client, storage: new Storage(), page });

  const status = buildStatus(workspace, showModels);
  const { say } = status;
  const open = (source, name) => workspace.open(source, name);
  let update = () => {};
  const results = buildResults(workspace, { host, say, changed: () => update() });
  const help = buildHelp();
  const appearance = { colour: page.settings?.colour ?? "#1e90ff", opacity: page.settings?.opacity ?? 0.5 };
  const toolbar = buildToolbar(workspace, { open: (file) => open(file, file.name), compare: results.toggle, help: help.open, appearance });
  const empty = buildEmpty(host, open);
  const preview = buildPreview();
  const place = make("div", { class: "ia-stage" },
    canvas, empty, make("div", { class: "ia-floats" }, toolbar.brush, toolbar.candidates), preview.element, results.overlay, status.messages, make("div", { class: "ia-drop", text: t("Drop to open") }));
  left.replaceChildren(make("div", { class: "ia-frame" }, toolbar.bar, place, status.element, results.strip), help.element);

  const parts = new Map(); // places that Python may make later, as their tab is opened
  const attach = (id, build) => {
    const found = document.getElementById(id);
    if (!found || parts.get(id)?.place === found) return;
    parts.set(id, { place: found, update: build(found) ?? (() => {}) });
    update();
  };
  update = () => {
    const state = workspace.state;
    show(empty, !state.image && !results.comparing);
    results.update(state);
    toolbar.update(state, results.comparing);
    status.update(state, results.comparing);
    preview.update(state.busy, results.comparing);
    for (const part of parts.values()) part.update(state);
  };
  const fill = () => {
    attach("inpaint_anything_objects", (found) => buildObjects(found, workspace));
    attach("inpaint_anything_models", (found) => buildModels(found, client, page));
    attach("inpaint_anything_mask_actions", (found) => buildMaskActions(found, workspace, { host, say }));
  };
  const options = page.forms?.mask ?? [];
  const form = lateForm("mask", options, () => workspace.state.options);
  fill();
  new MutationObserver(() => {
    fill();
    form.look();
  }).observe(root, { childList: true, subtree: true });

  connect(workspace, { results, say, clear: status.clear, sync: form.sync, update: () => update() });
  listenKeys(root, {
    workspace, place: canvas, compare: results.toggle, help: help.open, invert: () => invert(workspace, options),
    comparing: () => results.comparing, closeResult: results.close,
  });
  takePictures(root, open, say);
  host.addButtons((source) => (source ? open(source, "") : say("info", t("There is no picture to send yet."))));
  translatePage(root);
  update();
  workspace.restore();
  return {
    workspace,
    run: (name, values) => workspace.run(name, values),
    set: (name, values) => workspace.set(name, values),
    open: (source, name) => open(source, name),
    stop: () => workspace.stop(),
  };
}

/** What happens in the workspace, on the page. */
function connect(workspace, { results, say, clear, sync, update }) {
  let waiting = false;
  let options = workspace.state.options;
  workspace.addEventListener("change", () => {
    if (waiting) return; // many changes in one turn are drawn once
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      update();
      if (workspace.state.options === options) return;
      options = workspace.state.options;
      sync();
    });
  });
  workspace.addEventListener("message", ({ detail }) => say(detail.kind, detail.text));
  workspace.addEventListener("result", ({ detail }) => {
    const newest = Array.isArray(detail) ? detail[detail.length - 1] : detail;
    clear(); // what went wrong before has been got over
    if (newest) results.open(newest.id);
  });
}

/** Select everything else; the form follows. */
function invert(workspace, names) {
  const now = workspace.state.options;
  workspace.set("mask", names.map((name) => (name === "invert" ? !now.invert : now[name])));
}

/** The canvas's place. That it has the focus is shown to those who came by keyboard, and not after each shortcut. */
function buildPlace() {
  const place = make("div", { class: "ia-canvas", tabIndex: 0, role: "application", "aria-label": t("The picture") });
  place.addEventListener("focus", () => place.classList.toggle("ia-focus", place.matches(":focus-visible")));
  place.addEventListener("blur", () => place.classList.remove("ia-focus"));
  return place;
}

/** What is there before a picture is. */
function buildEmpty(host, open) {
  const choose = iconButton("open", t("Choose a picture"), () => pickFile(PICTURES, (file) => open(file, file.name)), { text: true, class: "ia-primary" });
  return make("div", { class: "ia-empty" },
    icon("picture"),
    make("p", { text: t("Drop a picture here, paste it, or choose a file.") }),
    choose,
    host.webui ? make("p", { class: "ia-quiet", text: t("Or send one from txt2img, img2img, Extras or PNG Info.") }) : null);
}

/** The live preview of sampling, in a corner of the canvas. */
function buildPreview() {
  const image = make("img", { alt: t("Live preview") });
  const element = make("div", { class: "ia-preview", hidden: true }, image);
  function update(busy, comparing) {
    show(element, Boolean(busy?.previewUrl) && !comparing);
    if (busy?.previewUrl && image.getAttribute("src") !== busy.previewUrl) image.src = busy.previewUrl;
  }
  return { element, update };
}

/** The element with that id, when it is there. */
function present(id) {
  const now = document.getElementById(id);
  if (now) return Promise.resolve(now);
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      const found = document.getElementById(id);
      if (!found) return;
      observer.disconnect();
      resolve(found);
    });
    observer.observe(document.documentElement, { childList: true, subtree: true });
  });
}

/** The WebUI loads style.css by itself; elsewhere we do. Waited for, so that nothing is seen without it. */
function style(root) {
  if (getComputedStyle(root).getPropertyValue("--ia-loaded").trim()) return Promise.resolve();
  return new Promise((resolve) => {
    const link = make("link", { rel: "stylesheet", href: new URL("style.css", import.meta.url).href, on: { load: resolve, error: resolve } });
    document.head.append(link);
  });
}
