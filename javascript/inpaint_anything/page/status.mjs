// The line under the picture: what can be done, what is going on, and what went wrong, in words.

import { iconButton, make, show, write } from "./dom.mjs";
import { icon } from "./icons.mjs";
import { MISSING } from "./models.mjs";
import { percent } from "./objects.mjs";
import { t } from "../words.mjs";

const SHOWN_FOR = 6000; // milliseconds that good news stay; an error stays until it is dismissed

const HINTS = () => ({
  point: t("Click a thing to select it. Right click, Alt or Shift leaves a place out."),
  box: t("Drag a box around a thing."),
  brush: t("Paint what to select. [ and ] change the size."),
  eraser: t("Paint over what to leave out. [ and ] change the size."),
  pan: t("Drag to move the picture; the wheel or two fingers zoom."),
});
const TOUCH = () => ({ point: t("Tap a thing to select it."), pan: t("Drag to move the picture; two fingers zoom.") });

/**
 * @param {import("../session/workspace.mjs").Workspace} workspace
 * @param {() => void} showModels
 * @returns {{element: HTMLElement, messages: HTMLElement, update: (state: object, comparing: boolean) => void, say: (kind: string, text: string) => void, clear: () => void}} clear: of errors
 */
export function buildStatus(workspace, showModels) {
  const touch = matchMedia("(pointer: coarse)").matches;
  const hints = { ...HINTS(), ...(touch ? TOUCH() : {}) };
  const text = make("span", { class: "ia-status-text" });
  const size = make("span", { class: "ia-quiet ia-status-size" });
  const stop = iconButton("stop", t("Stop"), () => workspace.stop(), { key: "Esc", text: true, class: "ia-stop" });
  const done = make("div", { class: "ia-progress-done" });
  const progress = make("div", { class: "ia-progress", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": t("Progress") }, done);
  const element = make("div", { class: "ia-status" }, progress, make("div", { class: "ia-status-line" }, text, size, stop));
  const messages = buildMessages(showModels);

  function update(state, comparing) {
    const busy = state.busy;
    element.classList.toggle("ia-busy", Boolean(busy));
    show(stop, Boolean(busy?.canStop));
    show(size, !busy);
    write(text, busy ? sentence(busy) : hint(state, comparing));
    if (state.image) {
      const { width, height } = state.image;
      const selected = state.maskArea ? t("{percent} % selected", { percent: percent(state) }) : "";
      write(size, [selected, `${width} × ${height}`, `${Math.round(state.zoom * 100)} %`].filter(Boolean).join("   "));
    } else write(size, "");
    progress.classList.toggle("ia-unknown", Boolean(busy) && !(busy.fraction > 0));
    if (busy?.fraction > 0) {
      done.style.width = `${busy.fraction * 100}%`;
      progress.setAttribute("aria-valuenow", String(Math.round(busy.fraction * 100)));
    } else {
      done.style.width = "";
      progress.removeAttribute("aria-valuenow");
    }
    if (busy) progress.setAttribute("aria-valuetext", t(busy.text));
  }

  function hint(state, comparing) {
    if (!state.image) return t("No picture is open.");
    if (comparing && touch) return t("Drag the line to compare.");
    if (comparing) return t("Drag the line, or move it with the arrow keys. C goes back to the picture.");
    return state.segments ? t("Click the things you want; again to leave one out.") : hints[state.tool] ?? "";
  }
  return { element, messages: messages.element, update, say: messages.say, clear: messages.clear };
}

function sentence(busy) {
  const words = t(busy.text);
  return busy.fraction > 0 ? `${words} ${Math.round(busy.fraction * 100)} %` : words;
}

/** Cards over the lower edge of the picture; the newest at the bottom. Said aloud by screen readers too. */
function buildMessages(showModels) {
  const element = make("div", { class: "ia-messages", "aria-live": "polite" });
  const icons = { error: "warning", info: "info", done: "done" };

  function say(kind, text) {
    const same = [...element.children].find((card) => card.dataset.text === text);
    same?.remove(); // said again: once is enough, but it is news
    const card = make("div", { class: `ia-message ia-${kind}`, role: kind === "error" ? "alert" : "status" },
      icon(icons[kind] ?? "info"), make("span", { text: t(text) }),
      MISSING.test(text) ? iconButton("models", t("Models"), showModels, { text: true }) : null,
      iconButton("close", t("Dismiss"), () => card.remove()));
    card.dataset.text = text;
    element.append(card);
    while (element.children.length > 3) element.firstChild.remove();
    if (kind !== "error") setTimeout(() => card.remove(), SHOWN_FOR);
  }
  const clear = () => element.querySelectorAll(".ia-error").forEach((card) => card.remove());
  return { element, say, clear };
}
