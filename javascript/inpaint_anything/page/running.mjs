/**
 * The buttons that run actions, which Python made: off while one is under way. And unseen beside them those that a WebUI's
 * own keys press in each of its tabs, by the ends of their ids; where one is missing, its script fails.
 *
 * @typedef {import("../session/workspace.mjs").Workspace} Workspace
 * @typedef {import("./host.mjs").Host} Host
 */

import { t } from "../words.mjs";
import { isShown, make } from "./dom.mjs";

const REMOVE = "inpaint_anything_run_remove", EDIT = "inpaint_anything_run_edit";

/**
 * @param {HTMLElement} root  our tab @param {Workspace} workspace
 * @param {{host: Pick<Host, "skip">, say: import("./status.mjs").Say, edits: () => boolean}} around  the workspace; edits:
 *   whether the checkpoint edits by instruction
 */
export function buildRunning(root, workspace, { host, say, edits }) {
  const buttons = () =>
    /** @type {HTMLButtonElement[]} */ ([...root.querySelectorAll("button[id^=inpaint_anything_run_]")]);
  const unseen = (/** @type {string} */ name, /** @type {() => void} */ click) =>
    make("button", { type: "button", id: `inpaint_anything_${name}`, on: { click } });
  const interrupt = unseen("interrupt", () => workspace.stop());
  const element = make("div", { hidden: true }, unseen("generate", () => generate()), interrupt, unseen("skip", skip));

  function update() {
    const { running, busy } = workspace.state;
    interrupt.style.display = busy?.canStop ? "block" : "none"; // what the WebUI's script looks at
    for (const button of buttons()) {
      const off = running || (button.id === EDIT && !edits());
      if (button.disabled !== off) button.disabled = off;
      const told = running ? t("Something is under way: wait for it, or stop it.") : button.id === REMOVE ? t("{what} ({key})", { what: t("Remove"), key: "R" }) : "";
      if (button.title !== told) button.title = told;
    }
  }

  /** Removes what is selected, whatever tab is open; a later gradio has the button only while its tab is. */
  function remove() {
    update();
    const button = document.getElementById(REMOVE);
    if (button) button.click();
    else workspace.run("remove", workspace.filled.listed("remove"));
  }

  /** Does what the tab that is open says; what is under way is stopped for it. */
  async function generate() {
    const button = buttons().find(isShown);
    if (!button) return say("info", t("Choose an action first, such as Remove."));
    if (workspace.state.running) {
      workspace.stop();
      await ended(workspace);
    }
    update();
    button.click();
  }

  /** The WebUI goes on with the next picture of a batch, if it is ours that is being made. */
  function skip() {
    const { running, busy } = workspace.state;
    if (running && busy?.fraction) host.skip();
  }
  return { element, update, generate, remove };
}

/** Resolves when no action is under way. @param {Workspace} workspace @returns {Promise<void>} */
function ended(workspace) {
  return new Promise((resolve) => {
    const look = () => {
      if (workspace.state.running) return;
      workspace.removeEventListener("change", look);
      resolve();
    };
    workspace.addEventListener("change", look);
    look();
  });
}
