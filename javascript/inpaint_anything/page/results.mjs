/**
 * The results: a strip of them, and the one that is looked at with what can be done with it.
 *
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {import("../session/workspace.mjs").Result} Result
 * @typedef {Pick<import("../session/workspace.mjs").Workspace, "state" | "dropResult" | "useResult" | "resultBlob">} Workspace
 * @typedef {{host: import("./host.mjs").Host, say: import("./status.mjs").Say}} Around  the workspace
 */

import { t } from "../words.mjs";
import { actionName, buildCompare, writeAbout } from "./compare.mjs";
import { download, iconButton, make, show } from "./dom.mjs";

/**
 * @param {Workspace} workspace @param {Around} around @param {() => void} changed  told when another result is looked at
 * @returns {{strip: HTMLElement, overlay: HTMLElement, comparing: boolean, toggle: () => void, close: () => void, open: (id: string) => void, update: (state: State) => void}}
 */
export function buildResults(workspace, around, changed) {
  const compare = buildCompare();
  const about = make("span", { class: "ia-quiet ia-about" });
  const actions = buildActions(workspace, around, () => current(), close);
  const overlay = make("div", { class: "ia-overlay", hidden: true },
    compare.element,
    make("div", { class: "ia-overlay-bar" }, actions.element, about,
      iconButton("close", t("Back to the picture"), close, { key: "C" })));
  const list = make("div", { class: "ia-strip-list", role: "list" });
  const strip = make("section", { class: "ia-strip", "aria-label": t("Results"), hidden: true }, list);
  /** By the results' ids. @type {Map<string, ReturnType<typeof buildCard>>} */
  const cards = new Map();
  /** The id of the result that is looked at, or null while the canvas is. @type {string | null} */
  let shown = null;
  /** That was looked at last. @type {string | null} */
  let last = null;
  /** The picture that is open. @type {State["image"]} */
  let image = null;

  const find = (/** @type {string | null} */ id) => workspace.state.results.find((result) => result.id === id);
  const current = () => find(shown);

  /** @param {string} id */
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

  /** @param {State} state */
  function update(state) {
    const isOther = state.image !== image; // also where the same file was opened again
    image = state.image;
    if (isOther || !current()) shown = null; // another picture has come, or the result was dropped
    show(overlay, shown !== null);
    show(strip, state.results.length > 0);
    actions.update();
    for (const [id, card] of cards) {
      if (state.results.some((result) => result.id === id)) continue;
      card.element.remove();
      cards.delete(id);
    }
    state.results.forEach((result, index) => {
      const card = cards.get(result.id) ?? buildCard(result, () => (shown === result.id ? close() : open(result.id)));
      cards.set(result.id, card);
      card.button.setAttribute("aria-pressed", String(shown === result.id));
      if (list.children[index] !== card.element) list.insertBefore(card.element, list.children[index] ?? null);
    });
  }
  return { strip, overlay, get comparing() { return shown !== null; }, toggle, close, open, update };
}

/** @param {Result} result @param {() => void} onclick */
function buildCard(result, onclick) {
  const name = result.name || actionName(result.action);
  const button = make("button", { type: "button", class: "ia-card", title: name, on: { click: onclick } },
    make("img", { src: result.url, alt: "", loading: "lazy", draggable: false }),
    make("span", { text: actionName(result.action) }));
  return { element: make("div", { role: "listitem" }, button), button };
}

/**
 * What can be done with the result that is looked at.
 * @param {Workspace} workspace @param {Around} around @param {() => Result | undefined} current @param {() => void} close
 */
function buildActions(workspace, { host, say }, current, close) {
  const act = (/** @type {(result: Result) => Promise<void>} */ action) => async () => {
    const result = current();
    if (!result) return;
    try {
      await action(result);
    } catch (error) {
      say("error", /** @type {Error} */ (error).message);
    }
  };
  const blobOf = (/** @type {Result} */ { id }) => {
    const blob = workspace.resultBlob(id);
    if (!blob) throw new Error(t("This picture is no longer kept in the browser. Open it again."));
    return blob;
  };
  const drop = act(async (result) => {
    close();
    workspace.dropResult(result.id);
  });
  const use = act(async (result) => {
    await workspace.useResult(result.id);
    close();
  });
  const save = act(async (result) => {
    const blob = blobOf(result);
    download(blob, fileName(result, blob.type));
  });
  const copy = act(async (result) => {
    await copyPicture(blobOf(result));
    say("done", t("The picture is in the clipboard."));
  });
  const sends = host.pictureTargets().map((target) =>
    iconButton("send", target.label, act(async (result) => {
      await host.send(target.name, { image: blobOf(result) });
      say("done", t("The picture was sent."));
    }), { text: true }));
  const canCopy = typeof navigator.clipboard?.write === "function" && "ClipboardItem" in window; // only on https and localhost
  const useButton = iconButton("use", t("Use as input"), use, { text: true, class: "ia-primary" });
  const element = make("div", { class: "ia-actions" },
    useButton,
    iconButton("save", t("Download"), save, { text: true, class: "ia-short" }),
    canCopy ? iconButton("copy", t("Copy"), copy, { text: true, class: "ia-short" }) : null,
    iconButton("trash", t("Drop this result"), drop),
    ...sends);
  const update = () => (useButton.disabled = Boolean(workspace.state.busy));
  return { element, update };
}

/** @param {Result} result @param {string} type  of its file @returns {string} */
function fileName(result, type) {
  if (result.saved) return result.saved.split(/[\\/]/).pop() ?? "";
  const name = (result.name || actionName(result.action)).replace(/\.\w{3,4}$/, "").replace(/[^\p{L}\p{N} ._-]/gu, "-");
  return `${name}.${type === "image/jpeg" ? "jpg" : type.split("/")[1] || "png"}`;
}

/** Clipboards take PNG. @param {Blob} blob */
async function copyPicture(blob) {
  let png = blob;
  if (blob.type !== "image/png") {
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    png = await canvas.convertToBlob({ type: "image/png" });
  }
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}
