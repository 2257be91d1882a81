/**
 * Pictures that are dropped on the page or pasted; masks too. What is dropped on the place for masks is one, and what is pasted
 * where it is black and white and as large as the picture.
 *
 * @typedef {object} Take  @property {(source: File | string, name: string) => void} open
 * @property {(files: Iterable<File>) => void} list  several, or those of a folder
 * @property {(file: File) => void} mask @property {(file: File) => Promise<boolean>} isMask
 */

import { t } from "../words.mjs";
import { droppedPictures, hasFolder } from "./brought.mjs";

/**
 * @param {HTMLElement} root  our tab @param {() => boolean} isSeen  whether it is shown, with nothing over it
 * @param {Take} on @param {import("./status.mjs").Say} say
 */
export function takePictures(root, isSeen, { open, list, mask, isMask }, say) {
  let depth = 0; // dragenter and dragleave come for each element that is crossed
  const mark = (/** @type {boolean} */ over) => root.classList.toggle("ia-dropping", over);
  const reset = () => mark((depth = 0) > 0);

  /** @type {{[event: string]: (data: DataTransfer, event: DragEvent) => void}} */
  const listeners = {
    dragenter: () => mark(++depth > 0),
    dragleave: () => mark(--depth > 0),
    dragover: (data, event) => {
      data.dropEffect = "copy";
      root.classList.toggle("ia-over-mask", isOn(event, placeForMasks()));
    },
    drop: (data, event) => {
      const file = isOn(event, placeForMasks()) ? pictureIn(data) : null;
      reset();
      if (file) mask(file);
      else take(data);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    root.addEventListener(name, (event) => {
      const { dataTransfer: data } = /** @type {DragEvent} */ (event);
      if (!data || !carriesPicture(data)) return;
      event.preventDefault();
      event.stopPropagation(); // the WebUI would put it into a prompt
      listener(data, /** @type {DragEvent} */ (event));
    });
  }
  window.addEventListener("paste", (event) => {
    const { clipboardData: data, target } = event;
    if (!data || !isSeen() || !pictureIn(data)) return;
    if (/** @type {Element} */ (target).closest?.("textarea, input") && data.types.includes("text/plain")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    paste(data);
  }, true);

  const placeForMasks = () => root.querySelector(".ia-drop-mask");

  /** @param {DataTransfer} data */
  async function paste(data) {
    const file = pictureIn(data);
    if (!file || !(await isMask(file))) return file && open(file, file.name);
    mask(file);
    say("info", t("Taken as a mask: it is black and white, and as large as the picture."));
  }

  /** @param {DataTransfer} data */
  async function take(data) {
    if (hasFolder(data) || data.files.length > 1) return list(await droppedPictures(data));
    const file = pictureIn(data) ?? data.files[0];
    if (file) return open(file, file.name);
    const url = data.getData("text/uri-list") || data.getData("text/plain");
    if (/^(https?|data|blob):/.test(url)) return open(url, "");
    say("error", t("This is no picture."));
  }
}

/** Whether something is dropped on an element that is seen. @param {DragEvent} event @param {Element | null} element */
function isOn({ clientX, clientY }, element) {
  const box = element?.getBoundingClientRect();
  return box !== undefined && box.width > 0 &&
    clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}

/** @param {DataTransfer} data @returns {File | null} */
function pictureIn(data) {
  return [...data.files].find((file) => file.type.startsWith("image/")) ?? null;
}

/** A file, or a picture dragged from a page. Text that is dragged into a prompt is none. @param {DataTransfer} data */
function carriesPicture(data) {
  return data.types.includes("Files") || data.types.includes("text/uri-list");
}
