// Pictures that are dropped on the page or pasted.

import { seen } from "../input/keys.mjs";
import { t } from "../words.mjs";

/**
 * @param {HTMLElement} root our tab
 * @param {(source: File|string, name: string) => void} open
 * @param {(kind: string, text: string) => void} say
 */
export function takePictures(root, open, say) {
  let depth = 0; // dragenter and dragleave come for each element that is crossed
  const mark = (over) => root.classList.toggle("ia-dropping", over);
  const reset = () => mark((depth = 0) > 0);

  const listeners = {
    dragenter: () => mark(++depth > 0),
    dragleave: () => mark(--depth > 0),
    dragover: (event) => (event.dataTransfer.dropEffect = "copy"),
    drop: (event) => {
      reset();
      take(event.dataTransfer);
    },
  };
  for (const [name, run] of Object.entries(listeners)) {
    root.addEventListener(name, (event) => {
      if (!carriesPicture(event.dataTransfer)) return;
      event.preventDefault();
      event.stopPropagation(); // the WebUI would put it into a prompt
      run(event);
    });
  }
  window.addEventListener("paste", (event) => {
    if (!seen(root) || !pictureIn(event.clipboardData)) return;
    if (event.target.closest?.("textarea, input") && event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take(event.clipboardData);
  }, true);

  function take(data) {
    const file = pictureIn(data) ?? data.files[0];
    if (file) return open(file, file.name);
    const url = data.getData("text/uri-list") || data.getData("text/plain");
    if (/^(https?|data|blob):/.test(url)) return open(url, "");
    say("error", t("This is no picture."));
  }
}

function pictureIn(data) {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;
}

/** A file, or a picture dragged from a page. Text that is dragged into a prompt is none. */
function carriesPicture(data) {
  return Boolean(data) && (data.types.includes("Files") || data.types.includes("text/uri-list"));
}
