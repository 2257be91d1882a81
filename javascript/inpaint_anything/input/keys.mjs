/**
 * The keyboard, while our tab is seen and nobody types a text.
 *
 * @typedef {import("./tools.mjs").ToolName} ToolName
 * @typedef {{id: number, active: boolean, candidate: number, scores: number[]}} Listed  an object that is selected
 *
 * @typedef {object} State  what it depends on what a key does
 * @property {object | null} image @property {ToolName} tool @property {number} brushRadius @property {Listed[]} objects
 * @property {boolean} segments  whether they are shown @property {unknown[]} results @property {{canStop: boolean} | null} busy
 *
 * @typedef {object} Workspace  what keys work on
 * @property {State} state
 * @property {() => void} undo @property {() => void} redo @property {() => void} stop @property {() => void} fit
 * @property {(name: ToolName) => void} setTool @property {(factor: number) => void} zoom
 * @property {(pixels: number) => void} setBrushRadius
 * @property {() => void} newObject @property {(id: number) => void} remove @property {(index: number) => void} choose
 * @property {(on: boolean) => void} showSegments
 * @property {(dx: number, dy: number) => void} moveCursor @property {(include: boolean) => void} clickCursor
 *
 * @typedef {object} Page  what else they work on
 * @property {Workspace} workspace @property {HTMLElement} canvas  where keys move a cursor
 * @property {() => boolean} isSeen  whether our tab is shown, with nothing over it
 * @property {() => boolean} comparing  whether a result is looked at
 * @property {() => void} compare @property {() => void} closeResult @property {() => void} help @property {() => void} invert
 * @property {(on: boolean) => void} look  at what was before @property {() => void} save  the result
 * @property {(() => void) | null} copy  it, where that can be done @property {() => void} again  what gave it
 * @property {() => void} remove  what is selected
 * @property {() => void} generate  do what the tab that is open says
 * @property {(by: 1 | -1) => Command} step  to the next picture of the list, or the one before
 *
 * @typedef {(() => void) | null | undefined} Command  what a key does; none where it is not ours
 * @typedef {{tool: ToolName | null, looks: boolean, proposals: number | null}} Held  tool: that Space is held over; looks:
 *   whether O is held; proposals: the id of the object whose proposals Tab steps through
 */

const STEP = 8; // pixels of the place that an arrow moves the cursor; with Shift
const LARGE_STEP = 40;
const TYPING = "textarea, select, [contenteditable=true], input:not([type=checkbox], [type=radio], [type=range], [type=color], [type=button], [type=file])";
const OPERATED = "button, input, summary, a, [role=slider], [role=tab]"; // Space means something there
/** @type {{[key: string]: ToolName}} */
const TOOLS = { p: "point", x: "box", b: "brush", e: "eraser", l: "lasso", h: "pan" };

/**
 * Listen for keys. Those that mean something here go no further: the WebUI has keys of its own.
 * @param {HTMLElement} root  our tab @param {Page} page
 */
