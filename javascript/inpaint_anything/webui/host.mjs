// The WebUI's page: its galleries, tabs and fields. Only sending.mjs, which fills these in, knows it too. Read in A1111
// 1.10.1 and Forge.

import { iconButton } from "../page/dom.mjs";
import { $, FORGE_CANVAS, fillScript, pictureIn, put, setSize, tick, until } from "./sending.mjs";
import { t } from "../words.mjs";

const GALLERIES = ["txt2img", "img2img", "extras"];
const SCRIPT = { title: "Inpaint Anything: point mask", id: "script_inpaint_anything_point_mask_" };

/**
 * What the page around us can take and give.
 * @param {string} kind a1111, forge or standalone
 * @param {HTMLElement} root our tab
 */
export function findHost(kind, root) {
  const webui = kind !== "standalone" && Boolean($("#tabs"));
  return {
    webui,
    pictureTargets: () => (webui ? pictureTargets() : []),
    maskTargets: () => (webui ? maskTargets() : []),
    send: (name, files) => SEND[name](files),
    addButtons: (open) => webui && addButtons(root, open),
  };
}

/** Where a picture can be sent: {name, label}. */
function pictureTargets() {
  const all = [
    { name: "img2img", label: t("Send to img2img"), field: "#img2img_image" },
    { name: "inpaint", label: t("Send to inpaint"), field: "#img2maskimg" },
    { name: "extras", label: t("Send to extras"), field: "#extras_image" },
  ];
  return all.filter((target) => $(target.field));
}

/** Where a picture and what is selected in it can be sent: {name, label, told}. */
function maskTargets() {
  const told = t("The picture and its mask were sent.");
  const pointed = t("The picture and what points at things in it were sent. The script makes the mask anew.");
  const all = [
    { name: "upload", label: t("Send to img2img, Inpaint upload"), field: "#img_inpaint_mask", told },
    { name: "script", label: t("Send to img2img, point mask script"), field: `#${SCRIPT.id}points`, told: pointed },
    { name: "controlnet", label: t("Send to ControlNet in txt2img"), field: CONTROLNET.image, told },
  ];
  return all.filter((target) => $(target.field));
}

const CONTROLNET = {
  image: "[id='txt2img_controlnet_ControlNet-0_input_image']",
  mask: "[id='txt2img_controlnet_ControlNet-0_mask_image']",
  useMask: "[id='txt2img_controlnet_ControlNet-0_controlnet_mask_upload_checkbox'] input",
  enable: "[id='txt2img_controlnet_ControlNet-0_controlnet_enable_checkbox'] input",
};

const SEND = {
  async img2img({ image }) {
    openImg2img("#img2img_img2img_tab");
    await setSize(image);
    await put("#img2img_image", image, "image.png");
  },
  async inpaint({ image }) {
    openImg2img("#img2img_inpaint_tab");
    await setSize(image);
    await put("#img2maskimg", image, "image.png");
  },
  async upload({ image, mask }) {
    openImg2img("#img2img_inpaint_upload_tab");
    await setSize(image);
    await put("#img_inpaint_base", image, "image.png");
    await put("#img_inpaint_mask", mask, "mask.png");
  },
  async script({ image, pointing }) {
    openImg2img("#img2img_img2img_tab");
    await setSize(image);
    await put("#img2img_image", image, "image.png");
    await fillScript(SCRIPT.title, SCRIPT.id, pointing);
  },
  async extras({ image }) {
    openTab($("#tab_extras"));
    $("#mode_extras button")?.click();
    await put("#extras_image", image, "image.png");
  },
  async controlnet({ image, mask }) {
    openTab($("#tab_txt2img"));
    unfold($(CONTROLNET.image));
    tick(CONTROLNET.enable);
    if (tick(CONTROLNET.useMask)) {
      const input = await until(() => $(`${CONTROLNET.mask} input[type=file]`));
      // Forge's server now fills the mask's field with an empty one, which would come after ours
      if (input.matches(FORGE_CANVAS)) await until(() => pictureIn(CONTROLNET.mask));
    }
    await put(CONTROLNET.image, image, "image.png");
    await put(CONTROLNET.mask, mask, "mask.png");
  },
};

/** Open the accordion that something is in. */
function unfold(content) {
  content?.closest(".gradio-accordion:not(.input-accordion)")?.querySelector(":scope > .label-wrap:not(.open)")?.click();
}

/** Show a tab by its content, among all of its row: the order differs between hosts and settings. */
function openTab(content) {
  const row = content?.parentElement;
  if (!row) return;
  const named = document.getElementById(`${content.id}-button`); // gradio 4
  const contents = [...row.children].filter((child) => child.classList.contains("tabitem"));
  (named ?? row.querySelectorAll(":scope > .tab-nav button")[contents.indexOf(content)])?.click();
}

function openImg2img(tab) {
  openTab($("#tab_img2img"));
  openTab($(tab));
}

/** "Send to Inpaint Anything" beside the WebUI's own buttons. */
function addButtons(root, open) {
  const label = t("Send to Inpaint Anything");
  const take = (find) => async () => {
    const image = find();
    openTab(root.closest(".tabitem"));
    await open(image?.src ?? null);
  };
  for (const tab of GALLERIES) {
    addAfter($(`#${tab}_send_to_extras`), `${tab}_send_to_inpaint_anything`, () => iconButton("point", label, take(() => galleryImage(tab))));
  }
  const buttons = [...document.querySelectorAll("#tab_pnginfo button[id$=_tab]")];
  addAfter(buttons[buttons.length - 1], "inpaint_anything_from_pnginfo", () => {
    const button = document.createElement("button");
    button.textContent = t("Send to Inpaint Anything");
    button.addEventListener("click", take(() => $("#pnginfo_image img")));
    return button;
  });
}

function addAfter(sibling, id, build) {
  if (!sibling || document.getElementById(id)) return;
  const button = build();
  button.id = id;
  button.type = "button";
  button.className = sibling.className;
  button.querySelector("svg")?.setAttribute("style", "flex:none;width:1.25em;height:1.25em;fill:none;stroke:currentColor;stroke-width:1.6");
  sibling.after(button);
}

/** The picture that is chosen in a gallery, else the first. Thumbnails there are the files at full size. */
function galleryImage(tab) {
  const gallery = `#${tab}_gallery`;
  return $(`${gallery} .thumbnail-item.selected img`) ?? $(`${gallery} .thumbnail-item img`) ?? $(`${gallery} img`);
}
