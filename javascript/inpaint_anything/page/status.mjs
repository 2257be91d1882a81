/**
 * The line under the picture: what can be done, and what is going on.
 *
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {import("../session/waiting.mjs").Busy} Busy
 * @typedef {(kind: "error" | "info" | "done", text: string) => void} Say  a message
 * @typedef {"picture" | "result" | "compare"} Seen  the picture, another result in its place, or that beside the one before
 */

import { t } from "../words.mjs";
import { iconButton, isShown, make, show, write } from "./dom.mjs";
import { percent } from "./objects.mjs";

/** @returns {{[tool: string]: string}} */
const HINTS = () => ({
  point: t("Click a thing to select it. Right click, Alt or Shift leaves a place out."),
  box: t("Drag a box around a thing."),
  brush: t("Paint what to select; with Shift in straight lines. [ and ] change the size."),
  lasso: t("Draw around what to select; with the right button around what to leave out."),
  eraser: t("Paint over what to leave out; with Shift in straight lines. [ and ] change the size."),
  pan: t("Drag to move the picture; the wheel or two fingers zoom."),
});
/** @returns {{[tool: string]: string}} */
const TOUCH = () => ({ point: t("Tap a thing to select it."), pan: t("Drag to move the picture; two fingers zoom.") });

/**
 * @param {Pick<import("../session/workspace.mjs").Workspace, "stop">} workspace
 * @param {{generate: () => void, proposals: HTMLElement}} around  generate: do what the open tab says
 * @returns {{element: HTMLElement, update: (state: State, seen: Seen) => void}}
 */
export function buildStatus(workspace, { generate, proposals }) {
  const touch = matchMedia("(pointer: coarse)").matches;
  const hints = { ...HINTS(), ...(touch ? TOUCH() : {}) };
  const text = make("span", { class: "ia-status-text" });
  const size = make("span", { class: "ia-quiet ia-status-size" });
  const stop = iconButton("stop", t("Stop"), () => workspace.stop(), { key: "Esc", text: true, class: "ia-stop" });
  const run = make("button", { type: "button", class: "ia-button ia-primary ia-run", on: { click: generate } });
  const done = make("div", { class: "ia-progress-done" });
  const progress = make("div", { class: "ia-progress", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": t("Progress") }, done);
  const element = make("div", { class: "ia-status" }, progress, make("div", { class: "ia-status-line" }, text, proposals, size, stop, run));

  /** @param {State} state @param {Seen} seen */
  function update(state, seen) {
    const busy = state.busy;
    element.classList.toggle("ia-busy", Boolean(busy));
    show(stop, Boolean(busy?.canStop));
    show(size, !busy);
    write(text, busy ? sentence(busy) : hint(state, seen));
    const label = runLabel();
    write(run, label);
    show(run, label !== "" && !busy?.canStop && seen === "picture" && state.image !== null);
    run.disabled = state.running;
    if (state.image) {
      const { width, height } = state.image;
      const selected = state.maskArea ? t("{percent} % selected", { percent: percent(state.maskArea, state.image) }) : "";
      write(size, [selected, `${width} × ${height}`, `${Math.round(state.zoom * 100)} %`].filter(Boolean).join("   "));
    } else write(size, "");
    const fraction = busy?.fraction ?? 0;
    progress.classList.toggle("ia-unknown", Boolean(busy) && !(fraction > 0));
    if (fraction > 0) {
      done.style.width = `${fraction * 100}%`;
      progress.setAttribute("aria-valuenow", String(Math.round(fraction * 100)));
    } else {
      done.style.width = "";
      progress.removeAttribute("aria-valuenow");
    }
    if (busy) progress.setAttribute("aria-valuetext", t(busy.text));
  }

  /** @param {State} state @param {Seen} seen */
  function hint(state, seen) {
    if (seen === "result") return t("Another result. Use it as input to go on with it.");
    if (seen === "compare" && touch) return t("Drag the line to compare.");
    if (seen === "compare") return t("Drag the line, or move it with the arrow keys. C goes back to the picture.");
    if (!state.image) return t("No picture is open.");
    if (state.current && !state.objects.length) return t("This is the result. Go on with the next thing; Undo takes it back.");
    if (state.segments && state.tool === "point") return t("Click the things you want; again to leave one out.");
    return hints[state.tool] ?? "";
  }
  return { element, update };
}

/** What the open tab does, in the words of its button; empty where it has none. */
function runLabel() {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#inpaint_anything button[id^=inpaint_anything_run_]"));
  return [...buttons].find(isShown)?.textContent?.trim() ?? "";
}

/** @param {Busy} busy */
function sentence({ text, fraction }) {
  return fraction && fraction > 0 ? `${t(text)} ${Math.round(fraction * 100)} %` : t(text);
}