export function listenKeys(root, page) {
  /** @type {Held} */
  const held = { tool: null, looks: false, proposals: null };
  window.addEventListener("keydown", (event) => {
    if (!isOurs(root, event, page)) return;
    const command = commandOf(event, page, held);
    if (!command) return;
    command();
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  const release = (/** @type {string} */ key) => {
    if (key === " " && held.tool !== null) page.workspace.setTool(held.tool);
    if (key === " ") held.tool = null;
    if (key !== "o" || !held.looks) return;
    held.looks = false;
    page.look(false);
  };
  window.addEventListener("keyup", (event) => release(event.key.toLowerCase()), true);
  window.addEventListener("blur", () => [" ", "o"].forEach(release)); // the key is let go elsewhere
}

/** Ctrl+Enter, as in the WebUI: also while a text is typed. @param {KeyboardEvent} event */
const generates = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey;

/** Whether a key is meant for us. @param {HTMLElement} root @param {KeyboardEvent} event @param {Page} page */
function isOurs(root, event, page) {
  if (event.defaultPrevented || event.isComposing || !page.isSeen()) return false;
  const target = /** @type {HTMLElement} */ (event.target);
  if (target !== document.body && target !== document.documentElement && !root.contains(target)) return false;
  return (generates(event) || !target.closest?.(TYPING)) && !root.querySelector("dialog[open]");
}

/** @param {KeyboardEvent} event @param {Page} page @param {Held} held @returns {Command} */
function commandOf(event, page, held) {
  const { workspace } = page;
  const state = workspace.state;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey) return null;
  if (generates(event)) return page.generate;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? () => workspace.redo() : () => workspace.undo();
    if (key === "s") return page.save;
    if (key === "c") return state.results.length && getSelection()?.isCollapsed !== false ? page.copy : null; // else a text is copied
    return key === "y" ? () => workspace.redo() : null;
  }
  if (key === "?") return page.help;
  if (key === "s") return state.results.length ? page.save : null;
  if (key === "o") return () => {
    if (!held.looks) page.look((held.looks = true));
  };
  if (key === "r" && event.shiftKey) return state.results.length ? page.again : null;
  if (key === "Escape") return escape(state, page);
  if (key === "c") return state.results.length ? page.compare : null;
  if (key === "PageDown" || key === "PageUp") return page.step(key === "PageDown" ? 1 : -1);
  if (!state.image || page.comparing()) return null;
  if (key === "r") return page.remove;
  return onCanvas(event, page, state, held) ?? space(event, page, state, held) ?? letter(key, page, state);
}

/** @param {State} state @param {Page} page @returns {Command} */
function escape(state, page) {
  if (state.busy?.canStop) return () => page.workspace.stop();
  if (page.comparing()) return page.closeResult;
  return state.objects.some((object) => object.active) ? () => page.workspace.newObject() : null;
}

/**
 * Letters and signs: the same wherever the focus is.
 * @param {string} key @param {Page} page @param {State} state @returns {Command}
 */
function letter(key, { workspace, invert }, { brushRadius: radius, objects, segments }) {
  const tool = TOOLS[key];
  if (tool) return () => workspace.setTool(tool);
  if ("123".includes(key)) return () => workspace.choose(Number(key) - 1);
  const active = objects.find((object) => object.active);
  /** @type {{[key: string]: Command}} */
  const commands = {
    a: () => workspace.showSegments(!segments),
    n: () => workspace.newObject(),
    i: invert,
    f: () => workspace.fit(),
    "+": () => workspace.zoom(1.25),
    "=": () => workspace.zoom(1.25),
    "-": () => workspace.zoom(0.8),
    "[": () => workspace.setBrushRadius(radius / 1.2),
    "]": () => workspace.setBrushRadius(radius * 1.2),
    Delete: active && (() => workspace.remove(active.id)),
    Backspace: active && (() => workspace.remove(active.id)),
  };
  return commands[key];
}

/**
 * While Space is held the picture is moved, unless the focus is on something that Space operates.
 * @param {KeyboardEvent} event @param {Page} page @param {State} state @param {Held} held @returns {Command}
 */
function space(event, { workspace }, { tool }, held) {
  if (event.key !== " " || /** @type {HTMLElement} */ (event.target).closest?.(OPERATED)) return null;
  return () => {
    if (held.tool !== null) return; // the key repeats while it is held
    held.tool = tool;
    workspace.setTool("pan");
  };
}

/**
 * While the canvas has the focus: a cursor, and Tab through the proposals until the last, so that nobody is kept here.
 * @param {KeyboardEvent} event @param {Page} page @param {State} state @param {Held} held @returns {Command}
 */
function onCanvas(event, { canvas, workspace }, { objects }, held) {
  if (!canvas.contains(/** @type {Node} */ (event.target))) return null;
  const step = event.shiftKey ? LARGE_STEP : STEP;
  /** @type {{[key: string]: [number, number]}} */
  const arrows = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (event.key in arrows) return () => workspace.moveCursor(...arrows[event.key]);
  if (event.key === "Enter") return () => workspace.clickCursor(!event.shiftKey);
  if (event.key !== "Tab" || event.shiftKey) return null;
  const active = objects.find((object) => object.active);
  const asked = active?.id === held.proposals && !active?.scores.length; // for the one that Tab chose last
  const more = active && (asked || active.candidate < active.scores.length - 1);
  held.proposals = more ? active.id : null;
  return more ? () => workspace.choose(active.candidate + 1) : null;
}
