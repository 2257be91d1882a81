/**
 * Forms that Python made, brought up to date after an undo, or when a gradio that builds them late has done so.
 *
 * @typedef {{[name: string]: unknown}} Values  what is not among them is off, or zero
 */

import { openTab } from "./dom.mjs";

// Milliseconds after which a form that was just made is looked at: it takes its own first values once more, unannounced.
const SETTLING = [0, 100, 400, 1500, 4000];

const REFILL = "inpaint_anything_refill"; // a button that gives all widgets what `refill` returns

/**
 * Has the widgets say what is filled in, through gradio, which alone knows how.
 * @param {import("../session/workspace.mjs").Workspace["filled"]} filled
 * @returns {{ask: () => void, refill: (now: unknown[]) => unknown[]}} ask: for it; refill: what they are to say then, for
 *   the button that Python made
 */
export function buildRefill(filled) {
  let asked = false;
  function ask() {
    asked = true;
    const press = () => asked && document.getElementById(REFILL)?.click();
    for (const after of SETTLING) setTimeout(press, after); // until gradio listens
    if (filled.tab) openTab(`inpaint_anything_tab_${filled.tab}`);
  }
  function refill(/** @type {unknown[]} */ now) {
    asked = false;
    return filled.all(now);
  }
  return { ask, refill };
}

/** The field of a form. @param {string} form @param {string} name @returns {HTMLElement|null} */
function field(form, name) {
  return document.getElementById(`inpaint_anything_${form}_${name.replaceAll(".", "_")}`);
}

/**
 * Show the values that the document holds; a field that is being used is left alone.
 * @param {string} form @param {string[]} names  of the fields @param {Values} values
 */
function fillForm(form, names, values) {
  for (const name of names) {
    const value = values[name] ?? 0;
    const shown = field(form, name);
    if (!shown || shown.contains(document.activeElement)) continue;
    const input = (/** @type {string} */ type) =>
      /** @type {HTMLInputElement | null} */ (shown.querySelector(`input[type=${type}]`));
    const box = input("checkbox");
    if (box) {
      if (box.checked !== Boolean(value)) box.click();
      continue;
    }
    const number = input("number") ?? input("range");
    if (number) putNumber(number, Number(value));
  }
}

/**
 * Give a field of an action another number, unless it has been given one or a person is at it.
 * @param {string} form @param {string} name @param {number} value @param {number} before  what it has as long as nobody did
 * @returns {boolean} whether it has the value now
 */
export function setNumber(form, name, value, before) {
  const shown = field(form, name);
  const number = /** @type {HTMLInputElement | null | undefined} */ (shown?.querySelector("input[type=number]"));
  if (!shown || !number || shown.contains(document.activeElement) || Number(number.value) !== before) return false;
  putNumber(number, value);
  return true;
}

/**
 * Follows which fields of a form are used, by a person or by the page.
 * @param {HTMLElement} root  what it is in @param {string} form @param {string[]} names  of its fields
 * @param {string[]} kinds  of events @param {(name: string) => void} use
 */
export function followUse(root, form, names, kinds, use) {
  const touch = (/** @type {Event} */ { target }) => {
    if (!(target instanceof Node)) return;
    for (const name of names) if (field(form, name)?.contains(target)) use(name);
  };
  for (const kind of kinds) root.addEventListener(kind, touch, { capture: true });
}

/** @param {HTMLInputElement} input @param {number} value */
function putNumber(input, value) {
  if (input.value === String(value)) return;
  input.value = String(value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * Tell once more of what a person gave before gradio listened, which the document therefore has not.
 * @param {string} form @param {Iterable<string>} names  of the fields that a person used @param {Values} values
 */
function tellAgain(form, names, values) {
  for (const name of names) {
    const shown = field(form, name);
    const box = /** @type {HTMLInputElement | null | undefined} */ (shown?.querySelector("input[type=checkbox]"));
    const number = /** @type {HTMLInputElement | null | undefined} */ (shown?.querySelector("input[type=number], input[type=range]"));
    if (box && box.checked !== Boolean(values[name])) box.dispatchEvent(new Event("change", { bubbles: true }));
    if (!box && number && number.value !== String(values[name] ?? 0)) number.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/**
 * A form that may be made when it is first seen, as gradio 6 does: it is then filled with the document's values.
 *
 * On a slow machine gradio announces such a form's first values, as if a person had given them, after it was filled; and
 * what a person gives is announced so late that it would be taken for one of these: it is left to stand.
 * @param {HTMLElement} root  what it is in @param {string} form @param {string[]} names  of all its fields
 * @param {() => Values} values
 * @returns {{sync: () => void, look: () => void, isUsed: () => boolean}} look: to be called when the page has changed;
 *   isUsed: whether a person has done something in it, so that what gradio says of it counts
 */
export function lateForm(root, form, names, values) {
  const isThere = () => names.length > 0 && Boolean(field(form, names[0]));
  let there = isThere();
  let filling = false;
  /** @type {Set<string>} The fields that a person has used since it was made. */
  const used = new Set();
  function sync(/** @type {string[]} */ some) {
    filling = true;
    fillForm(form, some, values());
    filling = false;
  }
  function look() {
    const before = there;
    there = isThere();
    if (!there || before) return;
    used.clear();
    const settle = () => {
      sync(names.filter((name) => !used.has(name)));
      tellAgain(form, used, values());
    };
    for (const after of SETTLING) setTimeout(settle, after);
  }
  followUse(root, form, names, ["input", "change", "click"], (name) => !filling && used.add(name));
  return { sync: () => sync(names), look, isUsed: () => used.size > 0 };
}

const CLOSING = 100; // milliseconds that a list of options has to close by itself

/**
 * Closes a list of options that is left by Tab or by a click elsewhere, which that of gradio 6 is not by itself.
 * @param {HTMLElement} root  what it is in
 */
export function closeLists(root) {
  root.addEventListener("focusout", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.getAttribute("role") !== "combobox") return;
    setTimeout(() => {
      if (target === document.activeElement || target.getAttribute("aria-expanded") !== "true") return;
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })); // gradio listens further up
    }, CLOSING);
  });
}
