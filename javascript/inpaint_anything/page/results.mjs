/**
 * The results: a strip of them, the one that is looked at in the place of the picture, and what can be done with it, or
 * else with the one that is the picture.
 *
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {import("../session/workspace.mjs").Result} Result
 * @typedef {import("./resultbar.mjs").Workspace} Workspace
 * @typedef {import("./resultbar.mjs").Around} Around
 */

import { actionName, buildCompare } from "./compare.mjs";
import { t } from "../words.mjs";
import { make, show } from "./dom.mjs";
import { buildResultBar } from "./resultbar.mjs";

/**
 * @param {Workspace} workspace @param {Around} around @param {() => void} changed  told when another result is looked at
 */
export function buildResults(workspace, around, changed) {
  const compare = buildCompare();
  const overlay = make("div", { class: "ia-overlay", hidden: true }, compare.element);
  const list = make("div", { class: "ia-strip-list", role: "list" });
  const strip = make("section", { class: "ia-strip", "aria-label": t("Results"), hidden: true }, list);
  /** By the results' ids. @type {Map<string, ReturnType<typeof buildCard>>} */
  const cards = new Map();
  /** The id of the result that is looked at, or null while the canvas is. @type {string | null} */
  let shown = null;
  /** That was looked at last. @type {string | null} */
  let last = null;
  /** The picture that is open. @type {State["image"]} */
  let image = null;

  const find = (/** @type {string | null} */ id) => workspace.state.results.find((result) => result.id === id);
  const current = () => find(shown ?? workspace.state.current);
  const bar = buildResultBar(workspace, around, { current, compare: toggle, look, close });

  /** @param {string} id @param {boolean} [line]  between before and after */
  function open(id, line = false) {
    const result = find(id);
    if (!result) return;
    shown = last = id;
    compare.show(result, line);
    changed();
  }
  function close() {
    shown = null;
    changed();
  }
  /** Before and after with a line between them, or the picture again. */
  function toggle() {
    const results = workspace.state.results;
    if (shown !== null && compare.lined) return close();
    const wanted = find(shown ?? workspace.state.current ?? last) ?? results.at(-1);
    if (wanted) open(wanted.id, true);
  }
  /** Shows what was before, while it is held. @param {boolean} on */
  function look(on) {
    if (shown === null) return workspace.look(on);
    return compare.look(on);
  }

  /** @param {State} state */
  function update(state) {
    const isOther = state.image !== image; // also where the same file was opened again
    image = state.image;
    if (isOther || !find(shown)) shown = null; // another picture has come, or the result was dropped
    show(overlay, shown !== null);
    show(strip, state.results.length > 0);
    bar.update(state, shown, compare.lined);
    for (const [id, card] of cards) {
      if (state.results.some((result) => result.id === id)) continue;
      card.element.remove();
      cards.delete(id);
    }
    state.results.forEach((result, index) => {
      const card = cards.get(result.id) ?? buildCard(result, () => (shown === result.id ? close() : open(result.id)));
      cards.set(result.id, card);
      card.button.setAttribute("aria-pressed", String((shown ?? state.current) === result.id));
      if (list.children[index] !== card.element) list.insertBefore(card.element, list.children[index] ?? null);
    });
  }
  const { save, keep, copy, again } = bar;
  return {
    strip, overlay, bar: bar.element, get comparing() { return shown !== null; }, get lined() { return shown !== null && compare.lined; },
    toggle, look, close, open, save, keep, copy, again, update,
  };
}

/** @param {Result} result @param {() => void} onclick */
function buildCard(result, onclick) {
  const name = result.name || actionName(result.action);
  const button = make("button", { type: "button", class: "ia-card", title: name, on: { click: onclick } },
    make("img", { src: result.url, alt: "", loading: "lazy", draggable: false }),
    make("span", { text: actionName(result.action) }));
  return { element: make("div", { role: "listitem" }, button), button };
}
