/**
 * The WebUI's page: its galleries, tabs and fields, as A1111 1.10.1 and Forge have them.
 *
 * @typedef {import("../page/host.mjs").Host} Host
 * @typedef {import("../page/host.mjs").Files} Files
 */

import { iconButton, isShown, openTab } from "../page/dom.mjs";
import { t } from "../words.mjs";
import { promptsIn } from "./prompts.mjs";
import { $, FORGE_CANVAS, fillScript, pictureIn, put, setSize, tick, until } from "./fields.mjs";

const GALLERIES = ["txt2img", "img2img", "extras"];
const SCRIPT = { title: "Inpaint Anything: point mask", id: "script_inpaint_anything_point_mask_" };

/**
 * The WebUI around us; null where there is none.
 * @param {string} kind  a1111, forge or standalone @param {HTMLElement} root  our tab @returns {Host | null}
 */
export function findWebui(kind, root) {
  if (kind === "standalone" || !$("#tabs")) return null;
  return {
    webui: true,
    pictureTargets,
    maskTargets,
    send: (target, files) => SEND[target](files),
    skip: () => $("#img2img_skip")?.click(),
    covers: () => [...document.querySelectorAll("#lightboxModal, .global-popup")].some(isShown),
    addButtons: (open) => addButtons(root, open),
  };
}

/** Those of which the field is there. @template {{field: string}} Target @param {Target[]} all */
const present = (all) => all.filter((target) => $(target.field));

/** Where a picture can be sent. */
function pictureTargets() {
  return present([
    { name: "img2img", label: t("Send to img2img"), field: "#img2img_image" },
    { name: "inpaint", label: t("Send to inpaint"), field: "#img2maskimg" },
    { name: "extras", label: t("Send to extras"), field: "#extras_image" },
  ]);
}

/** Where a picture and what is selected in it can be sent. */
function maskTargets() {
  const told = t("The picture and its mask were sent.");
  const pointed = t("The picture and what points at things in it were sent. The script makes the mask anew.");
  return present([
    { name: "upload", label: t("Send to img2img, Inpaint upload"), field: "#img_inpaint_mask", told },
    { name: "script", label: t("Send to img2img, point mask script"), field: `#${SCRIPT.id}points`, told: pointed },
    { name: "controlnet", label: t("Send to ControlNet in txt2img"), field: CONTROLNET.image, told },
  ]);
}

const CONTROLNET = {
  image: "[id='txt2img_controlnet_ControlNet-0_input_image']",
  mask: "[id='txt2img_controlnet_ControlNet-0_mask_image']",
  useMask: "[id='txt2img_controlnet_ControlNet-0_controlnet_mask_upload_checkbox'] input",
  enable: "[id='txt2img_controlnet_ControlNet-0_controlnet_enable_checkbox'] input",
};

/** @type {{[target: string]: (files: Files) => Promise<void>}} */
const SEND = {
  async img2img({ image }) {
    openImg2img("img2img_img2img_tab");
    await setSize(image);
    await put("#img2img_image", image, "image.png");
  },
  async inpaint({ image }) {
    openImg2img("img2img_inpaint_tab");
    await setSize(image);
    await put("#img2maskimg", image, "image.png");
  },
  async upload({ image, mask }) {
    openImg2img("img2img_inpaint_upload_tab");
    await setSize(image);
    await put("#img_inpaint_base", image, "image.png");
    if (mask) await put("#img_inpaint_mask", mask, "mask.png");
  },
  async script({ image, pointing }) {
    openImg2img("img2img_img2img_tab");
    await setSize(image);
    await put("#img2img_image", image, "image.png");
    if (pointing) await fillScript(SCRIPT.title, SCRIPT.id, pointing);
  },
  async extras({ image }) {
    openTab("tab_extras");
    $("#mode_extras button")?.click();
    await put("#extras_image", image, "image.png");
  },
  async controlnet({ image, mask }) {
    openTab("tab_txt2img");
    unfold($(CONTROLNET.image));
    tick(CONTROLNET.enable);
    if (tick(CONTROLNET.useMask)) {
      const input = await until(() => $(`${CONTROLNET.mask} input[type=file]`));
      // Forge's server now fills the mask's field with an empty one, which would come after ours
      if (input.matches(FORGE_CANVAS)) await until(() => pictureIn(CONTROLNET.mask));
    }
    await put(CONTROLNET.image, image, "image.png");
    if (mask) await put(CONTROLNET.mask, mask, "mask.png");
  },
};

