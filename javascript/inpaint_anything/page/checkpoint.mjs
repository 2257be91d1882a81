/**
 * The checkpoint that the WebUI has chosen, where actions depend on it: Edit is off, with a sentence, for one that does not
 * edit; and guidance and steps that nobody has changed become those that suit it.
 *
 * @typedef {import("../server/client.mjs").Checkpoint} Checkpoint
 */

import { t } from "../words.mjs";
import { isShown, make, show, write } from "./dom.mjs";
import { setNumber } from "./forms.mjs";

const EDIT = "inpaint_anything_run_edit";
const CHOICES = "#quicksettings"; // where the WebUI has what is chosen for all its tabs
const TAKES = [500, 2000, 6000]; // milliseconds after a choice, until the WebUI has made it
const SUITED = { fill: ["cfg_scale", "steps"], background: ["cfg_scale", "steps"], extend: ["cfg_scale", "steps"], edit: ["text_cfg", "steps"] };
const FIRST = { cfg_scale: 7, text_cfg: 7.5, steps: 20 }; // what the forms begin with

/**
 * @param {HTMLElement} root  our tab @param {{checkpoint: () => Promise<Checkpoint | null>}} client
 * @param {boolean} inWebui  whether there is one around us; else there is no checkpoint to ask for
 * @returns {{update: () => void, edits: () => boolean}} update: to be called when the page has changed; edits: whether the
 *   checkpoint may be one that edits by instruction
 */
export function buildCheckpoint(root, client, inWebui) {
  /** @type {Checkpoint | null} */
  let chosen = null;
  const note = make("p", { class: "ia-note ia-unfit", role: "status" });
  /** What each field was given here. @type {Map<string, number>} */
  const given = new Map();

  async function look() {
    if (!inWebui || !isShown(root)) return;
    try {
      chosen = await client.checkpoint();
    } catch {
      return; // whoever presses a button is told
    }
    update();
  }

  function update() {
    const button = document.getElementById(EDIT);
    if (button && note.nextElementSibling !== button) button.before(note);
    const told = edits() ? "" : t("{name} does not edit by instruction. Choose an instruct-pix2pix checkpoint at the top of the page; in Forge Neo Flux Kontext, Flux.2 Klein and Qwen-Image-Edit do it too.", { name: chosen?.name ?? "" });
    if (note.textContent !== told) write(note, told);
    show(note, told !== "");
    if (chosen) suit(chosen);
  }

  /** @param {Checkpoint} checkpoint */
  function suit(checkpoint) {
    for (const [form, names] of Object.entries(SUITED)) {
      for (const name of /** @type {(keyof typeof FIRST)[]} */ (names)) {
        const key = `${form}.${name}`;
        if (setNumber(form, name, checkpoint[name], given.get(key) ?? FIRST[name])) given.set(key, checkpoint[name]);
      }
    }
  }

  const edits = () => chosen === null || ["edit", ""].includes(chosen.kind);
  const later = () => TAKES.forEach((after) => setTimeout(look, after));
  window.addEventListener("focus", look);
  document.querySelector(CHOICES)?.addEventListener("input", later);
  document.querySelector(CHOICES)?.addEventListener("change", later);
  document.querySelector(CHOICES)?.addEventListener("click", later); // an option of a list
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && look()).observe(root);
  return { update, edits };
}
