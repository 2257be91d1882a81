// What can be done with the mask alone: save it, cut out, send it on.

import { download, iconButton, make } from "./dom.mjs";
import { t } from "../words.mjs";

/**
 * @param {HTMLElement} place
 * @param {import("../session/workspace.mjs").Workspace} workspace
 * @param {{host: object, say: (kind: string, text: string) => void}} page
 * @returns {(state: object) => void} to be called with each new state
 */
export function buildMaskActions(place, workspace, { host, say }) {
  const name = (what) => `${(workspace.state.image?.name || "picture").replace(/\.\w{3,4}$/, "")}-${what}.png`;
  const save = async (what, file) => {
    const blob = await file; // null where it failed, which the workspace has said
    if (blob) download(blob, name(what));
  };
  const actions = [
    ["save", t("Save the mask"), () => save("mask", workspace.maskBlob())],
    ["cutout", t("Save the cutout"), () => save("cutout", workspace.cutoutBlob("cutout"))],
    ["alpha", t("Save the picture with the mask as its alpha"), () => save("alpha", workspace.cutoutBlob("alpha"))],
    ...host.maskTargets().map((target) => ["send", target.label, () => send(target)]),
  ];

  async function send(target) {
    const [image, mask] = await Promise.all([workspace.imageBlob(), workspace.maskBlob()]);
    if (!image || !mask) return;
    await host.send(target.name, { image, mask, pointing: workspace.pointing() });
    say("done", target.told);
  }

  const buttons = actions.map(([picture, label, run]) => {
    const button = iconButton(picture, label, async () => {
      button.disabled = true; // one at a time
      try {
        await run();
      } catch (error) {
        say("error", error.message);
      } finally {
        button.disabled = false;
      }
    }, { text: true });
    return button;
  });
  const hint = make("p", { class: "ia-note", text: t("Select something in the picture first.") });
  place.replaceChildren(make("div", { class: "ia-mask-actions" }, ...buttons, hint));
  return (state) => {
    const none = !state.image || !state.maskArea;
    for (const button of buttons) button.disabled = none;
    hint.hidden = !none;
  };
}
