/**
 * What can be done with a result: the one that is looked at, or else the one that is the picture.
 *
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {import("../session/workspace.mjs").Result} Result
 * @typedef {Pick<import("../session/workspace.mjs").Workspace, "state" | "dropResult" | "useResult" | "resultBlob" | "again" | "look">} Workspace
 * @typedef {object} Around  the workspace @property {import("./host.mjs").Host} host @property {import("./status.mjs").Say} say
 * @property {(result: Result) => void} saved  one is on the person's disk
 *
 * @typedef {object} Looking  @property {() => Result | undefined} current  what it is done with
 * @property {() => void} compare  before and after @property {(on: boolean) => void} look  at what was before
 * @property {() => void} close  what is looked at
 */

import { t } from "../words.mjs";
import { actionName, writeAbout } from "./compare.mjs";
import { download, holdButton, iconButton, make, show } from "./dom.mjs";

/** @param {Workspace} workspace @param {Around} around @param {Looking} looking */
export function buildResultBar(workspace, { host, say, saved }, { current, compare, look, close }) {
  const act = (/** @type {(result: Result) => Promise<void>} */ action) => async () => {
    const result = current();
    if (!result) return say("info", t("There is no result yet."));
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
  const keep = async (/** @type {Result} */ result) => {
    const blob = blobOf(result);
    download(blob, fileName(result, blob.type));
    saved(result);
  };
  const save = act(keep);
  const copy = act(async (result) => {
    await copyPicture(blobOf(result));
    say("done", t("The picture is in the clipboard."));
  });
  const again = act((result) => workspace.again(result.id));
  const sends = host.pictureTargets().map((target) =>
    iconButton("send", target.label, act(async (result) => {
      await host.send(target.name, { image: blobOf(result) });
      say("done", t("The picture was sent."));
    }), { text: true }));
  const canCopy = typeof navigator.clipboard?.write === "function" && "ClipboardItem" in window; // only on https and localhost

  const buttons = {
    use: iconButton("use", t("Use as input"), use, { text: true, class: "ia-primary" }),
    again: iconButton("again", t("Again with this mask"), again, { key: "Shift+R", text: true, class: "ia-short" }),
    original: holdButton("eye", t("Hold to see the original"), look, { key: "O", text: true, class: "ia-short" }),
    compare: iconButton("compare", t("Compare before and after"), compare, { key: "C" }),
  };
  const back = iconButton("close", t("Back to the picture"), close, { key: "Esc" });
  const about = make("span", { class: "ia-quiet ia-about" });
  const element = make("div", { class: "ia-resultbar", role: "toolbar", "aria-label": t("Result"), hidden: true },
    make("div", { class: "ia-actions" },
      buttons.use,
      iconButton("save", t("Download"), save, { key: "S", text: true, class: "ia-short" }),
      canCopy ? iconButton("copy", t("Copy"), copy, { key: "Ctrl+C", text: true, class: "ia-short" }) : null,
      buttons.original, buttons.compare, buttons.again,
      iconButton("trash", t("Drop this result"), drop),
      ...sends),
    about, back);

  /** @param {State} state @param {string | null} shown  the id of what is looked at @param {boolean} lined  and compared */
  function update(state, shown, lined) {
    const result = current();
    show(element, Boolean(result));
    if (!result) return;
    const isPicture = state.current === result.id;
    show(buttons.use, !isPicture);
    show(back, shown !== null);
    buttons.use.disabled = Boolean(state.busy);
    buttons.again.disabled = state.running || result.sent === undefined;
    buttons.original.disabled = shown === null ? !state.image?.origin : !result.beforeUrl;
    buttons.compare.disabled = !result.beforeUrl;
    buttons.compare.setAttribute("aria-pressed", String(shown !== null && lined));
    writeAbout(about, result);
  }
  return { element, save, keep, copy: canCopy ? copy : null, again, update };
}

/**
 * What a download is called: as the WebUI has saved it, or as the picture was, with the ending of what it is.
 * @param {Pick<Result, "saved" | "name" | "action">} result @param {string} type  of its file @returns {string}
 */
export function fileName(result, type) {
  const saved = result.saved.split(/[\\/]/).pop();
  const name = (saved || (result.name || actionName(result.action)).replace(/[^\p{L}\p{N} ._-]/gu, "-")).replace(/\.\w{3,4}$/, "");
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
