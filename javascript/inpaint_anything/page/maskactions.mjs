/**
 * What can be done with the mask alone: open one, save it, cut out, send it on.
 *
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {Pick<import("../session/workspace.mjs").Workspace, "state" | "addMask" | "maskBlob" | "cutoutBlob" | "imageBlob" | "pointing">} Workspace
 * @typedef {[import("./icons.mjs").IconName, string, () => Promise<void>]} Action  icon, label, what is done
 */

import { t } from "../words.mjs";
import { download, iconButton, make, pickFile } from "./dom.mjs";
import { PICTURES } from "./toolbar.mjs";

/** @returns {[import("../work/document.mjs").Combine, string][]} */
const COMBINE = () => [
  ["add", t("Add it to what is selected")], ["subtract", t("Take it away from what is selected")], ["intersect", t("Keep what both have")],
];

/**
 * @param {HTMLElement} container @param {Workspace} workspace
 * @param {{host: import("./host.mjs").Host, say: import("./status.mjs").Say}} around  the workspace
 * @returns {(state: State) => void} to be called with each new state
 */
export function buildMaskActions(container, workspace, { host, say }) {
  const name = (/** @type {string} */ what) => `${(workspace.state.image?.name || "picture").replace(/\.\w{3,4}$/, "")}-${what}.png`;
  const save = async (/** @type {string} */ what, /** @type {Promise<Blob | null>} */ file) => {
    const blob = await file; // null where it failed, which the workspace has said
    if (blob) download(blob, name(what));
  };
  /** @type {Action[]} */
  const actions = [
    ["save", t("Save the mask"), () => save("mask", workspace.maskBlob())],
    ["cutout", t("Save the cutout"), () => save("cutout", workspace.cutoutBlob("cutout"))],
    ["alpha", t("Save the picture with the mask as its alpha"), () => save("alpha", workspace.cutoutBlob("alpha"))],
    ...host.maskTargets().map((target) => /** @type {Action} */ (["send", target.label, () => send(target)])),
  ];

  /** @param {import("./host.mjs").MaskTarget} target */
  async function send(target) {
    const [image, mask] = await Promise.all([workspace.imageBlob(), workspace.maskBlob()]);
    if (!image || !mask) return;
    await host.send(target.name, { image, mask, pointing: workspace.pointing() });
    say("done", target.told);
  }

  const buttons = actions.map(([icon, label, action]) => {
    const button = iconButton(icon, label, async () => {
      button.disabled = true; // one at a time
      try {
        await action();
      } catch (error) {
        say("error", /** @type {Error} */ (error).message);
      } finally {
        button.disabled = false;
      }
    }, { text: true });
    return button;
  });
  const hint = make("p", { class: "ia-note", text: t("Select something in the picture first.") });
  const how = make("select", { class: "ia-combine", "aria-label": t("What an opened mask does") },
    ...COMBINE().map(([value, text]) => make("option", { value, text })));
  const combine = () => /** @type {import("../work/document.mjs").Combine} */ (how.value);
  const open = iconButton("open", t("Open a mask"), () => pickFile(PICTURES, (file) => workspace.addMask(file, combine())), { text: true });
  container.replaceChildren(make("div", { class: "ia-mask-actions" }, make("div", { class: "ia-mask-open" }, open, how), ...buttons, hint));
  return (state) => {
    open.disabled = !state.image;
    const none = !state.image || !state.maskArea;
    for (const button of buttons) button.disabled = none;
    hint.hidden = !none;
  };
}
