/**
 * The list of a folder's pictures below the canvas: the one before and the next one, and small pictures of those in sight.
 *
 * @typedef {import("../session/filelist.mjs").FileList} FileList
 * @typedef {import("../session/filelist.mjs").Entry} Entry
 *
 * @typedef {object} Around
 * @property {FileList} list @property {Pick<import("../server/client.mjs").Client, "listed">} client
 * @property {(number: number) => void} go  to another one of them
 */

import { t } from "../words.mjs";
import { iconButton, make, show, write } from "./dom.mjs";
import { icon } from "./icons.mjs";

const WIDTH = 78; // pixels from one small picture to the next
const BEYOND = 4; // that are ready on both sides of what is in sight
const RESTING = 80; // milliseconds after which somebody who scrolls is taken to look

/** @param {Around} around */
export function buildFiles({ list, client, go }) {
  const step = (/** @type {1 | -1} */ by) => {
    const number = list.beside(by);
    return number === null ? null : () => go(number);
  };
  const before = iconButton("before", t("The picture before"), () => step(-1)?.(), { key: "PageUp" });
  const after = iconButton("after", t("The next picture"), () => step(1)?.(), { key: "PageDown" });
  const name = make("b", { class: "ia-name" });
  const place = make("span", { class: "ia-quiet" });
  const room = make("div", { class: "ia-files-room", role: "list" });
  const sight = make("div", { class: "ia-files-sight", on: { scroll: rest } }, room);
  const element = make("section", { class: "ia-files", "aria-label": t("Pictures"), hidden: true },
    before, make("div", { class: "ia-files-about" }, name, place), after, sight);
  /** Those that are there, by their number. @type {Map<number, ReturnType<typeof buildCard>>} */
  const cards = new Map();
  let seen = -1; // the number that was brought into sight last
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer = undefined;
  new ResizeObserver(draw).observe(sight);

  function rest() {
    clearTimeout(timer);
    timer = setTimeout(draw, RESTING);
  }

  /** Has those there that are in sight, and no others. */
  function draw() {
    const from = Math.max(0, Math.floor(sight.scrollLeft / WIDTH) - BEYOND);
    const to = Math.min(list.total, Math.ceil((sight.scrollLeft + sight.clientWidth) / WIDTH) + BEYOND);
    for (const [number, card] of cards) {
      if (number >= from && number < to && card.entry === list.entry(number)) continue;
      card.element.remove();
      cards.delete(number);
    }
    for (let number = from, last = null; number < to; number++) {
      const entry = list.entry(number);
      if (!entry) continue;
      const card = cards.get(number) ?? buildCard(entry, number, { client, list, go });
      if (!cards.has(number)) room.insertBefore(card.element, last ? last.nextSibling : room.firstChild); // Tab goes in this order
      cards.set(number, card);
      card.update();
      last = card.element;
    }
    if (to > from) list.need(from, to);
  }

  function update() {
    show(element, list.total > 1);
    if (list.total < 2) return;
    const entry = list.entry(list.at);
    write(name, entry?.name ?? t("Pictures"));
    name.title = entry?.name ?? "";
    write(place, list.at < 0 ? String(list.total) : t("{n} of {count}", { n: list.at + 1, count: list.total }));
    before.disabled = list.beside(-1) === null;
    after.disabled = list.beside(1) === null;
    room.style.width = `${list.total * WIDTH}px`;
    if (seen !== list.at) {
      seen = list.at;
      sight.scrollLeft = list.at * WIDTH - (sight.clientWidth - WIDTH) / 2;
    }
    draw();
  }
  return { element, update, step };
}

/** @param {Entry} entry @param {number} number @param {Around} around */
function buildCard(entry, number, { client, list, go }) {
  const done = make("span", { class: "ia-files-done", title: t("Saved") }, icon("done"));
  const button = make("button", { type: "button", class: "ia-card", title: entry.name, on: { click: () => go(number) } });
  const broken = () => button.classList.add("ia-broken");
  if (entry.file) {
    const canvas = make("canvas", { width: 144, height: 96, "aria-hidden": "true" });
    button.append(canvas, done);
    const { file } = entry;
    setTimeout(() => list.draw(canvas, file).catch(broken)); // when it is on the page
  } else {
    button.append(make("img", { alt: "", draggable: false, src: `${client.listed(entry.name)}/thumbnail`, on: { error: broken } }), done);
  }
  const element = make("div", {
    class: "ia-file", role: "listitem", "aria-setsize": String(list.total), "aria-posinset": String(number + 1),
  }, button);
  element.style.left = `${number * WIDTH}px`;

  function update() {
    show(done, entry.done);
    button.setAttribute("aria-label", entry.done ? t("{name}, saved", { name: entry.name }) : entry.name);
    button.setAttribute("aria-pressed", String(list.at === number));
  }
  return { entry, element, update };
}
