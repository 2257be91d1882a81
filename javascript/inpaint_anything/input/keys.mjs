// The keyboard, while our tab is seen and nobody types a text.

import { chosen } from "../page/objects.mjs";
import { choose } from "../page/toolbar.mjs";

const STEP = 8; // pixels of the screen that an arrow moves the cursor; with Shift
const LARGE_STEP = 40;
const TYPING = "textarea, select, [contenteditable=true], input:not([type=checkbox], [type=radio], [type=range], [type=color], [type=button], [type=file])";

/**
 * Listen for keys. Those that mean something here go no further: the WebUI has keys of its own.
 * @param {HTMLElement} root our tab
 * @param {object} page {workspace, place, compare, help, invert, comparing: () => boolean, closeResult}
 */
export function listenKeys(root, page) {
  const held = { tool: null, proposals: null }; // what Space is held over; the object whose proposals Tab steps through
  window.addEventListener("keydown", (event) => {
    if (!ours(root, event)) return;
    const run = meaning(event, page, held);
    if (!run) return;
    run();
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  window.addEventListener("keyup", (event) => {
    if (event.key !== " " || held.tool === null) return;
    page.workspace.setTool(held.tool);
    held.tool = null;
  }, true);
}

/** Whether a key is meant for the canvas. */
function ours(root, event) {
  if (event.defaultPrevented || event.isComposing || !seen(root)) return false;
  const target = event.target;
  if (target !== document.body && target !== document.documentElement && !root.contains(target)) return false;
  return !target.closest?.(TYPING) && !root.querySelector("dialog[open]");
}

/** Whether our tab is shown, and no picture viewer or popup of the WebUI lies over it. @param {HTMLElement} root */
export function seen(root) {
  if (root.getClientRects().length === 0) return false;
  return ![...document.querySelectorAll("#lightboxModal, .global-popup")].some((over) => over.getClientRects().length > 0);
}

/** What a key does now: a function, or null where it is not ours. */
function meaning(event, page, held) {
  const { workspace } = page;
  const state = workspace.state;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? () => workspace.redo() : () => workspace.undo();
    return key === "y" ? () => workspace.redo() : null;
  }
  if (key === "?") return page.help;
  if (key === "Escape") return escape(state, page);
  if (key === "c") return state.results.length ? page.compare : null;
  if (!state.image || page.comparing()) return null;
  return onCanvas(event, page, held) ?? onFocus(event, key, page, held) ?? letter(key, workspace, page);
}

function escape(state, page) {
  if (state.busy?.canStop) return () => page.workspace.stop();
  if (page.comparing()) return page.closeResult;
  return state.objects.some((object) => object.active) ? () => page.workspace.newObject() : null;
}

/** Letters and signs: the same wherever the focus is. */
function letter(key, workspace, page) {
  const tools = { p: "point", x: "box", b: "brush", e: "eraser", h: "pan" };
  if (key in tools) return () => workspace.setTool(tools[key]);
  if ("123".includes(key)) return () => choose(workspace, Number(key) - 1);
  const radius = workspace.state.brushRadius;
  const active = workspace.state.objects.find((object) => object.active);
  return {
    a: () => workspace.everything(!workspace.state.segments),
    n: () => workspace.newObject(),
    i: page.invert,
    f: () => workspace.fit(),
    "+": () => workspace.zoom(1.25),
    "=": () => workspace.zoom(1.25),
    "-": () => workspace.zoom(0.8),
    "[": () => workspace.setBrushRadius(Math.max(1, Math.round(radius / 1.2) - (radius < 6 ? 1 : 0))),
    "]": () => workspace.setBrushRadius(Math.min(512, Math.round(radius * 1.2) + (radius < 3 ? 1 : 0))),
    Delete: active && (() => workspace.remove(active.id)),
    Backspace: active && (() => workspace.remove(active.id)),
  }[key] ?? null;
}

/** Keys that mean something else on a button or a slider: Space, while neither has the focus. */
function onFocus(event, key, page, held) {
  if (key !== " " || event.target.closest?.("button, input, summary, a, [role=slider], [role=tab]")) return null;
  return () => {
    if (held.tool !== null) return; // the key repeats while it is held
    held.tool = page.workspace.state.tool;
    page.workspace.setTool("pan");
  };
}

/** While the canvas has the focus: a cursor, and Tab through the proposals until the last, so that nobody is kept here. */
function onCanvas(event, page, held) {
  if (!page.place.contains(event.target)) return null;
  const { workspace } = page;
  const step = event.shiftKey ? LARGE_STEP : STEP;
  const arrows = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key in arrows) return () => workspace.moveCursor(...arrows[event.key]);
  if (event.key === "Enter") return () => workspace.clickCursor(!event.shiftKey);
  if (event.key !== "Tab" || event.shiftKey) return null;
  const active = workspace.state.objects.find((object) => object.active);
  const waiting = active && active.id === held.proposals && !active.scores?.length; // for the one that Tab asked for
  const more = (active?.scores?.length ?? 0) > 1 && chosen(active) < active.scores.length - 1;
  held.proposals = more || waiting ? active.id : null;
  return more || waiting ? () => workspace.candidate(1) : null;
}
