/** What is asked before somebody goes on from a picture whose result is nowhere but in this browser. */

import { t } from "../words.mjs";
import { iconButton, make, write } from "./dom.mjs";

/** @typedef {import("../session/workspace.mjs").Result} Result */

/** @param {(result: Result) => Promise<void>} save  on the person's disk */
export function buildLeaving(save) {
  const text = make("p");
  /** @type {(choice: string) => void} */
  let choose = () => {};
  const button = (/** @type {string} */ label, /** @type {string} */ choice, /** @type {string} */ kind) =>
    make("button", { type: "button", class: `ia-button ${kind}`, text: label, on: { click: () => choose(choice) } });
  const element = make("dialog", { class: "ia-dialog ia-leaving", "aria-label": t("The result is not saved") },
    make("header", {}, make("h3", { text: t("The result is not saved") }), iconButton("close", t("Close"), () => choose(""))),
    text,
    make("div", { class: "ia-actions" },
      button(t("Download it and go on"), "save", "ia-primary"), button(t("Go on without"), "go", ""), button(t("Stay here"), "", "")));
  element.addEventListener("cancel", () => choose("")); // Escape
  element.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation()); // the WebUI would interrupt

  /**
   * Whether to go on, once what the person chose is done.
   * @param {Result | null} result  that is not saved @returns {Promise<boolean>}
   */
  async function ask(result) {
    if (!result) return true;
    if (element.open) return false; // it is being asked
    write(text, t("What was made of {name} is nowhere but in this browser.", { name: result.name }));
    element.showModal();
    const choice = await new Promise((/** @type {(choice: string) => void} */ resolve) => (choose = resolve));
    element.close();
    if (choice === "save") await save(result);
    return choice !== "";
  }
  return { element, ask };
}
