// Filling in the fields of the WebUI's page, as a person does. Used by host.mjs; read in gradio 3.41 and 4.40.

import { t } from "../words.mjs";

const PATIENCE = 15000; // milliseconds until the page has to show what it was given

export const FORGE_CANVAS = ".forge-file-upload"; // the input of a ForgeCanvas
export const $ = (selector) => document.querySelector(selector);

/** Whether an element is on the page and not hidden. @param {string} selector */
const seen = (selector) => ($(selector)?.getClientRects().length ?? 0) > 0;

/** The picture that a field shows, or undefined. */
export const pictureIn = (selector) => [...document.querySelectorAll(`${selector} img`)].find((img) => img.naturalWidth > 0);

/** What `look` finds, as soon as it finds it. @param {() => any} look @param {string} words  said when it never does */
export async function until(look, words = t("The WebUI did not take the picture. Save it and open it there by hand.")) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(words);
}

/** Give a picture field a file, as if it had been chosen there, and wait until the field shows it. */
export async function put(selector, blob, name) {
  const { width, height } = await measure(blob);
  await until(() => $(selector)); // what a checkbox brings is there a moment later
  clearField($(selector));
  const input = await until(() => $(`${selector} input[type=file]`));
  let changed = false; // the same picture may have been there before
  const observer = new MutationObserver(() => (changed = true));
  observer.observe($(selector), { subtree: true, childList: true, attributeFilter: ["src"] });
  const files = new DataTransfer();
  files.items.add(new File([blob], name, { type: blob.type || "image/png" }));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  const shown = (img) => img.complete && img.naturalWidth === width && img.naturalHeight === height;
  await until(() => changed && [...$(selector).querySelectorAll("img")].some(shown)).finally(() => observer.disconnect());
}

/** Take out what a gradio picture field holds: while it holds something it takes no file. */
function clearField(field) {
  if (field.querySelector(FORGE_CANVAS)) return; // takes one at any time
  const named = (what) => [...field.querySelectorAll("button")].find((button) => what.test(button.getAttribute("aria-label") ?? ""));
  (named(/remove/i) ?? named(/clear/i) ?? field.querySelector(".modify-upload button + button"))?.click();
}

/** Width and height of img2img as the picture's, as far as its sliders reach. Before the picture: Forge reads them then. */
export async function setSize(blob) {
  const size = await measure(blob);
  for (const side of ["width", "height"]) {
    const field = $(`#img2img_${side} input[type=number]`);
    if (field && size[side] <= Number(field.max || 2048)) write(field, Math.round(size[side] / 8) * 8);
  }
}

async function measure(blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** Tick a box, or take the tick away. Whether it had to be. */
export function tick(selector, on = true) {
  const box = $(selector);
  if (!box || box.checked === on) return false;
  box.click();
  return true;
}

/** Choose in a dropdown: its options are on the page only while it has the focus. */
async function choose(selector, name) {
  const words = t("The WebUI has no “{name}” to choose.", { name });
  const input = await until(() => $(`${selector} input`), words);
  if (input.value === name) return;
  input.dispatchEvent(new FocusEvent("focus"));
  const options = () => [...document.querySelectorAll(`${selector} [data-testid="dropdown-option"]`)];
  const option = await until(() => options().find((one) => one.getAttribute("aria-label") === name), words);
  option.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
  await until(() => input.value === name, words);
}

/**
 * Choose a script of img2img and fill in its fields.
 * @param {string} title @param {string} id  what its fields' ids begin with
 * @param {Object<string, string | number | boolean>} values  by the fields' names
 */
export async function fillScript(title, id, values) {
  await choose("#img2img_script_container #script_list", title);
  await until(() => seen(`#${id}${Object.keys(values)[0]}`), t("The WebUI has no “{name}” to choose.", { name: title }));
  for (const [name, value] of Object.entries(values)) {
    const field = `#${id}${name}`;
    const line = $(`${field} textarea`) ?? $(`${field} input[type=number]`);
    if (typeof value === "boolean") tick(`${field} input`, value);
    else if (line) write(line, value);
    else await choose(field, value);
  }
}

/** Type a text or a number. */
function write(field, value) {
  field.value = String(value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
