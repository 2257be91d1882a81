/**
 * The row of tools above the picture, and the brush's size, which floats over it.
 *
 * @typedef {import("../session/workspace.mjs").Workspace} Workspace
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {{colour: string, opacity: number}} Appearance
 */

import { t } from "../words.mjs";
import { iconButton, make, pickFiles, show, write } from "./dom.mjs";
import { icon } from "./icons.mjs";

export const PICTURES = "image/png,image/jpeg,image/webp,image/bmp,image/tiff,.png,.jpg,.jpeg,.webp,.bmp,.tif,.tiff";
const MAX_RADIUS = 256; // pixels of the screen

/**
 * The tools, which are called as their icons, and their keys.
 * @returns {[import("../input/tools.mjs").ToolName, string, string][]}
 */
const TOOLS = () => [
  ["point", t("Point: click a thing to select it"), "P"],
  ["box", t("Box: drag around a thing"), "X"],
  ["brush", t("Brush: paint what to select"), "B"],
  ["lasso", t("Lasso: draw around what to select"), "L"],
  ["eraser", t("Deselect: paint over what to leave out"), "E"],
  ["pan", t("Move the picture"), "H"],
];

/**
 * @param {Workspace} workspace
 * @param {{open: (files: File[]) => void, help: () => void, appearance: Appearance}} actions
 */
export function buildToolbar(workspace, actions) {
  const tools = TOOLS().map(([name, label, key]) => {
    const button = iconButton(name, label, () => workspace.setTool(name), { key });
    return { name, button: name === "pan" ? extra(button) : button };
  });
  const everything = iconButton("everything", t("Everything: show all things, to click"), () => workspace.showSegments(!workspace.state.segments), { key: "A" });
  const undo = iconButton("undo", t("Undo"), () => workspace.undo(), { key: "Ctrl+Z" });
  const redo = iconButton("redo", t("Redo"), () => workspace.redo(), { key: "Ctrl+Y" });
  const clear = iconButton("trash", t("Clear the selection"), () => workspace.clear());
  const fit = iconButton("fit", t("Fit the picture into view"), () => workspace.fit(), { key: "F" });
  const once = iconButton("once", t("Remove at once: what you paint or click goes without a button"), () => workspace.setOnce(!workspace.state.once));
  const find = buildFind(workspace);
  const text = iconButton("text", t("Find text"), () => workspace.findText());
  const subject = iconButton("subject", t("Subject: select what the picture is of"), () => workspace.findSubject());
  const open = iconButton("open", t("Open"), () => pickFiles({ accept: PICTURES, multiple: true }, actions.open), { text: true, class: "ia-open" });
  open.title = t("Open a picture, or several");

  const more = iconButton("more", t("More tools"), () => {
    more.setAttribute("aria-expanded", String(bar.classList.toggle("ia-all")));
  });
  more.setAttribute("aria-expanded", "false");

  const bar = make("div", { class: "ia-toolbar", role: "toolbar", "aria-label": t("Tools") },
    group(open),
    make("div", { class: "ia-group", role: "group", "aria-label": t("Tool") }, ...tools.map(({ button }) => button)),
    group(undo, redo, extra(clear)),
    extra(group(once)),
    extra(group(everything, find.element, text, subject)),
    extra(group(fit, buildAppearance(workspace, actions.appearance))),
    extra(make("div", { class: "ia-group ia-end" }, iconButton("help", t("Keys and help"), actions.help, { key: "?" }))),
    make("div", { class: "ia-group ia-end ia-more" }, more)
  );
  const brush = buildBrush(workspace);

  /** @param {State} state @param {boolean} comparing */
  function update(state, comparing) {
    for (const { name, button } of tools) {
      button.setAttribute("aria-pressed", String(state.tool === name));
      button.disabled = !state.image;
    }
    everything.setAttribute("aria-pressed", String(state.segments));
    once.setAttribute("aria-pressed", String(state.once));
    everything.disabled = find.input.disabled = text.disabled = subject.disabled = fit.disabled = !state.image;
    undo.disabled = !state.canUndo;
    redo.disabled = !state.canRedo;
    clear.disabled = state.objects.length === 0;
    brush.update(state, comparing);
  }
  return { bar, brush: brush.element, update };
}

/** Not seen in a narrow window, until more is asked for. @template {HTMLElement} Element @param {Element} element */
function extra(element) {
  element.classList.add("ia-extra");
  return element;
}

/** @param {...HTMLElement} children */
function group(...children) {
  return make("div", { class: "ia-group" }, ...children);
}

/** The field "Find by name"; Enter looks. @param {Workspace} workspace */
function buildFind(workspace) {
  const input = make("input", {
    type: "search", class: "ia-find", placeholder: t("Find by name"), "aria-label": t("Find things by name"),
    title: t("What to look for, such as: the red car. Enter finds it"), maxLength: 1000,
    on: {
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" || event.isComposing) return; // while a Chinese word is composed, Enter ends the word
        event.preventDefault();
        event.stopPropagation();
        if (input.value.trim()) workspace.find(input.value.trim());
      },
    },
  });
  return { element: make("label", { class: "ia-find-field" }, icon("find"), input), input };
}

/** @param {Workspace} workspace @param {Appearance} start */
function buildAppearance(workspace, start) {
  const appearance = { ...start };
  const set = (/** @type {Partial<Appearance>} */ change) => workspace.setAppearance(Object.assign(appearance, change));
  const colour = make("input", {
    type: "color", value: start.colour, title: t("Colour of the mask"), "aria-label": t("Colour of the mask"),
    on: { input: () => set({ colour: colour.value }) },
  });
  const opacity = make("input", {
    type: "range", class: "ia-range", min: 0.1, max: 1, step: 0.05, value: start.opacity,
    title: t("Opacity of the mask"), "aria-label": t("Opacity of the mask"),
    on: { input: () => set({ opacity: Number(opacity.value) }) },
  });
  return make("div", { class: "ia-appearance" }, make("span", { class: "ia-swatch" }, colour), opacity);
}

/**
 * The brush's size, over the picture's corner so that nothing moves when it comes and goes.
 * @param {Workspace} workspace
 */
function buildBrush(workspace) {
  const number = make("output", { class: "ia-number" });
  // Sizes are felt as ratios: the slider's middle is the geometric one.
  const slider = make("input", {
    type: "range", class: "ia-range", min: 0, max: 1, step: 0.005, "aria-label": t("Brush size"), title: t("Brush size ([ and ], or Alt and the wheel)"),
    on: { input: () => workspace.setBrushRadius(MAX_RADIUS ** Number(slider.value)) },
  });
  const element = make("div", { class: "ia-float ia-brush" }, make("span", { class: "ia-dot" }), slider, make("span", { class: "ia-dot ia-dot-large" }), number);
  /** @param {State} state @param {boolean} comparing */
  function update(state, comparing) {
    show(element, Boolean(state.image) && !comparing && ["brush", "eraser"].includes(state.tool));
    if (document.activeElement !== slider) slider.value = String(Math.log(Math.max(1, state.brushRadius)) / Math.log(MAX_RADIUS));
    const words = t("{n} px", { n: Math.round(state.brushRadius * 2) });
    slider.setAttribute("aria-valuetext", words);
    write(number, words);
  }
  return { element, update };
}
