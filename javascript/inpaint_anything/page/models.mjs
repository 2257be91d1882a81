/**
 * The drawer of models: what there is, what it needs, and fetching what is missing.
 *
 * @typedef {import("../server/client.mjs").Model} Model
 * @typedef {Pick<import("../server/client.mjs").Client, "models" | "download" | "unload">} Client
 * @typedef {{models_folder?: string, offline?: boolean}} Setup
 */

import { t } from "../words.mjs";
import { iconButton, make, show, write } from "./dom.mjs";
import { icon } from "./icons.mjs";

export const MISSING = /\bmodels download\b/; // how the server says that a model's files are not there

const KINDS = () => [
  ["segmenter", t("Segmenters: find the thing you point at")],
  ["eraser", t("Erasers: fill what is removed")],
  ["detector", t("Detectors: find things by name")],
];

/** @param {HTMLElement} container @param {Client} client @param {Setup} setup */
export function buildModels(container, client, setup) {
  const list = make("div", { class: "ia-models-list" });
  const note = make("p", { class: "ia-note", role: "status" });
  const where = make("p", { class: "ia-note" });
  const drawer = make("details", { class: "ia-panel ia-models" },
    make("summary", {}, icon("models"), make("h3", { text: t("Models") }), make("span", { class: "ia-chevron" })),
    note, list, where, buildUnload(client));
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
      const models = await client.models();
      write(note, "");
      draw(models);
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
        const row = rows.get(model.name) ?? buildRow(model, client, setup, refresh);
        if (!rows.has(model.name)) under.append(row.element);
        rows.set(model.name, row);
        row.update(model);
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
 * @param {Model} model @param {Client} client @param {Setup} setup @param {() => Promise<void>} refresh  all of them
 */
function buildRow(model, client, setup, refresh) {
  const name = make("b");
  const about = make("p", { class: "ia-note" });
  const state = make("p", { class: "ia-note ia-model-state" });
  const facts = make("span", { class: "ia-quiet" });
  const ready = make("span", { class: "ia-ready-mark", text: t("ready") });
  const bar = make("progress", { max: 1, "aria-label": t("Download") });
  const fetchIt = iconButton("save", t("Download"), () => start(), { text: true });
  const stop = iconButton("close", t("Stop the download"), () => halt());
  const element = make("li", { class: "ia-model" }, make("div", { class: "ia-model-text" }, make("div", {}, name, ready, facts), about, state, bar), fetchIt, stop);
  /** While it is fetched. @type {AbortController | null} */
  let fetching = null;

  function update(now = model) {
    model = now;
    write(name, model.label);
    write(about, t(model.about));
    write(facts, model.licence);
    const reason = model.ready || MISSING.test(model.reason ?? "") ? "" : model.reason ?? ""; // the button says that it is missing
    if (!fetching) write(state, reason);
    show(state, state.textContent !== "");
    show(ready, model.ready);
    show(bar, Boolean(fetching));
    show(stop, Boolean(fetching));
    show(fetchIt, !fetching && !model.ready && !setup.offline);
  }

  async function start() {
    const controller = (fetching = new AbortController());
    bar.removeAttribute("value");
    write(state, t("Waiting…"));
    update();
    try {
      await client.download(model.name, ({ fraction, text }) => {
        bar.value = fraction;
        if (!controller.signal.aborted) write(state, text ? t(text) : "");
      }, controller.signal);
      fetching = null;
    } catch (error) {
      fetching = null;
      update();
      const stopped = t("Stopped. The next download goes on from there.");
      write(state, controller.signal.aborted ? stopped : /** @type {Error} */ (error).message);
      show(state, true);
      return;
    }
    await refresh();
  }

  /** Stops the download; the server notices when the next piece of it comes. */
  function halt() {
    fetching?.abort();
    write(state, t("Stopping"));
  }
  return { element, update };
}
