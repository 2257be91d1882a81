// The drawer of models: what there is, what it needs, and fetching what is missing.

import { iconButton, make, show, write } from "./dom.mjs";
import { icon } from "./icons.mjs";
import { t } from "../words.mjs";

export const MISSING = /\bmodels download\b/; // how the server says that a model's files are not there

const KINDS = () => [
  ["segmenter", t("Segmenters: find the thing you point at")],
  ["eraser", t("Erasers: fill what is removed")],
  ["detector", t("Detectors: find things by name")],
];

/**
 * @param {HTMLElement} place
 * @param {import("../server/client.mjs").Client} client
 * @param {{models_folder?: string, offline?: boolean}} page
 */
export function buildModels(place, client, page) {
  const list = make("div", { class: "ia-models-list" });
  const note = make("p", { class: "ia-note", role: "status" });
  const where = make("p", { class: "ia-note" });
  const drawer = make("details", { class: "ia-panel ia-models" },
    make("summary", {}, icon("models"), make("h3", { text: t("Models") }), make("span", { class: "ia-chevron" })),
    note, list, where);
  if (page.models_folder) where.append(t("Models live in"), " ", make("code", { text: page.models_folder }));
  if (page.offline) where.append(" ", t("The server is offline: nothing is downloaded."));
  place.replaceChildren(drawer);
  const rows = new Map();

  async function read() {
    if (rows.size === 0) write(note, t("Reading the list…"));
    try {
      const models = await client.models();
      write(note, "");
      draw(models);
    } catch (error) {
      write(note, error.message);
    }
    show(note, note.textContent !== "");
  }

  function draw(models) {
    for (const [kind, title] of KINDS()) {
      const some = models.filter((model) => model.kind === kind);
      if (!some.length) continue;
      if (![...list.children].some((part) => part.dataset.kind === kind)) {
        const section = make("section", {}, make("h4", { text: title }), make("ul", { class: "ia-list" }));
        section.dataset.kind = kind;
        list.append(section);
      }
      const under = [...list.children].find((part) => part.dataset.kind === kind).lastChild;
      for (const model of some) {
        if (!rows.has(model.name)) {
          rows.set(model.name, buildRow(client, page, read));
          under.append(rows.get(model.name).element);
        }
        rows.get(model.name).update(model);
      }
    }
  }

  drawer.addEventListener("toggle", () => drawer.open && read());
}

/** Open the drawer, in sight. */
export function showModels() {
  const drawer = document.querySelector("#inpaint_anything .ia-models");
  if (!drawer) return;
  drawer.open = true;
  drawer.scrollIntoView({ block: "nearest", behavior: "smooth" });
  drawer.querySelector("summary").focus();
}

/** A model; while it is fetched, its progress and a way to stop. */
function buildRow(client, page, read) {
  const name = make("b");
  const about = make("p", { class: "ia-note" });
  const state = make("p", { class: "ia-note ia-model-state" });
  const facts = make("span", { class: "ia-quiet" });
  const ready = make("span", { class: "ia-ready-mark", text: t("ready") });
  const bar = make("progress", { max: 1, "aria-label": t("Download") });
  const fetchIt = iconButton("save", t("Download"), () => run(), { text: true });
  const stop = iconButton("close", t("Stop the download"), () => halt());
  const element = make("li", { class: "ia-model" }, make("div", { class: "ia-model-text" }, make("div", {}, name, ready, facts), about, state, bar), fetchIt, stop);
  let model = null;
  let cancel = null; // an AbortController while it is fetched

  function update(now) {
    model = now ?? model;
    write(name, model.label);
    write(about, t(model.about));
    write(facts, model.licence);
    const reason = model.ready || MISSING.test(model.reason) ? "" : model.reason ?? ""; // the button says that it is missing
    write(state, cancel ? state.textContent : reason);
    show(state, state.textContent !== "");
    show(ready, model.ready);
    show(bar, Boolean(cancel));
    show(stop, Boolean(cancel));
    show(fetchIt, !cancel && !model.ready && !page.offline);
  }

  async function run() {
    cancel = new AbortController();
    bar.removeAttribute("value");
    write(state, t("Waiting…"));
    update();
    try {
      await client.download(model.name, ({ fraction, text }) => {
        bar.value = fraction;
        if (!cancel.signal.aborted) write(state, text ? t(text) : "");
      }, cancel.signal);
      cancel = null;
    } catch (error) {
      const stopped = cancel.signal.aborted;
      cancel = null;
      update();
      write(state, stopped ? t("Stopped. The next download goes on from there.") : error.message);
      show(state, true);
      return;
    }
    await read();
  }

  /** Stops the download; the server notices when the next piece of it comes. */
  function halt() {
    cancel?.abort();
    write(state, t("Stopping"));
  }
  return { element, update };
}
