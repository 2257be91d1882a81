/**
 * The proposals for the active object, as small pictures: what each would select is bright in them.
 *
 * @typedef {Pick<import("../session/workspace.mjs").Workspace, "choose" | "drawProposals">} Workspace
 * @typedef {import("../session/workspace.mjs").State} State
 */

import { t } from "../words.mjs";
import { make, show } from "./dom.mjs";

const SOON = 150; // milliseconds after a click: the click itself comes first
const SIZE = { width: 104, height: 72 }; // pixels; on the screen half of it

/** @param {Workspace} workspace */
export function buildProposals(workspace) {
  const buttons = [0, 1, 2].map((index) => {
    const picture = make("canvas", { ...SIZE, "aria-hidden": "true" });
    const button = make("button", {
      type: "button", class: "ia-candidate", title: t("Another proposal ({key})", { key: index + 1 }),
      "aria-label": t("Proposal {n}", { n: index + 1 }), on: { click: () => workspace.choose(index) },
    }, picture, make("b", { text: String(index + 1) }));
    return { button, picture };
  });
  const element = make("div", { class: "ia-candidates", role: "group", "aria-label": t("Proposals"), hidden: true }, ...buttons.map(({ button }) => button));
  let drawn = ""; // what they were drawn for
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer = undefined;

  /** @param {State} state @param {boolean} comparing */
  function update(state, comparing) {
    const active = state.objects.find((object) => object.active);
    const scores = active?.scores ?? [];
    show(element, scores.length > 1 && !comparing);
    buttons.forEach(({ button }, index) => {
      show(button, index < scores.length);
      button.setAttribute("aria-pressed", String(active?.candidate === index));
    });
    if (!active || scores.length < 2) return;
    const key = JSON.stringify([state.image?.id, active.id, active.points, active.box, scores]);
    if (key === drawn) return;
    drawn = key;
    clearTimeout(timer);
    timer = setTimeout(() => workspace.drawProposals(buttons.slice(0, scores.length).map(({ picture }) => picture)), SOON);
  }
  return { element, update };
}
