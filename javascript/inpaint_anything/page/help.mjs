/** "?": the keys, in a dialog. */

import { t } from "../words.mjs";
import { iconButton, make } from "./dom.mjs";

/** By what they are for: keys, and what they do. @returns {[string, [string, string][]][]} */
const KEYS = () => [
  [t("Select"), [
    ["P", t("Point")], ["X", t("Box")], ["B", t("Brush")], ["L", t("Lasso: draw around what to select")], ["E", t("Deselect: paint over what to leave out")], ["A", t("Everything: show all things, to click")],
    [t("Click"), t("Include")], [t("Right click"), t("Leave out; also Alt or Shift and a click")],
    ["1 2 3", t("Another proposal; Tab steps through them")], ["[ ]", t("Smaller or larger brush; also Alt and the wheel")], ["Shift", t("Brush: a straight line, on from the last stroke")], ["N", t("New object")],
    ["Delete", t("Remove the object from the list")], ["I", t("Invert the mask")],
  ]],
  [t("See"), [
    ["H Space", t("Move the picture")], [t("Wheel"), t("Zoom; two fingers do too")], ["+ -", t("Zoom")], ["F", t("Fit the picture into view")],
    ["PageUp", t("The picture before")], ["PageDown", t("The next picture")],
    ["O", t("Hold to see the original")], ["C", t("Compare before and after")],
  ]],
  [t("Do"), [
    ["R", t("Remove")], ["Shift+R", t("Again with this mask")], ["Ctrl+Enter", t("Do what the open tab says, such as Remove")],
    ["S", t("Download the result; also Ctrl+S")], ["Ctrl+C", t("Copy the result")], ["Ctrl+V", t("Paste a picture")], ["Ctrl+Z", t("Undo")], ["Ctrl+Y", t("Redo; also Ctrl+Shift+Z")], ["Esc", t("Stop; go back; deselect")],
    [t("Arrows"), t("On the picture: move a cursor, Shift in larger steps")], ["Enter", t("Include at the cursor; with Shift leave out")], ["?", t("This list")],
  ]],
];

/** @returns {{element: HTMLElement, open: () => void}} */
export function buildHelp() {
  const close = () => element.close();
  const columns = KEYS().map(([title, keys]) =>
    make("section", {}, make("h4", { text: title }), make("dl", {}, ...keys.flatMap(([key, what]) => [make("dt", {}, ...caps(key)), make("dd", { text: what })]))));
  const element = make("dialog", { class: "ia-dialog", "aria-label": t("Keys and help") },
    make("header", {}, make("h3", { text: t("Keys") }), iconButton("close", t("Close"), close)),
    make("div", { class: "ia-columns" }, ...columns));
  element.addEventListener("click", (event) => event.target === element && close()); // beside it
  element.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation()); // the WebUI would interrupt
  return { element, open: () => element.open || element.showModal() };
}

/** "Ctrl+Z" as one cap, "1 2 3" as three. A phrase of words is one. @param {string} key @returns {(Node | string)[]} */
function caps(key) {
  const single = /^\S( \S)+$/.test(key) || key === "H Space" ? key.split(" ") : [key];
  return single.flatMap((name, index) => [...(index ? [" "] : []), make("kbd", { text: name })]);
}
