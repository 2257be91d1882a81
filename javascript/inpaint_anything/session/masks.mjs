/**
 * From the document to the mask that is drawn and sent: each object is segmented by a request of its own, brush strokes
 * are painted and all are put together here, and the mask options, if any, are done by the server.
 *
 * Answers are kept by what was asked, so undo and redo ask nothing. The newest question of an object is the one that
 * counts: what is under way for an older one is broken off.
 *
 * @typedef {import("../mask/runs.mjs").Runs} Runs
 * @typedef {{runs: Runs, mask: object, scores: number[]}} Found  `mask` as the server gave it
 * @typedef {object} Shown  the mask that is drawn and sent
 * @property {Runs | null} runs  null when nothing is selected @property {number} area  pixels, also of what is soft
 * @property {{width: number, height: number, values: Uint8Array, box: number[]} | null} soft  where its edge is soft
 * @property {() => string | object | null} sent  as a body has it: run lengths, or a PNG in base64
 */

import { greyValues, pngOf } from "../view/bitmaps.mjs";
import { isStale } from "../server/client.mjs";
import { asksSegmenter, effective, question } from "../work/document.mjs";
import { area, blank, decode, encode, fromPixels, union } from "../mask/runs.mjs";
import { paint } from "../mask/strokes.mjs";

const KEPT = 400; // answers
const NOTHING = { runs: null, area: 0, soft: null, sent: () => null };

export class Masks {
  /**
   * @param {import("../server/client.mjs").Client} client
   * @param {object} tell  what the workspace is told
   * @param {(mask: Shown, time?: number) => void} tell.shown  time: of the click that the mask answers
   * @param {(error: Error) => void} tell.failed @param {() => void} tell.changed  requests began or ended
   * @param {(milliseconds: number) => void} tell.took  how long an answer took
   */
  constructor(client, tell) {
    this.client = client;
    this.tell = tell;
    /** @type {Map<string, Found>} */
    this.found = new Map();
    /** @type {Shown} */
    this.shown = NOTHING;
    this._asked = new Map(); // object id -> {key, controller, done}
    this._last = new Map(); // object id -> the last answer, shown until there is a newer one
    this._painted = new WeakMap(); // object -> {runs, result}
    this._refined = new Map(); // question -> Shown
    this._refining = null; // {key, controller, done}
    this._document = null;
  }

  /** Whether requests are under way. */
  get waiting() {
    return this._asked.size > 0 || this._refining !== null;
  }

  /** Resolves when what is shown is what the document says, or could not be found out. */
  async settled() {
    while (this.waiting) {
      await Promise.all([...[...this._asked.values()].map(({ done }) => done), this._refining?.done]);
    }
  }

  /**
   * Shows the mask of a document, and asks for what is not known.
   * @param {import("../work/document.mjs").Document} document @param {object} settings  of the segmenter
   * @param {number} [time]  when the click was that changed it
   */
  update(document, settings, time) {
    const there = new Set(document.objects.map(({ id }) => id));
    for (const id of this._last.keys()) {
      // after a step back, the next object has the id of one that is gone
      if (!there.has(id) || document.image.id !== this._document.image.id) this._last.delete(id);
    }
    this._document = document;
    this._settings = settings;
    const wanted = new Map();
    for (const object of document.objects) {
      const key = object.visible && asksSegmenter(object) ? question(document, object, settings) : null;
      if (key && !this.found.has(key)) wanted.set(object.id, { key, object });
    }
    for (const [id, { key, controller }] of this._asked) {
      if (wanted.get(id)?.key === key) wanted.delete(id);
      else {
        controller.abort();
        this._asked.delete(id);
      }
    }
    for (const { key, object } of wanted.values()) this._ask(key, object, time);
    this._compose(wanted.size ? undefined : time);
    this.tell.changed();
  }

  /** What was answered for an object, or undefined. @returns {Found | undefined} */
  about = (object) => this.found.get(question(this._document, object, this._settings));

  /** What would be selected by an object that is not in the document. @returns {Promise<Runs>} */
  async preview(document, object, settings, signal) {
    const key = question(document, object, settings);
    return (this.found.get(key) ?? (await this._segment(document, key, object, settings, signal))).runs;
  }

  /** The ids of the objects whose masks touch these pixels. @param {Runs} runs @returns {number[]} */
  touched(runs) {
    const objects = this._document.objects.filter((object) => object.visible);
    return objects.filter((object) => touches(this._paint(object), runs)).map((object) => object.id);
  }

  /** How many pixels an object has, as far as known. @returns {number} */
  areaOf = (object) => area(this._paint(object));

  /** The mask of an object, its strokes included. @returns {Runs} */
  of = (object) => this._paint(object);

  /** Answers in a form that can be stored. @param {Set<string>} keys */
  stored = (keys) =>
    [...this.found].filter(([key]) => keys.has(key)).map(([key, { mask, scores }]) => [key, { mask, scores }]);

  /** Puts stored answers back. */
  restore(stored) {
    for (const [key, { mask, scores }] of stored) this._keep(key, { runs: decode(mask), mask, scores });
  }

