/**
 * Making elements, in a line each.
 *
 * @typedef {Node | string | null | undefined} Child
 * @typedef {{[name: string]: any}} Attributes  `class`, `text`, `on: {event: listener}`, properties of the element, or
 *   attributes; what is null is left out
 */

import { t } from "../words.mjs";
import { icon } from "./icons.mjs";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Attributes} [attributes] @param {...Child} children @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name in element && !name.startsWith("aria") && name !== "role") Object.assign(element, { [name]: value });
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * A button with an icon, a tooltip that names its key, and a name for those who do not see it.
 * @param {import("./icons.mjs").IconName} name  of the icon @param {string} label  what it does, in the page's language
 * @param {() => void} onclick
 * @param {{key?: string, text?: boolean, class?: string}} [more]  key: its shortcut; text: show the label beside the icon
 */
export function iconButton(name, label, onclick, more = {}) {
  const hint = more.key ? t("{what} ({key})", { what: label, key: more.key }) : label;
  const button = make("button", {
    type: "button",
    class: `ia-button ${more.class ?? ""}`,
    title: hint,
    "aria-label": label,
    "aria-keyshortcuts": more.key?.replace("Ctrl", "Control").replaceAll(" ", "") ?? null,
    on: { click: onclick },
  });
  button.append(icon(name));
  if (more.text) button.append(make("span", { class: "ia-button-text", text: label }));
  return button;
}

/**
 * A button that does something while it is held, by pointer or key.
 * @param {import("./icons.mjs").IconName} name @param {string} label @param {(on: boolean) => void} hold
 * @param {{key?: string, text?: boolean, class?: string}} [more]
 */
export function holdButton(name, label, hold, more = {}) {
  const button = iconButton(name, label, () => {}, more);
  const turn = (/** @type {boolean} */ on) => {
    if ((button.getAttribute("aria-pressed") === "true") === on) return;
    button.setAttribute("aria-pressed", String(on));
    hold(on);
  };
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("pointerdown", (event) => event.button === 0 && turn(true));
  button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && turn(true));
  for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button.addEventListener(name, () => turn(false));
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // what a finger that is held brings
  return button;
}

/** Whether an element has a place on the page: it and what it is in are not hidden. @param {Element} element */
export const isShown = (element) => element.getClientRects().length > 0;

/** Show or hide without taking the element out of the page. @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** Change a text only where it differs: screen readers speak what is set. @param {Node} node @param {string} text */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Save a file on the person's disk. @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000); // the browser reads it after the click
}

/**
 * Held until another file is chosen: an element that is nowhere would be forgotten with its listener.
 * @type {HTMLInputElement | null}
 */
let picker = null;

/** Let the person choose a file. @param {string} accept @param {(file: File) => void} chosen */
export const pickFile = (accept, chosen) => pickFiles({ accept }, ([file]) => file && chosen(file));

/**
 * Let the person choose files, or a folder.
 * @param {{accept?: string, multiple?: boolean, webkitdirectory?: boolean}} how @param {(files: File[]) => void} chosen
 */
export function pickFiles(how, chosen) {
  const input = make("input", { type: "file", ...how });
  input.addEventListener("change", () => chosen([...(input.files ?? [])]));
  picker = input;
  picker.click();
}

/** The element with that id, when it is there. @param {string} id @returns {Promise<HTMLElement>} */
export function present(id) {
  return new Promise((resolve) => {
    const found = () => {
      const element = document.getElementById(id);
      if (element) resolve(element);
      return element !== null;
    };
    if (found()) return;
    const observer = new MutationObserver(() => found() && observer.disconnect());
    observer.observe(document.documentElement, { childList: true, subtree: true });
  });
}

/**
 * Show a tab of gradio's by its content, among all of its row: the order differs between hosts and settings.
 * @param {string} id  of the content, which a later gradio makes when it is first seen
 */
export function openTab(id) {
  const [named, content] = [document.getElementById(`${id}-button`), document.getElementById(id)]; // named: from gradio 4 on
  const row = content?.parentElement;
  const contents = [...(row?.children ?? [])].filter((child) => child.classList.contains("tabitem"));
  const buttons = /** @type {NodeListOf<HTMLElement> | undefined} */ (row?.querySelectorAll(":scope > .tab-nav button"));
  (named ?? (content && buttons?.[contents.indexOf(content)]))?.click();
}

/** Load a style sheet, and wait for it. @param {string} address @returns {Promise<void>} */
export function loadStyle(address) {
  return new Promise((resolve) => {
    document.head.append(make("link", { rel: "stylesheet", href: address, on: { load: resolve, error: resolve } }));
  });
}
