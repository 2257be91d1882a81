/** Pictures that are dropped on the page or pasted. */

import { t } from "../words.mjs";

/**
 * @param {HTMLElement} root  our tab @param {() => boolean} isSeen  whether it is shown, with nothing over it
 * @param {(source: File | string, name: string) => void} open @param {import("./status.mjs").Say} say
 */
export function takePictures(root, isSeen, open, say) {
  let depth = 0; // dragenter and dragleave come for each element that is crossed
  const mark = (/** @type {boolean} */ over) => root.classList.toggle("ia-dropping", over);
  const reset = () => mark((depth = 0) > 0);

  /** @type {{[event: string]: (data: DataTransfer) => void}} */
  const listeners = {
    dragenter: () => mark(++depth > 0),
    dragleave: () => mark(--depth > 0),
    dragover: (data) => (data.dropEffect = "copy"),
    drop: (data) => {
      reset();
      take(data);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    root.addEventListener(name, (event) => {
      const { dataTransfer: data } = /** @type {DragEvent} */ (event);
      if (!data || !carriesPicture(data)) return;
      event.preventDefault();
      event.stopPropagation(); // the WebUI would put it into a prompt
      listener(data);
    });
  }
  window.addEventListener("paste", (event) => {
    const { clipboardData: data, target } = event;
    if (!data || !isSeen() || !pictureIn(data)) return;
    if (/** @type {Element} */ (target).closest?.("textarea, input") && data.types.includes("text/plain")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take(data);
  }, true);

  /** @param {DataTransfer} data */
  function take(data) {
    const file = pictureIn(data) ?? data.files[0];
    if (file) return open(file, file.name);
    const url = data.getData("text/uri-list") || data.getData("text/plain");
    if (/^(https?|data|blob):/.test(url)) return open(url, "");
    say("error", t("This is no picture."));
  }
}

/** @param {DataTransfer} data @returns {File | null} */
function pictureIn(data) {
  return [...data.files].find((file) => file.type.startsWith("image/")) ?? null;
}

/** A file, or a picture dragged from a page. Text that is dragged into a prompt is none. @param {DataTransfer} data */
function carriesPicture(data) {
  return data.types.includes("Files") || data.types.includes("text/uri-list");
}
