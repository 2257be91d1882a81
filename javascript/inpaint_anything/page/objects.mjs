/**
 * The list of what is selected.
 *
 * @typedef {Pick<import("../session/workspace.mjs").Workspace, "newObject" | "activate" | "toggle" | "remove" | "highlight">} Workspace
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {import("../session/editing.mjs").Listed} Listed
 */

import { t } from "../words.mjs";
import { iconButton, make, show, write } from "./dom.mjs";
import { icon } from "./icons.mjs";

const ICONS = /** @type {const} */ ({ prompts: "point", text: "find", everything: "everything", brush: "brush" });

/**
 * @param {HTMLElement} container @param {Workspace} workspace
 * @returns {(state: State) => void} to be called with each new state
 */
export function buildObjects(container, workspace) {
  const list = make("ul", { class: "ia-list", "aria-label": t("Objects") });
  const empty = make("p", { class: "ia-note" });
  const area = make("span", { class: "ia-quiet" });
  const add = iconButton("plus", t("New object"), () => workspace.newObject(), { key: "N", text: true });
  const panel = make("section", { class: "ia-panel ia-objects" },
    make("header", {}, make("h3", { text: t("Objects") }), area, add), list, empty);
  container.replaceChildren(panel);
  /** By the objects' ids. @type {Map<number, ReturnType<typeof buildRow>>} */
  const rows = new Map();

  return function update(state) {
    add.disabled = !state.image;
    write(empty, state.image ? t("Nothing is selected yet.") : t("What you select in a picture is listed here."));
    show(empty, state.objects.length === 0);
    write(area, state.image && state.maskArea ? t("{percent} % selected", { percent: percent(state.maskArea, state.image) }) : "");
    for (const [id, row] of rows) {
      if (state.objects.some((object) => object.id === id)) continue;
      row.element.remove();
      workspace.highlight(null);
      rows.delete(id);
    }
    state.objects.forEach((object, index) => {
      const row = rows.get(object.id) ?? buildRow(object.id, workspace);
      rows.set(object.id, row);
      row.update(object);
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
    });
  };
}

/**
 * How much of a picture is selected, with a digit after the point where it is little.
 * @param {number} area @param {{width: number, height: number}} picture
 */
export function percent(area, { width, height }) {
  const value = (100 * area) / (width * height);
  return value >= 10 || value === 0 ? String(Math.round(value)) : value.toFixed(1);
}

/** @param {number} id  of the object @param {Workspace} workspace */
function buildRow(id, workspace) {
  const kind = make("span", { class: "ia-kind" });
  const name = make("span", { class: "ia-name" });
  const score = make("span", { class: "ia-quiet" });
  const choose = make("button", { type: "button", class: "ia-row-main", on: { click: () => workspace.activate(id) } }, kind, name, score);
  const eye = iconButton("eye", t("Show or hide"), () => workspace.toggle(id));
  const remove = iconButton("close", t("Remove from the list"), () => workspace.remove(id), { key: "Delete" });
  const point = (/** @type {number | null} */ to) => () => workspace.highlight(to); // the thing is marked in the picture meanwhile
  const element = make("li", { class: "ia-row", on: { pointerenter: point(id), pointerleave: point(null) } }, choose, eye, remove);
  let drawn = "";

  /** @param {Listed} object */
  function update(object) {
    const icons = `${object.kind} ${object.visible}`;
    if (icons !== drawn) {
      drawn = icons;
      kind.replaceChildren(icon(ICONS[object.kind]));
      eye.replaceChildren(icon(object.visible ? "eye" : "hidden"));
    }
    const words = object.name || t("Object {n}", { n: object.id });
    write(name, words);
    name.title = words;
    const best = object.scores.at(object.candidate);
    write(score, best === undefined ? "" : `${Math.round(best * 100)} %`);
    element.classList.toggle("ia-active", object.active);
    element.classList.toggle("ia-off", !object.visible);
    choose.setAttribute("aria-current", String(object.active));
    eye.setAttribute("aria-pressed", String(!object.visible));
  }
  return { element, update };
}
