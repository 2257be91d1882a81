/**
 * The list of pictures that are worked on one after the other: what it is for the page around it.
 *
 * @typedef {import("../session/workspace.mjs").Workspace} Workspace
 * @typedef {import("../session/workspace.mjs").Result} Result
 *
 * @typedef {object} Around
 * @property {import("../server/client.mjs").Client} client @property {boolean} saves  whether the server saves each result
 * @property {() => void} update  all that is shown @property {(result: Result) => Promise<void>} keep  saves it on the person's disk
 * @property {import("./status.mjs").Say} say
 */

import { FileList } from "../session/filelist.mjs";
import { t } from "../words.mjs";
import { picturesAmong } from "./brought.mjs";
import { buildFiles } from "./files.mjs";
import { buildLeaving } from "./leaving.mjs";

/** @param {Workspace} workspace @param {Around} around */
export function buildFolder(workspace, { client, saves, update: changed, keep, say }) {
  const fail = (/** @type {Error} */ error) => say("error", error.message);
  const list = new FileList({ client, state: () => workspace.state, open: workspace.open, changed, fail });
  const leaving = buildLeaving((result) => keep(result).catch(fail));
  const files = buildFiles({ list, client, go: async (number) => (await leave()) && list.open(number) });

  /** Whether the picture may be left. */
  async function leave() {
    if (saves || !workspace.state.running) return leaving.ask(list.unsaved());
    say("info", t("Something is under way: wait for it, or stop it."));
    return false;
  }

  /** Opens a picture, or lists several. @param {Iterable<File>} brought */
  async function take(brought) {
    const pictures = picturesAmong(brought);
    const [file = [...brought][0]] = pictures;
    if (pictures.length > 1 && (await leave())) await list.bring(pictures);
    else if (pictures.length < 2 && file) await workspace.open(file);
  }

  function update() {
    list.update();
    files.update();
  }
  return { element: files.element, dialog: leaving.element, update, step: files.step, take, saved: list.keep, follow: () => list.follow() };
}
