/**
 * The page around the canvas: toolbar, canvas and what lies over it, status line, results, help.
 *
 * @typedef {import("../session/workspace.mjs").Workspace} Workspace
 * @typedef {object} Files  the list of pictures @property {HTMLElement} element @property {() => void} update
 * @property {(files: Iterable<File>) => void} take @property {(result: import("../session/workspace.mjs").Result) => void} saved
 * @typedef {{workspace: Workspace, host: import("./host.mjs").Host, canvas: HTMLElement, appearance: import("./toolbar.mjs").Appearance, tips: ReturnType<typeof import("./tips.mjs").buildTips>, files: Files}} Given
 */

import { t } from "../words.mjs";
import { make, show } from "./dom.mjs";
import { buildHandles } from "./handles.mjs";
import { buildHelp } from "./help.mjs";
import { buildMessages } from "./messages.mjs";
import { showModels } from "./models.mjs";
import { buildResults } from "./results.mjs";
import { buildProposals } from "./proposals.mjs";
import { buildEmpty, buildPreview } from "./stage.mjs";
import { buildStatus } from "./status.mjs";
import { buildToolbar } from "./toolbar.mjs";

/**
 * Put it all into an element.
 * @param {HTMLElement} container @param {Given} given
 * @param {{changed: () => void, generate: () => void}} on  changed: when a result is looked at, or no more; generate: do what
 *   the open tab says
 */
export function buildFrame(container, { workspace, host, canvas, appearance, tips, files }, { changed, generate }) {
  const proposals = buildProposals(workspace);
  const status = buildStatus(workspace, { generate, proposals: proposals.element });
  const messages = buildMessages(showModels);
  const results = buildResults(workspace, { host, say: messages.say, saved: files.saved }, changed);
  const help = buildHelp();
  const toolbar = buildToolbar(workspace, { open: files.take, help: help.open, appearance });
  const empty = buildEmpty(host.webui, files.take);
  const preview = buildPreview();
  const handles = buildHandles(workspace);
  const asMask = make("span", { class: "ia-drop-mask", text: t("Drop here to take it as a mask") });
  const drop = make("div", { class: "ia-drop" }, make("span", { text: t("Drop to open") }), asMask);
  const stage = make("div", { class: "ia-stage" },
    canvas, handles.element, empty, make("div", { class: "ia-floats" }, toolbar.brush), preview.element, results.overlay,
    messages.element, drop);
  const frame = make("div", { class: "ia-frame" }, toolbar.bar, stage, status.element, tips.element, results.bar, results.strip, files.element);
  container.replaceChildren(frame, help.element);

  function update() {
    const state = workspace.state;
    show(asMask, state.image !== null);
    show(empty, !state.image && !results.comparing);
    results.update(state);
    toolbar.update(state, results.comparing);
    status.update(state, results.lined ? "compare" : results.comparing ? "result" : "picture");
    proposals.update(state, results.comparing);
    tips.update(state);
    handles.update(results.comparing);
    files.update();
    preview.update(state.busy?.previewUrl, results.comparing);
  }
  /** Brings the picture into sight. */
  const reveal = () => frame.scrollIntoView({ block: "nearest" });
  return { say: messages.say, clearErrors: messages.clear, results, reveal, help: help.open, update };
}