/** Open the accordion that something is in. @param {HTMLElement | null} content */
function unfold(content) {
  const accordion = content?.closest(".gradio-accordion:not(.input-accordion)");
  /** @type {HTMLElement | null | undefined} */ (accordion?.querySelector(":scope > .label-wrap:not(.open)"))?.click();
}

/** @param {string} tab */
function openImg2img(tab) {
  openTab("tab_img2img");
  openTab(tab);
}

/**
 * "Send to Inpaint Anything" beside the WebUI's own buttons.
 * @param {HTMLElement} root @param {Parameters<Host["addButtons"]>[0]} open
 */
function addButtons(root, open) {
  const label = t("Send to Inpaint Anything");
  /** @param {() => HTMLElement | null} find @param {() => import("../page/host.mjs").Prompts | null} told */
  const take = (find, told) => async () => {
    const image = /** @type {HTMLImageElement | null} */ (find());
    const prompts = told(); // while it is seen: what is not has no lines
    openTab(root.closest(".tabitem")?.id ?? "");
    await open(image?.src ?? null, prompts);
  };
  for (const tab of GALLERIES) {
    addAfter($(`#${tab}_send_to_extras`), `${tab}_send_to_inpaint_anything`, () => iconButton("point", label, take(() => galleryImage(tab), () => galleryPrompts(tab))));
  }
  const buttons = [...document.querySelectorAll("#tab_pnginfo button[id$=_tab]")];
  addAfter(buttons.at(-1) ?? null, "inpaint_anything_from_pnginfo", () => {
    const button = document.createElement("button");
    button.textContent = label;
    button.addEventListener("click", take(() => $("#pnginfo_image img"), pngInfoPrompts));
    return button;
  });
}

/** @param {Element | null} sibling @param {string} id @param {() => HTMLButtonElement} build */
function addAfter(sibling, id, build) {
  if (!sibling || document.getElementById(id)) return;
  const button = build();
  button.id = id;
  button.type = "button";
  button.className = sibling.className;
  button.querySelector("svg")?.setAttribute("style", "flex:none;width:1.25em;height:1.25em;fill:none;stroke:currentColor;stroke-width:1.6");
  sibling.after(button);
}

/**
 * The picture that is chosen in a gallery, else the first. Thumbnails there are the files at full size.
 * @param {string} tab
 */
function galleryImage(tab) {
  const gallery = `#${tab}_gallery`;
  return $(`${gallery} .thumbnail-item.selected img`) ?? $(`${gallery} .thumbnail-item img`) ?? $(`${gallery} img`);
}

/**
 * The prompts of that picture; where nothing is told of it, those that the tab holds.
 * @param {string} tab
 */
function galleryPrompts(tab) {
  const typed = (/** @type {string} */ name) => /** @type {HTMLTextAreaElement | null} */ ($(`#${tab}_${name} textarea`))?.value;
  const [prompt, negative_prompt] = [typed("prompt"), typed("neg_prompt")];
  const found = promptsIn($(`#html_info_${tab}`)?.innerText ?? "");
  return found ?? (prompt === undefined ? null : { prompt, negative_prompt: negative_prompt ?? "" });
}

/** The prompts of the picture in PNG Info. */
function pngInfoPrompts() {
  const blocks = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#tab_pnginfo .prose"));
  return [...blocks].map((block) => promptsIn(block.innerText)).find(Boolean) ?? null;
}
