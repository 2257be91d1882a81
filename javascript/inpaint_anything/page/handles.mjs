/**
 * Handles on the sides of a picture that the open tab extends: dragged, or moved with the arrow keys, they say how many
 * pixels are added. What the fields say and what is outlined follow.
 *
 * @typedef {import("../work/extension.mjs").Side} Side
 * @typedef {import("../work/extension.mjs").Added} Added
 * @typedef {import("../session/workspace.mjs").Workspace} Workspace
 */

import { t } from "../words.mjs";
import { SIDES } from "../work/extension.mjs";
import { make, show } from "./dom.mjs";

const [STEP, LEAP] = [8, 64]; // pixels of the picture for an arrow key; with Shift
const MOST = 8192; // pixels on one side, as in the schema
const EDGE = 14; // pixels of the place that a handle keeps from its edge, so that it can always be taken

/** The key that moves each handle away from the picture, and the one that moves it back. @type {{[side in Side]: [string, string]}} */
const KEYS = {
  left: ["ArrowLeft", "ArrowRight"], right: ["ArrowRight", "ArrowLeft"], up: ["ArrowUp", "ArrowDown"], down: ["ArrowDown", "ArrowUp"],
};
/** @returns {{[side in Side]: string}} */
const NAMES = () => ({
  left: t("Pixels to add on the left"), right: t("Pixels to add on the right"),
  up: t("Pixels to add above"), down: t("Pixels to add below"),
});

/** @param {Workspace} workspace */
export function buildHandles(workspace) {
  const names = NAMES();
  const handles = SIDES.map((side) => ({ side, element: buildHandle(workspace, side, names[side]) }));
  const element = make("div", { class: "ia-handles", hidden: true }, ...handles.map((one) => one.element));

  /** @param {boolean} comparing  whether something lies over the picture */
  function update(comparing) {
    const { image } = workspace.state;
    const added = comparing ? null : workspace.filled.added(image);
    show(element, added !== null);
    if (!image || !added) return;
    const room = element.getBoundingClientRect();
    const [left, top] = [-added.left, -added.up];
    const [right, bottom] = [image.width + added.right, image.height + added.down];
    for (const { side, element: handle } of handles) {
      const across = side === "left" ? left : side === "right" ? right : (left + right) / 2;
      const down = side === "up" ? top : side === "down" ? bottom : (top + bottom) / 2;
      const at = workspace.toScreen(across, down);
      handle.style.left = `${within(at.x - room.left, room.width)}px`;
      handle.style.top = `${within(at.y - room.top, room.height)}px`;
      handle.setAttribute("aria-valuenow", String(added[side]));
    }
  }
  return { element, update };
}

/** @param {number} at @param {number} room */
const within = (at, room) => Math.min(Math.max(at, EDGE), Math.max(room - EDGE, EDGE));

/** @param {Workspace} workspace @param {Side} side @param {string} label */
function buildHandle(workspace, side, label) {
  const isAcross = side === "left" || side === "right";
  const outward = side === "left" || side === "up" ? -1 : 1;
  /** Where a drag began, and what was added then. @type {{at: number, added: Added} | null} */
  let start = null;
  const now = () => workspace.filled.added(workspace.state.image);
  const put = (/** @type {Added} */ added, /** @type {number} */ pixels, /** @type {boolean} */ done) =>
    workspace.filled.extend({ ...added, [side]: Math.min(Math.max(Math.round(pixels), 0), MOST) }, done);
  const where = (/** @type {PointerEvent} */ event) => (isAcross ? event.clientX : event.clientY);

  /** @param {PointerEvent} event */
  function press(event) {
    const added = now();
    if (event.button || !added) return;
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    workspace.canvas.hold(true);
    start = { at: where(event), added };
  }
  /** @param {PointerEvent} event */
  function drag(event) {
    if (start) put(start.added, start.added[side] + (outward * (where(event) - start.at)) / workspace.canvas.view.scale, false);
  }
  /** @param {boolean} kept */
  function end(kept) {
    if (!start) return;
    const { added } = start;
    start = null;
    workspace.canvas.hold(false);
    workspace.filled.extend((kept && now()) || added, true);
  }
  /** @param {KeyboardEvent} event */
  function key(event) {
    const added = now();
    if (event.key === "Escape") return end(false);
    const way = KEYS[side].indexOf(event.key);
    if (way < 0 || !added || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    put(added, added[side] + (way ? -1 : 1) * (event.shiftKey ? LEAP : STEP), true);
  }
  const element = make("div", {
    class: `ia-handle ia-handle-${side}`,
    tabIndex: 0,
    role: "slider",
    title: label,
    "aria-label": label,
    "aria-orientation": isAcross ? "horizontal" : "vertical",
    "aria-valuemin": "0",
    "aria-valuemax": String(MOST),
    on: {
      pointerdown: press, pointermove: drag, pointerup: () => end(true), lostpointercapture: () => end(false), keydown: key, // lost: also where it is hidden meanwhile
    },
  });
  return element;
}
