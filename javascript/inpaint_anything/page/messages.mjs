/**
 * What is told, as cards over the lower edge of the picture; said aloud by screen readers too. There is one of each kind: a
 * newer one takes its place. Good news go after a moment, an error when something has succeeded, or in a while.
 */

import { t } from "../words.mjs";
import { iconButton, make } from "./dom.mjs";
import { icon } from "./icons.mjs";
import { MISSING } from "./models.mjs";

/** @typedef {"error" | "info" | "done"} Kind */

const SHOWN_FOR = { error: 60_000, info: 6000, done: 6000 }; // milliseconds
const ICONS = /** @type {const} */ ({ error: "warning", info: "info", done: "done" });

/** @param {() => void} showModels */
export function buildMessages(showModels) {
  const element = make("div", { class: "ia-messages", "aria-live": "polite" });
  /** @type {Map<Kind, HTMLElement>} */
  const cards = new Map();

  /** @param {Kind} kind @param {string} text */
  function say(kind, text) {
    cards.get(kind)?.remove();
    const card = make("div", { class: `ia-message ia-${kind}`, role: kind === "error" ? "alert" : "status" },
      icon(ICONS[kind]), make("span", { text: t(text) }),
      MISSING.test(text) ? iconButton("models", t("Models"), showModels, { text: true }) : null,
      iconButton("close", t("Dismiss"), () => card.remove()));
    cards.set(kind, card);
    element.append(card);
    setTimeout(() => card.remove(), SHOWN_FOR[kind]);
  }
  /** Something has succeeded: what went wrong before has been got over. */
  const clear = () => cards.get("error")?.remove();
  return { element, say, clear };
}
