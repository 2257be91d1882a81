/** A button that fetches the files of models, with its progress and a way to stop. */

import { t } from "../words.mjs";
import { iconButton, make, show, write } from "./dom.mjs";

/** @typedef {Pick<import("../server/client.mjs").Client, "download">} Client */

/**
 * @param {Client} client @param {string} name  as the server knows it @param {string} label  of the button
 * @param {() => Promise<void>} whenDone
 */
export function buildFetching(client, name, label, whenDone) {
  const state = make("p", { class: "ia-note ia-model-state", role: "status" });
  const bar = make("progress", { max: 1, "aria-label": t("Download") });
  const button = iconButton("save", label, () => start(), { text: true });
  const stop = iconButton("close", t("Stop the download"), () => halt());
  let isOffered = false;
  /** While it is under way. @type {AbortController | null} */
  let fetching = null;

  /** @param {string} text */
  function tell(text) {
    write(state, text);
    show(state, text !== "");
  }

  function draw() {
    show(bar, Boolean(fetching));
    show(stop, Boolean(fetching));
    show(button, isOffered && !fetching);
  }

  /** @param {boolean} offered  whether it can be asked for @param {string} text  to tell meanwhile */
  function update(offered, text) {
    isOffered = offered;
    if (!fetching) tell(text);
    draw();
  }

  async function start() {
    const controller = (fetching = new AbortController());
    bar.removeAttribute("value");
    tell(t("Waiting…"));
    draw();
    try {
      await client.download(name, ({ fraction, text }) => {
        bar.value = fraction;
        if (!controller.signal.aborted) tell(text ? t(text) : "");
      }, controller.signal);
    } catch (error) {
      fetching = null;
      await whenDone(); // of several, some may be there
      draw();
      const stopped = t("Stopped. The next download goes on from there.");
      return tell(controller.signal.aborted ? stopped : /** @type {Error} */ (error).message);
    }
    fetching = null;
    draw();
    await whenDone();
  }

  /** Stops the download; the server notices when the next piece of it comes. */
  function halt() {
    fetching?.abort();
    tell(t("Stopping"));
  }
  return { state, bar, button, stop, update };
}
