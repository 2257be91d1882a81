/** Filling in the fields of the WebUI's page, as a person does. As gradio 3.41 and 4.40 have them. */

import { isShown } from "../page/dom.mjs";
import { t } from "../words.mjs";

const PATIENCE = 15000; // milliseconds until the page has to show what it was given

export const FORGE_CANVAS = ".forge-file-upload"; // the input of a ForgeCanvas

/** @param {string} selector @returns {HTMLElement | null} */
export const $ = (selector) => document.querySelector(selector);
/** @param {string} selector */
const inputOf = (selector) => /** @type {HTMLInputElement | null} */ ($(selector));
/** @param {string} selector */
const imagesIn = (selector) => /** @type {HTMLImageElement[]} */ ([...document.querySelectorAll(`${selector} img`)]);

/** The picture that a field shows, or undefined. @param {string} selector */
export const pictureIn = (selector) => imagesIn(selector).find((image) => image.naturalWidth > 0);

/**
 * What `find` finds, as soon as it does.
 * @template Found @param {() => Found} find @param {string} [words]  said when it never does @returns {Promise<NonNullable<Found>>}
 */
export async function until(find, words = t("The WebUI did not take the picture. Save it and open it there by hand.")) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const found = find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(words);
}

/**
 * Give a picture field a file, as if it had been chosen there, and wait until the field shows it.
 * @param {string} selector @param {Blob} blob @param {string} name  of the file
 */
export async function put(selector, blob, name) {
  const { width, height } = await sizeOf(blob);
  const field = await until(() => $(selector)); // what a checkbox brings is there a moment later
  clearField(field);
  const input = await until(() => inputOf(`${selector} input[type=file]`));
  let changed = false; // the same picture may have been there before
  const observer = new MutationObserver(() => (changed = true));
  observer.observe(field, { subtree: true, childList: true, attributeFilter: ["src"] });
  const files = new DataTransfer();
  files.items.add(new File([blob], name, { type: blob.type || "image/png" }));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  const isIt = (/** @type {HTMLImageElement} */ image) =>
    image.complete && image.naturalWidth === width && image.naturalHeight === height;
  await until(() => changed && imagesIn(selector).some(isIt)).finally(() => observer.disconnect());
}

/** Take out what a gradio picture field holds: while it holds something it takes no file. @param {HTMLElement} field */
function clearField(field) {
  if (field.querySelector(FORGE_CANVAS)) return; // takes one at any time
  const named = (/** @type {RegExp} */ what) =>
    [...field.querySelectorAll("button")].find((button) => what.test(button.getAttribute("aria-label") ?? ""));
  const last = /** @type {HTMLElement | null} */ (field.querySelector(".modify-upload button + button"));
  (named(/remove/i) ?? named(/clear/i) ?? last)?.click();
}

/**
 * Width and height of img2img as the picture's, as far as its sliders reach. Before the picture: Forge reads them then.
 * @param {Blob} blob
 */
export async function setSize(blob) {
  const size = await sizeOf(blob);
  for (const side of /** @type {const} */ (["width", "height"])) {
    const field = inputOf(`#img2img_${side} input[type=number]`);
    if (field && size[side] <= Number(field.max || 2048)) write(field, Math.round(size[side] / 8) * 8);
  }
}

/** @param {Blob} blob */
async function sizeOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** Tick a box, or take the tick away. Whether it had to be. @param {string} selector */
export function tick(selector, on = true) {
  const box = inputOf(selector);
  if (!box || box.checked === on) return false;
  box.click();
  return true;
}

/**
 * Choose in a dropdown: its options are on the page only while it has the focus.
 * @param {string} selector @param {string} name
 */
async function choose(selector, name) {
  const words = t("The WebUI has no “{name}” to choose.", { name });
  const input = await until(() => inputOf(`${selector} input`), words);
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
 * @param {{[field: string]: string | number | boolean}} values
 */
export async function fillScript(title, id, values) {
  await choose("#img2img_script_container #script_list", title);
  const first = () => $(`#${id}${Object.keys(values)[0]}`);
  await until(() => first() && isShown(/** @type {HTMLElement} */ (first())), t("The WebUI has no “{name}” to choose.", { name: title }));
  for (const [name, value] of Object.entries(values)) {
    const field = `#${id}${name}`;
    const line = inputOf(`${field} textarea`) ?? inputOf(`${field} input[type=number]`);
    if (typeof value === "boolean") tick(`${field} input`, value);
    else if (line) write(line, value);
    else await choose(field, String(value));
  }
}

/** Type a text or a number. @param {HTMLInputElement} field @param {string | number} value */
function write(field, value) {
  field.value = String(value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
