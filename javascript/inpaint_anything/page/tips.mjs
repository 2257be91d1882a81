/**
 * A line below the picture for who has only what is built in: how that works best, and a button that gets what works better.
 *
 * @typedef {import("../server/client.mjs").Model} Model
 * @typedef {import("../server/client.mjs").ModelList} ModelList
 * @typedef {import("../session/workspace.mjs").State} State
 * @typedef {Pick<import("../server/client.mjs").Client, "models" | "download">} Client
 */

import { t } from "../words.mjs";
import { iconButton, make, show } from "./dom.mjs";
import { buildFetching } from "./fetching.mjs";
import { icon } from "./icons.mjs";

/**
 * By the kind of model that is lacking: what is told, and where that is told as well though nothing can be fetched.
 * @returns {{kind: string, text: string, alone: boolean, isDue: (state: State) => boolean}[]}
 */
const TIPS = () => [
  {
    kind: "eraser", alone: false, isDue: (state) => state.results.some(({ action }) => action === "remove"),
    text: t("A network fills large holes better than what is built in."),
  },
  {
    kind: "segmenter", alone: true, isDue: (state) => state.image !== null,
    text: t("Without a network, a box takes a thing better than a click: drag one around it."),
  },
];

/** @param {Client} client @param {{offline?: boolean}} setup */
export function buildTips(client, setup) {
  /** @type {ModelList | null} */
  let list = null;
  let asked = false;
  /** @type {State | null} */
  let now = null;
  const tips = TIPS().map((tip) => ({ ...tip, ...buildTip(tip.text, client, refresh, () => draw()) }));
  const element = make("div", { class: "ia-tips" }, ...tips.map((tip) => tip.element));

  async function refresh() {
    list = await client.models().catch(() => null); // the drawer of models says what is wrong
    for (const tip of tips) tip.offer(list ? offered(list, tip.kind) : null);
    draw();
  }

  function draw() {
    const state = now;
    const lacking = tips.filter(({ kind, alone, isDue, isOver }) =>
      list && state && isDue(state) && !isOver() && !hasNetwork(list, kind) && (alone || offered(list, kind)));
    for (const tip of tips) show(tip.element, tip.isBusy() || (tip === lacking[0] && !tips.some((one) => one.isBusy())));
  }

  /** @param {ModelList} models @param {string} kind */
  const offered = (models, kind) =>
    setup.offline || models.recommended.reason ? null : models.models.find(({ name, kind: one }) => one === kind && models.recommended.names.includes(name)) ?? null;

  /** @param {State} state */
  function update(state) {
    now = state;
    if (!asked) {
      asked = true; // before a picture is there: a line that came later would move it
      refresh();
    }
    draw();
  }
  return { element, update };
}

/** Whether there is more than what is built in. @param {ModelList} list @param {string} kind */
const hasNetwork = ({ models }, kind) => models.some((model) => model.kind === kind && model.ready && model.bytes > 0);

/**
 * @param {string} text @param {Client} client @param {() => Promise<void>} refresh @param {() => void} changed
 */
function buildTip(text, client, refresh, changed) {
  const place = make("div", { class: "ia-tip-get" });
  const close = iconButton("close", t("Dismiss"), () => {
    over = true;
    changed();
  });
  const element = make("div", { class: "ia-tip", hidden: true }, icon("info"), make("span", { class: "ia-tip-text", text }), place, close);
  let over = false;
  /** @type {ReturnType<typeof buildFetching> | null} */
  let fetching = null;

  /** @param {Model | null} model  that can be fetched */
  function offer(model) {
    if (model && !fetching) {
      const label = t("Get {names}, {count} MB", { names: model.label, count: Math.round(model.bytes / 1e6) });
      fetching = buildFetching(client, model.name, label, refresh);
      place.append(fetching.state, fetching.bar, fetching.button, fetching.stop);
    }
    fetching?.update(Boolean(model) && !model?.ready, "");
  }
  return { element, offer, isOver: () => over, isBusy: () => Boolean(fetching && !fetching.bar.hidden) };
}
