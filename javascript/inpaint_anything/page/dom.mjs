// Making elements, in a line each.

import { icon } from "./icons.mjs";
import { t } from "../words.mjs";

/**
 * An element.
 * @param {string} tag
 * @param {Object<string, any>} [attributes] `class`, `text`, `on: {event: listener}`, properties of the element, or attributes; null is left out
 * @param {...(Node|string|null)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (name in element && !name.startsWith("aria") && name !== "role") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * A button with an icon, a tooltip that names its key, and a name for those who do not see it.
 * @param {string} name of the icon
 * @param {string} label what it does, in the page's language
 * @param {() => void} run
 * @param {{key?: string, text?: boolean, class?: string}} [more] key: its shortcut; text: show the label beside the icon
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, label, run, more = {}) {
  const hint = more.key ? t("{what} ({key})", { what: label, key: more.key }) : label;
  const button = make("button", {
    type: "button",
    class: `ia-button ${more.class ?? ""}`,
    title: hint,
    "aria-label": label,
    "aria-keyshortcuts": more.key?.replace("Ctrl", "Control").replaceAll(" ", "") ?? null,
    on: { click: run },
  });
  button.append(icon(name));
  if (more.text) button.append(make("span", { class: "ia-button-text", text: label }));
  return /** @type {HTMLButtonElement} */ (button);
}

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

/** Let the person choose a file. @param {string} accept @param {(file: File) => void} chosen */
export function pickFile(accept, chosen) {
  const input = make("input", { type: "file", accept });
  input.addEventListener("change", () => input.files[0] && chosen(input.files[0]));
  input.click();
}
