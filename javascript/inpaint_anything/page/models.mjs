/**
 * The drawer of models: what there is, what it needs, and fetching what is missing.
 *
 * @typedef {import("../server/client.mjs").Model} Model
 * @typedef {import("../server/client.mjs").ModelList} ModelList
 * @typedef {Pick<import("../server/client.mjs").Client, "models" | "download" | "unload">} Client
 * @typedef {{models_folder?: string, offline?: boolean}} Setup
 */

import { t } from "../words.mjs";
import { iconButton, make, show, write } from "./dom.mjs";
import { buildFetching } from "./fetching.mjs";
import { icon } from "./icons.mjs";

export const MISSING = /\bmodels download\b/; // how the server says that a model's files are not there

const KINDS = () => [
  ["segmenter", t("Segmenters: find the thing you point at")],
  ["eraser", t("Erasers: fill what is removed")],
  ["detector", t("Detectors: find things by name")],
  ["text_detector", t("Text detectors: find text")],
  ["subject_detector", t("Subject detectors: find what the picture is of")],
];

/** @param {HTMLElement} container @param {Client} client @param {Setup} setup */
export function buildModels(container, client, setup) {
  const list = make("div", { class: "ia-models-list", tabIndex: 0, role: "group", "aria-label": t("Models") }); // it is scrolled by keys
  const note = make("p", { class: "ia-note", role: "status" });
  const where = make("p", { class: "ia-note" });
  const device = make("p", { class: "ia-note" });
  const first = buildRecommended(client, setup, () => refresh());
  const drawer = make("details", { class: "ia-panel ia-models" },
    make("summary", {}, icon("models"), make("h3", { text: t("Models") }), make("span", { class: "ia-chevron" })),
    note, first.element, list, device, where, buildUnload(client));
  if (setup.models_folder) where.append(t("Models live in"), " ", make("code", { text: setup.models_folder }));
  if (setup.offline) where.append(" ", t("The server is offline: nothing is downloaded."));
  container.replaceChildren(drawer);
  /** By the models' names. @type {Map<string, ReturnType<typeof buildRow>>} */
  const rows = new Map();
  /** The lists, by the kinds of models. @type {Map<string, HTMLElement>} */
  const lists = new Map();

  async function refresh() {
    if (rows.size === 0) write(note, t("Reading the list…"));
    try {
      const list = await client.models();
      write(note, "");
      const where = list.device === "cpu" ? t("the processor") : `${list.device}, ${list.dtype}, ${list.attention}`;
      write(device, t("Models work on {device}.", { device: where }));
      first.draw(list);
      draw(list.models);
    } catch (error) {
      write(note, /** @type {Error} */ (error).message);
    }
    show(note, note.textContent !== "");
  }

  /** @param {Model[]} models */
  function draw(models) {
    for (const [kind, title] of KINDS()) {
      const some = models.filter((model) => model.kind === kind);
      if (!some.length) continue;
      const under = lists.get(kind) ?? make("ul", { class: "ia-list" });
      if (!lists.has(kind)) list.append(make("section", {}, make("h4", { text: title }), under));
      lists.set(kind, under);
      for (const model of some) {
        const row = rows.get(model.name) ?? buildRow(model.name, client, setup, refresh);
        if (!rows.has(model.name)) under.append(row.element);
        rows.set(model.name, row);
        row.draw(model);
      }
    }
  }

  drawer.addEventListener("toggle", () => drawer.open && refresh());
}

/** A button that gives memory back. @param {Client} client */
function buildUnload(client) {
  const told = make("span", { class: "ia-note", role: "status" });
  async function unload() {
    try {
      const megabytes = Math.round((await client.unload()) / 2 ** 20);
      write(told, t("{count} MB of memory given back. Models are loaded again when they are needed.", { count: megabytes }));
    } catch (error) {
      write(told, /** @type {Error} */ (error).message);
    }
  }
  return make("div", { class: "ia-unload" }, iconButton("trash", t("Unload models"), unload, { text: true }), told);
}

/** Open the drawer, in sight. */
export function showModels() {
  const drawer = document.querySelector("#inpaint_anything .ia-models");
  if (!(drawer instanceof HTMLDetailsElement)) return;
  drawer.open = true;
  drawer.scrollIntoView({ block: "nearest", behavior: "smooth" });
  drawer.querySelector("summary")?.focus();
}

/**
 * A model; while it is fetched, its progress and a way to stop.
 * @param {string} named @param {Client} client @param {Setup} setup @param {() => Promise<void>} refresh  all of them
 */
function buildRow(named, client, setup, refresh) {
  const name = make("b");
  const about = make("p", { class: "ia-note" });
  const facts = make("span", { class: "ia-quiet" });
  const ready = make("span", { class: "ia-ready-mark", text: t("ready") });
  const { state, bar, button, stop, update } = buildFetching(client, named, t("Download"), refresh);
  const text = make("div", { class: "ia-model-text" }, make("div", {}, name, ready, facts), about, state, bar);
  const element = make("li", { class: "ia-model" }, text, button, stop);

  /** @param {Model} model */
  function draw(model) {
    write(name, model.label);
    write(about, t(model.about));
    write(facts, model.licence);
    show(ready, model.ready);
    const reason = model.ready || MISSING.test(model.reason ?? "") ? "" : model.reason ?? ""; // the button says that it is missing
    update(!model.ready && !setup.offline, reason);
  }
  return { element, draw };
}

/**
 * One button for what is recommended, as long as no network is there to select with.
 * @param {Client} client @param {Setup} setup @param {() => Promise<void>} refresh
 */
function buildRecommended(client, setup, refresh) {
  const element = make("div", { class: "ia-model ia-recommended" });
  /** @type {ReturnType<typeof buildFetching> | null} */
  let made = null;

  /** @param {ModelList} list */
  function draw({ models, recommended }) {
    const has = models.some((model) => model.kind === "segmenter" && model.ready && model.bytes > 0);
    show(element, !has && !setup.offline);
    if (has || setup.offline) return;
    if (!made) {
      const labels = recommended.names.map((name) => models.find((model) => model.name === name)?.label ?? name);
      const label = t("Get {names}, {count} MB", { names: labels.join(", "), count: Math.round(recommended.bytes / 1e6) });
      made = buildFetching(client, "recommended", label, refresh);
      const why = make("p", { class: "ia-note", text: t("With these, one click takes the whole thing, and what is removed is filled by a network.") });
      element.append(make("div", { class: "ia-model-text" }, why, made.state, made.bar), made.button, made.stop);
    }
    made.update(!recommended.reason, recommended.reason);
  }
  return { element, draw };
}