  _ask(key, object, time) {
    const controller = new AbortController();
    const asked = { key, controller };
    const start = performance.now();
    asked.done = this._segment(this._document, key, object, this._settings, controller.signal)
      .then(() => this.tell.took(performance.now() - start))
      .catch((error) => isStale(error) || controller.signal.aborted || this.tell.failed(error))
      .then(() => {
        if (this._asked.get(object.id) !== asked) return; // a newer question is under way
        this._asked.delete(object.id);
        this._compose(this.found.has(key) ? time : undefined);
        this.tell.changed();
      });
    this._asked.set(object.id, asked);
  }

  async _segment(document, key, { points, box, candidate }, settings, signal) {
    const { image } = document;
    const body = { image: image.id, objects: [{ points, box }], candidate, ...settings };
    let found;
    try {
      const answer = await this.client.segment(body, signal);
      found = { runs: decode(answer.mask), mask: answer.mask, scores: answer.objects[0]?.scores ?? [] };
    } catch (error) {
      if (error.code !== "empty_selection") throw error;
      const runs = blank(image.width, image.height);
      found = { runs, mask: encode(runs), scores: [] };
    }
    return this._keep(key, found);
  }

  _keep(key, found) {
    this.found.set(key, found);
    if (this.found.size > KEPT) this.found.delete(this.found.keys().next().value);
    return found;
  }

  /** The mask of all visible objects; then what the options make of it. */
  _compose(time) {
    const { image, objects, options } = this._document;
    const parts = image ? objects.filter((object) => object.visible).map((object) => this._paint(object)) : [];
    const runs = parts.length ? parts.reduce(union) : null;
    const wanted = effective(options);
    if (runs?.spans.length && Object.keys(wanted).length) return this._refine(encode(runs), wanted, time);
    this._refining?.controller.abort();
    this._refining = null;
    this._show(runs?.spans.length ? { runs, area: area(runs), soft: null, sent: () => encode(runs) } : NOTHING, time);
  }

  /** An object's mask: what was found, or found last while a new answer is on its way, with its strokes. */
  _paint(object) {
    const { width, height } = this._document.image;
    const found = asksSegmenter(object) ? this.about(object) : null;
    if (found) this._last.set(object.id, found.runs);
    const runs = object.mask
      ? this._decoded(object.mask)
      : asksSegmenter(object) ? found?.runs ?? this._last.get(object.id) ?? blank(width, height) : blank(width, height);
    const before = this._painted.get(object);
    if (before && (before.runs === runs || (!runs.spans.length && !before.runs.spans.length))) return before.result;
    const result = paint(runs, object.strokes);
    this._painted.set(object, { runs, result });
    return result;
  }

  _decoded(mask) {
    const runs = this._painted.get(mask) ?? decode(mask);
    this._painted.set(mask, runs);
    return runs;
  }

  /** Asks the server what the options make of a mask. What was shown stays until then. */
  _refine(mask, options, time) {
    const { image } = this._document;
    const key = JSON.stringify([image.id, mask.counts, options]);
    if (this._refining?.key === key) return;
    this._refining?.controller.abort();
    this._refining = null;
    const known = this._refined.get(key);
    if (known) return this._show(known, time);
    const controller = new AbortController();
    const refining = { key, controller };
    const body = { mask, options, image: options.refine_edges ? image.id : undefined };
    refining.done = this._refined_by_server(body, image, controller.signal)
      .catch((error) => (isStale(error) || controller.signal.aborted ? null : this.tell.failed(error)))
      .then((shown) => {
        if (this._refining !== refining) return;
        this._refining = null;
        if (shown) {
          this._refined.set(key, shown);
          if (this._refined.size > 8) this._refined.delete(this._refined.keys().next().value);
          this._show(shown, time);
        }
        this.tell.changed();
      });
    this._refining = refining;
  }

  async _refined_by_server(body, { width, height }, signal) {
    const soft = Boolean(body.options.feather);
    const answer = await this.client.mask({ ...body, mask_format: soft ? "png" : "rle" }, signal);
    if (!answer.area) return NOTHING;
    if (!soft) return { runs: decode(answer.mask), area: answer.area, soft: null, sent: () => answer.mask };
    const values = await greyValues(pngOf(answer.mask.data));
    const runs = fromPixels(values, width, height);
    return { runs, area: answer.area, soft: { width, height, values, box: answer.box }, sent: () => answer.mask.data };
  }

  _show(shown, time) {
    this.shown = shown;
    this.tell.shown(shown, time);
  }
}

function touches(a, b) {
  for (let x = 0; x < a.width; x++) {
    for (let i = a.columns[x], j = b.columns[x]; i < a.columns[x + 1] && j < b.columns[x + 1]; ) {
      if (a.spans[i] < b.spans[j + 1] && b.spans[j] < a.spans[i + 1]) return true;
      if (a.spans[i + 1] < b.spans[j + 1]) i += 2;
      else j += 2;
    }
  }
  return false;
}
