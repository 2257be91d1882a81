// The session's results: a strip of them, and the one that is looked at with what can be done with it.

import { actionName, buildCompare, writeAbout } from "./compare.mjs";
import { download, iconButton, make, show } from "./dom.mjs";
import { t } from "../words.mjs";

/**
 * @param {import("../session/workspace.mjs").Workspace} workspace
 * @param {{host: object, say: (kind: string, text: string) => void, changed: () => void}} page
 * @returns {{strip: HTMLElement, overlay: HTMLElement, comparing: boolean, toggle: () => void, close: () => void, open: (id: string) => void, update: (state: object) => void}}
 */
export function buildResults(workspace, { host, say, changed }) {
  const compare = buildCompare();
  const about = make("span", { class: "ia-quiet ia-about" });
  const actions = buildActions(workspace, host, say, () => current(), close);
  const overlay = make("div", { class: "ia-overlay", hidden: true },
    compare.element,
    make("div", { class: "ia-overlay-bar" }, actions.element, about,
      iconButton("close", t("Back to the picture"), close, { key: "C" })));
  const list = make("div", { class: "ia-strip-list", role: "list" });
  const strip = make("section", { class: "ia-strip", "aria-label": t("Results"), hidden: true }, list);
  const cards = new Map();
  let shown = null; // the id of the result that is looked at, or null while the canvas is
  let last = null;

  const find = (id) => workspace.state.results.find((result) => result.id === id);
  const current = () => find(shown);

  function open(id) {
    const result = find(id);
    if (!result) return;
    shown = last = id;
    compare.show(result);
    writeAbout(about, result);
    changed();
  }
  function close() {
    shown = null;
    changed();
  }
  function toggle() {
    const results = workspace.state.results;
    if (shown !== null) close();
    else if (results.length) open(find(last)?.id ?? workspace.state.current ?? results[results.length - 1].id);
  }

  function update(state) {
    if (shown !== null && !current()) shown = null; // it was dropped
    show(overlay, shown !== null);
    show(strip, state.results.length > 0);
    actions.update();
    for (const [id, card] of cards) {
      if (state.results.some((result) => result.id === id)) continue;
      card.remove();
      cards.delete(id);
    }
    state.results.forEach((result, index) => {
      if (!cards.has(result.id)) cards.set(result.id, buildCard(result, () => (shown === result.id ? close() : open(result.id))));
      const card = cards.get(result.id);
      card.firstChild.setAttribute("aria-pressed", String(shown === result.id));
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    });
  }
  return { strip, overlay, get comparing() { return shown !== null; }, toggle, close, open, update };
}

function buildCard(result, look) {
  const name = result.name || actionName(result.action);
  const button = make("button", { type: "button", class: "ia-card", title: name, on: { click: look } },
    make("img", { src: result.url, alt: "", loading: "lazy", draggable: false }),
    make("span", { text: actionName(result.action) }));
  return make("div", { role: "listitem" }, button);
}

/** What can be done with the result that is looked at. */
function buildActions(workspace, host, say, current, close) {
  const act = (run) => async () => {
    const result = current();
    if (!result) return;
    try {
      await run(result);
    } catch (error) {
      say("error", error.message);
    }
  };
  const blobOf = async (result) => (await fetch(result.url)).blob();
  const drop = act(async (result) => {
    close();
    workspace.dropResult(result.id);
  });
  const use = act(async (result) => {
    await workspace.useResult(result.id);
    close();
  });
  const save = act(async (result) => {
    const blob = await blobOf(result);
    download(blob, fileName(result, blob.type));
  });
  const copy = act(async (result) => {
    await copyPicture(await blobOf(result));
    say("done", t("The picture is in the clipboard."));
  });
  const sends = host.pictureTargets().map((target) =>
    iconButton("send", target.label, act(async (result) => {
      await host.send(target.name, { image: await blobOf(result) });
      say("done", t("The picture was sent."));
    }), { text: true }));
  const canCopy = Boolean(navigator.clipboard?.write && window.ClipboardItem); // only on https and localhost
  const element = make("div", { class: "ia-actions" },
    iconButton("use", t("Use as input"), use, { text: true, class: "ia-primary" }),
    iconButton("save", t("Download"), save, { text: true, class: "ia-short" }),
    canCopy ? iconButton("copy", t("Copy"), copy, { text: true, class: "ia-short" }) : null,
    iconButton("trash", t("Drop this result"), drop),
    ...sends);
  const useButton = element.firstChild;
  const update = () => (useButton.disabled = Boolean(workspace.state.busy));
  return { element, update };
}

function fileName(result, type) {
  if (result.saved) return result.saved.split(/[\\/]/).pop();
  const name = (result.name || actionName(result.action)).replace(/\.\w{3,4}$/, "").replace(/[^\p{L}\p{N} ._-]/gu, "-");
  return `${name}.${type === "image/jpeg" ? "jpg" : type.split("/")[1] || "png"}`;
}

/** Clipboards take PNG. */
async function copyPicture(blob) {
  let png = blob;
  if (blob.type !== "image/png") {
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    png = await canvas.convertToBlob({ type: "image/png" });
  }
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}
