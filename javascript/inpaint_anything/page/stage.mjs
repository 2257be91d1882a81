/** What is in the place of the picture: the canvas, what is there before a picture is, and the live preview. */

import { t } from "../words.mjs";
import { iconButton, make, pickFiles, show } from "./dom.mjs";
import { icon } from "./icons.mjs";
import { PICTURES } from "./toolbar.mjs";

/** The canvas's place. That it has the focus is shown to those who came by keyboard, and not after each shortcut. */
export function buildPlace() {
  const place = make("div", { class: "ia-canvas", tabIndex: 0, role: "application", "aria-label": t("The picture") });
  place.addEventListener("focus", () => place.classList.toggle("ia-focus", place.matches(":focus-visible")));
  place.addEventListener("blur", () => place.classList.remove("ia-focus"));
  return place;
}

/** What is there before a picture is. @param {boolean} webui  whether there is one @param {(files: File[]) => void} open */
export function buildEmpty(webui, open) {
  const choose = iconButton("open", t("Choose a picture"), () => pickFiles({ accept: PICTURES, multiple: true }, open), { text: true, class: "ia-primary" });
  const folder = iconButton("folder", t("Choose a folder"), () => pickFiles({ webkitdirectory: true }, open), { text: true });
  return make("div", { class: "ia-empty" },
    icon("picture"),
    make("p", { text: t("Drop a picture here, paste it, or choose a file.") }),
    make("div", { class: "ia-actions" }, choose, folder),
    webui ? make("p", { class: "ia-quiet", text: t("Or send one from txt2img, img2img, Extras or PNG Info.") }) : null);
}

/** The live preview of sampling, in a corner of the canvas. */
export function buildPreview() {
  const image = make("img", { alt: t("Live preview") });
  const element = make("div", { class: "ia-preview", hidden: true }, image);

  /** @param {string | null | undefined} url  of the picture, where there is one @param {boolean} comparing */
  function update(url, comparing) {
    show(element, Boolean(url) && !comparing);
    if (url && image.getAttribute("src") !== url) image.src = url;
  }
  return { element, update };
}
