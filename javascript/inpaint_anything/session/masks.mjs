/**
 * From the document to the mask that is drawn and sent: each object is segmented by a request of its own, brush strokes
 * are painted and all are put together here, and the mask options, if any, are done by the server.
 *
 * Answers are kept by what was asked, so undo and redo ask nothing. The newest question of an object is the one that
 * counts: what is under way for an older one is broken off.
 *
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {import("../mask/rle.mjs").Counts} Counts
 * @typedef {import("../work/document.mjs").Document} Document
 * @typedef {import("../work/document.mjs").Selected} Selected
 * @typedef {import("../work/document.mjs").Options} Options
 * @typedef {Pick<Selected, "points" | "box" | "candidate">} Prompts
 *
 * @typedef {Pick<import("../server/client.mjs").Client, "segment" | "mask">} Server  the routes that are asked
 *
 * @typedef {{runs: Runs, mask: Counts, scores: number[]}} Answer  `mask` as the server gave it
 * @typedef {import("./refining.mjs").Shown} Shown
 *
 * @typedef {{key: string, controller: AbortController, done: Promise<void>}} Request  under way
 */

import { decode, encode } from "../mask/rle.mjs";
import { area, blank, touches, union } from "../mask/runs.mjs";
import { paint } from "../mask/strokes.mjs";
import { codeOf, isStale } from "../server/http.mjs";
import { asksSegmenter, EMPTY, effective, question } from "../work/document.mjs";
import { decodes } from "../work/record.mjs";
import { Adding } from "./adding.mjs";
import { dropFirst, NOTHING, Refining } from "./refining.mjs";

const KEPT = 400; // answers

export class Masks {
  /**
   * @param {Server} server
   * @param {object} tell
   * @param {(mask: Shown, time?: number) => void} tell.shown  time: of the click that the mask answers
   * @param {(error: unknown) => void} tell.failed @param {() => void} tell.changed  requests began or ended
   * @param {(milliseconds: number) => void} tell.answered  how long that took
   */
  constructor(server, tell) {
    this._server = server;
    this._tell = tell;
    /** @type {Shown} */
    this.shown = NOTHING;
    this._document = EMPTY;
    /** Of the segmenter. @type {Options} */
    this._settings = {};
    /** By question. @type {Map<string, Answer>} */
    this._answers = new Map();
    /** By the object's id. @type {Map<number, Request>} */
    this._requests = new Map();
    /** The last answer by the object's id, shown until there is a newer one. @type {Map<number, Runs>} */
    this._last = new Map();
    /** @type {WeakMap<Selected, {runs: Runs, result: Runs}>} */
    this._painted = new WeakMap();
    /** @type {WeakMap<Counts, Runs>} */
    this._decoded = new WeakMap();
    this._refining = new Refining(server, tell.failed);
    this.adding = new Adding(server, tell.failed, () => {
      this._show(this.shown);
      tell.changed();
    });
  }

  /** Whether requests are under way. */
  get waiting() {
    return this._requests.size > 0 || this._refining.done !== null || this.adding.done !== null;
  }

  /** Resolves when what is shown is what the document says, or could not be found out. */
  async settled() {
    while (this.waiting) {
      await Promise.all([...this._requests.values(), this._refining, this.adding].map(({ done }) => done));
    }
  }

  /**
   * Shows the mask of a document, and asks for what is not known.
   * @param {Document} doc @param {Options} settings  of the segmenter @param {number} [time]  when the click was that changed it
   */
  update(doc, settings, time) {
    const there = new Set(doc.objects.map(({ id }) => id));
    for (const id of this._last.keys()) {
      // after a step back, the next object has the id of one that is gone
      if (!there.has(id) || doc.image?.id !== this._document.image?.id) this._last.delete(id);
    }
    this._document = doc;
    this._settings = settings;
    const asked = this._unanswered();
    for (const [id, { key, controller }] of this._requests) {
      if (asked.get(id)?.key === key) asked.delete(id);
      else {
        controller.abort();
        this._requests.delete(id);
      }
    }
    for (const { key, object } of asked.values()) this._ask(key, object, time);
    this._compose(asked.size ? undefined : time);
    this._tell.changed();
  }

  /** What was answered for an object, or undefined. @param {Prompts} object @returns {Answer | undefined} */
  answerFor = (object) => this._answers.get(question(this._document, object, this._settings));

  /**
   * What would be selected by an object that is not in the document that is shown.
   * @param {Document} doc  that it is in @param {Selected} object @param {Options} settings @returns {Promise<Runs>}
   */
  async preview(doc, object, settings) {
    const key = question(doc, object, settings);
    return (this._answers.get(key) ?? (await this._segment(doc, key, object, settings))).runs;
  }

  /** What an action adds to what is pointed at. @param {{options?: Options, on?: boolean}} values  on: while it is shown */
  setAdding(values) {
    Object.assign(this.adding, values);
    this._compose();
    this._tell.changed();
  }

  /**
   * The ids of the objects whose masks touch these pixels; of all, where only what an action adds does.
   * @param {Runs} runs @returns {number[]}
   */
  touched(runs) {
    const objects = this._document.objects.filter((object) => object.visible);
    const under = objects.filter((object) => touches(this.of(object), runs));
    const added = !under.length && this.adding.shown?.runs && touches(this.adding.shown.runs, runs);
    return (added ? objects : under).map(({ id }) => id);
  }

