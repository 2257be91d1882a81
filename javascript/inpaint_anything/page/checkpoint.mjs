/**
 * The checkpoint that the WebUI has chosen, where actions depend on it: Edit is off, with a sentence, for one that does not
 * edit; and guidance and steps that nobody has changed become those that suit it.
 *
 * @typedef {import("../server/client.mjs").Checkpoint} Checkpoint
 * @typedef {"cfg_scale" | "text_cfg" | "steps"} Suited  fields that follow it
 */

import { t } from "../words.mjs";
import { isShown, make, show, write } from "./dom.mjs";
import { followUse, setNumber } from "./forms.mjs";

const EDIT = "inpaint_anything_run_edit";
const CHOICES = "#quicksettings"; // where the WebUI has what is chosen for all its tabs
const TAKES = [500, 2000, 6000]; // milliseconds after a choice, until the WebUI has made it

/**
 * @param {HTMLElement} root  our tab @param {{checkpoint: () => Promise<Checkpoint | null>}} client
 * @param {object} page @param {boolean} page.inWebui  whether there is one around us; else there is no checkpoint to ask for
 * @param {import("../work/actions.mjs").Setup["actions"]} page.actions
 * @param {Set<string>} page.used  what a person has changed, as Filled keeps it; added to
 * @returns {{update: () => void, edits: () => boolean}} update: to be called when the page has changed; edits: whether the
 *   checkpoint may be one that edits by instruction
 */
export function buildCheckpoint(root, client, { inWebui, actions, used }) {
  /** @type {Checkpoint | null} */
  let chosen = null;
  const note = make("p", { class: "ia-note ia-unfit", role: "status" });
  /** What each field was given here. @type {Map<string, number>} */
  const given = new Map();
  /** By action, what each field that follows the checkpoint is at first. @type {[string, {[name: string]: number}][]} */
  const suited = Object.entries(actions).map(([form, { suits }]) => [form, suits ?? {}]);
  let suiting = false;
  for (const [form, first] of suited) {
    followUse(root, form, Object.keys(first), ["input", "change"], (name) => !suiting && used.add(`${form}.${name}`));
  }

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
    suiting = true;
    for (const [form, first] of suited) {
      for (const name of /** @type {Suited[]} */ (Object.keys(first))) {
        const key = `${form}.${name}`;
        if (used.has(key)) continue;
        if (setNumber(form, name, checkpoint[name], given.get(key) ?? first[name])) given.set(key, checkpoint[name]);
      }
    }
    suiting = false;
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
