/**
 * A result over the canvas's place; where it is asked for, with a line between before and after.
 *
 * @typedef {import("../session/workspace.mjs").Result} Result
 */

import { t } from "../words.mjs";
import { make, show, write } from "./dom.mjs";

const STEP = 2; // per cent of the width that an arrow key moves the line; Shift makes it five times as much

export function buildCompare() {
  const before = make("img", { class: "ia-before", alt: t("Before"), draggable: false });
  const after = make("img", { class: "ia-after", alt: t("After"), draggable: false });
  const line = make("div", {
    class: "ia-line-handle", role: "slider", tabIndex: 0, "aria-label": t("Before and after"), "aria-valuemin": "0", "aria-valuemax": "100",
  }, make("span", { class: "ia-grip" }));
  const left = make("span", { class: "ia-chip ia-chip-before", text: t("Before") });
  const right = make("span", { class: "ia-chip ia-chip-after", text: t("After") });
  const frame = make("div", { class: "ia-compare-frame" }, before, after, left, right, line);
  const element = make("div", { class: "ia-compare" }, frame);

  /** @param {number} percent */
  function moveTo(percent) {
    const at = Math.min(100, Math.max(0, percent));
    frame.style.setProperty("--ia-at", `${at}%`);
    line.setAttribute("aria-valuenow", String(Math.round(at)));
    left.classList.toggle("ia-faint", at < 12);
    right.classList.toggle("ia-faint", at > 88);
  }
  slide(frame, line, moveTo);
  let lined = false;
  /** The result that is shown. @type {Result | null} */
  let now = null;

  /** The picture before lies where the result says, or over all of it. @param {Result} result @param {boolean} wanted  the line */
  function showResult(result, wanted) {
    frame.style.setProperty("--ia-ratio", String(result.width / result.height));
    after.src = result.url ?? "";
    lined = wanted && Boolean(result.beforeUrl);
    for (const part of [line, left, right]) show(part, lined);
    frame.classList.toggle("ia-single", !lined);
    if (result.beforeUrl) {
      before.onload = () => fitInto(before, result);
      before.src = result.beforeUrl;
    }
    if (result !== now) moveTo(50);
    now = result;
    look(false);
  }

  /** Shows all of what was before, or what was shown again. @param {boolean} on */
  function look(on) {
    const has = Boolean(now?.beforeUrl);
    show(before, has && (on || lined));
    show(after, !on || !has);
  }
  return { element, show: showResult, look, get lined() { return lined; } };
}

/**
 * Pointer, touch and arrow keys move the line.
 * @param {HTMLElement} frame @param {HTMLElement} line @param {(percent: number) => void} moveTo
 */
function slide(frame, line, moveTo) {
  const at = (/** @type {PointerEvent} */ event) => {
    const box = frame.getBoundingClientRect();
    moveTo((100 * (event.clientX - box.left)) / box.width);
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || line.hidden) return;
    frame.setPointerCapture(event.pointerId);
    at(event);
    line.focus({ preventScroll: true });
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (event) => frame.hasPointerCapture(event.pointerId) && at(event));
  line.addEventListener("keydown", (event) => {
    const now = Number(line.getAttribute("aria-valuenow"));
    const step = event.shiftKey ? 5 * STEP : STEP;
    /** @type {{[key: string]: number}} */
    const moves = { ArrowLeft: now - step, ArrowDown: now - step, ArrowRight: now + step, ArrowUp: now + step, Home: 0, End: 100 };
    if (!(event.key in moves)) return;
    moveTo(moves[event.key]);
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Where the picture before lies in the result. @param {HTMLImageElement} before @param {Result} result */
function fitInto(before, result) {
  const { naturalWidth: width, naturalHeight: height } = before;
  const [x, y] = result.offset;
  const part = (/** @type {number} */ value, /** @type {number} */ whole) => `${(100 * value) / whole}%`;
  const larger = width < result.width || height < result.height; // extended: the old picture is a part of the new one
  Object.assign(before.style, {
    left: larger ? part(x, result.width) : "0",
    top: larger ? part(y, result.height) : "0",
    width: larger ? part(width, result.width) : "100%",
    height: larger ? part(height, result.height) : "100%",
  });
}

/** Names of the actions as the results show them. @param {string} action */
export function actionName(action) {
  /** @type {{[action: string]: string}} */
  const names = {
    remove: t("Remove"), fill: t("Fill"), background: t("Replace background"), extend: t("Extend"), edit: t("Edit"), mask: t("Mask"),
  };
  return names[action] ?? action;
}

/** What there is to know of a result, in a line. @param {Result} result */
function aboutResult(result) {
  const facts = [`${result.width} × ${result.height}`];
  if (result.saved) facts.push(t("saved as {name}", { name: result.saved }));
  if (result.note) facts.push(t(result.note));
  return facts.join("   ");
}

/** A line of text that changes. @param {HTMLElement} element @param {Result} result */
export function writeAbout(element, result) {
  write(element, aboutResult(result));
  element.title = result.infotext || "";
}