  /**
   * An object's mask, with its strokes; while a new answer is on its way, the one before.
   * @param {Selected} object @returns {Runs}
   */
  of(object) {
    const runs = this._unpainted(object);
    const before = this._painted.get(object);
    if (before && (before.runs === runs || (!runs.spans.length && !before.runs.spans.length))) return before.result;
    const result = paint(runs, object.strokes);
    this._painted.set(object, { runs, result });
    return result;
  }

  /**
   * Answers in a form that can be stored.
   * @param {Set<string>} questions @returns {import("../work/record.mjs").Answer[]}
   */
  stored(questions) {
    return [...this._answers].filter(([key]) => questions.has(key)).map(([key, { mask, scores }]) => [key, { mask, scores }]);
  }

  /**
   * Puts stored answers back. One that is no mask is asked for again.
   * @param {import("../work/record.mjs").Answer[]} stored
   */
  restore(stored) {
    for (const [key, { mask, scores }] of stored) if (decodes(mask)) this._keep(key, { runs: decode(mask), mask, scores });
  }

  /** What has to be asked for the document, by the objects' ids. */
  _unanswered() {
    /** @type {Map<number, {key: string, object: Selected}>} */
    const found = new Map();
    for (const object of this._document.objects) {
      if (!object.visible || !asksSegmenter(object)) continue;
      const key = question(this._document, object, this._settings);
      if (!this._answers.has(key)) found.set(object.id, { key, object });
    }
    return found;
  }

  /** @param {string} key @param {Selected} object @param {number} [time] */
  _ask(key, object, time) {
    const controller = new AbortController();
    const start = performance.now();
    const done = this._segment(this._document, key, object, this._settings, controller.signal)
      .then(() => this._tell.answered(performance.now() - start))
      .catch((error) => this._failed(error, controller.signal))
      .then(() => {
        if (this._requests.get(object.id) !== request) return; // a newer question is under way
        this._requests.delete(object.id);
        this._compose(this._answers.has(key) ? time : undefined);
        this._tell.changed();
      });
    const request = { key, controller, done };
    this._requests.set(object.id, request);
  }

  /**
   * @param {Document} doc @param {string} key @param {Prompts} object @param {Options} settings @param {AbortSignal} [signal]
   * @returns {Promise<Answer>}
   */
  async _segment({ image }, key, { points, box, candidate }, settings, signal) {
    if (!image) throw new Error("There is no picture.");
    const body = { image: image.id, objects: [{ points, box }], candidate, ...settings };
    try {
      const { mask, objects } = await this._server.segment(body, signal);
      return this._keep(key, { runs: decode(mask), mask, scores: objects[0]?.scores ?? [] });
    } catch (error) {
      if (codeOf(error) !== "empty_selection") throw error;
      const runs = blank(image.width, image.height);
      return this._keep(key, { runs, mask: encode(runs), scores: [] });
    }
  }

  /** @param {string} key @param {Answer} answer @returns {Answer} */
  _keep(key, answer) {
    this._answers.set(key, answer);
    dropFirst(this._answers, KEPT);
    return answer;
  }

  /** The mask of all visible objects; then what the options make of it. @param {number} [time] */
  _compose(time) {
    const { image, objects, options } = this._document;
    const masks = image ? objects.filter((object) => object.visible).map((object) => this.of(object)) : [];
    const runs = masks.length ? masks.reduce(union) : null;
    const wanted = effective(options);
    this.adding.update({ doc: this._document, runs, unpainted: (object) => this._unpainted(object) });
    if (image && runs?.spans.length && Object.keys(wanted).length) {
      return this._refining.ask(image.id, { mask: encode(runs), options: wanted }, (refined) => {
        if (refined) this._show(refined, time); // null where it could not be asked
        this._tell.changed();
      });
    }
    this._refining.stop();
    this._show(runs?.spans.length ? { runs, area: area(runs), soft: null, sent: () => encode(runs) } : NOTHING, time);
  }

  /** An object's mask without its strokes. @param {Selected} object @returns {Runs} */
  _unpainted(object) {
    if (object.mask) return this._decode(object.mask);
    const answer = asksSegmenter(object) ? this.answerFor(object) : undefined;
    if (answer) this._last.set(object.id, answer.runs);
    const last = asksSegmenter(object) ? this._last.get(object.id) : undefined;
    const { width = 0, height = 0 } = this._document.image ?? {};
    return last ?? blank(width, height);
  }

  /** @param {Counts} mask @returns {Runs} */
  _decode(mask) {
    const runs = this._decoded.get(mask) ?? decode(mask);
    this._decoded.set(mask, runs);
    return runs;
  }

  /** @param {unknown} error @param {AbortSignal} signal */
  _failed(error, signal) {
    if (!isStale(error) && !signal.aborted) this._tell.failed(error);
  }

  /** @param {Shown} shown @param {number} [time] */
  _show(shown, time) {
    this.shown = shown;
    this._tell.shown(shown, time);
  }
}
