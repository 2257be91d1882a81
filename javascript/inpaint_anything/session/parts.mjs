/**
 * The parts of a workspace, put together: gestures change the document, the document is asked of the server, what comes
 * back is drawn, and all of it is kept. Each part is given what it needs, and none knows the whole.
 *
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {import("../work/actions.mjs").Setup} Setup
 *
 * @typedef {object} Given
 * @property {import("../server/client.mjs").Client} client @property {import("./keeper.mjs").Storage} storage
 * @property {Setup} setup
 *
 * @typedef {object} Tell  what is told of it
 * @property {() => void} changed  what is shown is another
 * @property {(one: import("./results.mjs").Shown | null) => void} added  there are new results; one: to be looked at
 * @property {() => void} once  "Remove at once" asks for it
 * @property {() => void} filled  the widgets are to say what is filled in
 * @property {(text: string) => void} say @property {(error: unknown) => void} fail @property {() => void} nothing  is selected
 * @property {() => void} done  something has succeeded
 */

import { Cursor } from "../input/cursor.mjs";
import { Hover } from "../input/hover.mjs";
import { Pointer } from "../input/pointer.mjs";
import { Tools } from "../input/tools.mjs";
import { Bitmaps } from "../view/bitmaps.mjs";
import { Canvas } from "../view/canvas.mjs";
import { questionsIn } from "../work/record.mjs";
import { Editing } from "./editing.mjs";
import { Filled } from "./filled.mjs";
import { targetOf } from "./gestures.mjs";
import { Everything } from "./everything.mjs";
import { Incoming } from "./incoming.mjs";
import { Keeper } from "./keeper.mjs";
import { Masks } from "./masks.mjs";
import { Onward } from "./onward.mjs";
import { Opening } from "./opening.mjs";
import { Outgoing } from "./outgoing.mjs";
import { Results } from "./results.mjs";
import { Runner } from "./runner.mjs";
import { Showing } from "./showing.mjs";
import { Waiting } from "./waiting.mjs";

export class Parts {
  /** @param {HTMLElement} place  for the canvas @param {Given} given @param {Tell} tell */
  constructor(place, { client, storage, setup }, tell) {
    this.client = client;
    this.setup = setup;
    this.settings = setup.settings ?? {};
    this._tell = tell;
    this.filled = new Filled(setup, { changed: (form) => this._filled(form), filled: tell.filled });
    this.forms = this.filled.forms;
    /** While what a reload has kept is put back. @type {Promise<void> | null} */
    this._restoring = null;
    this.canvas = new Canvas(place);
    this.canvas.onview = tell.changed;
    this.canvas.setAppearance(this.settings);

    this.bitmaps = new Bitmaps(client);
    client.findPicture = (id) => this.bitmaps.blobs.get(id);
    this.waiting = new Waiting(client, { changed: tell.changed, encoded: () => this.hover.answered(0) });
    this.masks = new Masks(client, {
      shown: (_, time) => this.showing.found(time),
      failed: tell.fail,
      changed: () => this._masksAsked(),
      answered: (milliseconds) => (this.hover.answered(milliseconds), tell.done()),
    });
    this.everything = new Everything(this._forEverything());
    this.editing = new Editing(this._forEditing());
    this.opening = new Opening(this._forOpening());
    this.results = new Results(client, this.bitmaps, this._changed);
    this.onward = new Onward(this._forOnward());
    this.runner = new Runner(this._forRunner());
    this.keeper = new Keeper(storage, this._forKeeper());
    this.outgoing = new Outgoing({ ...this, document: () => this.editing.document, ...tell });
    this.incoming = new Incoming({ ...this, ...tell });

    this.hover = new Hover((at) => this.showing.preview(at), (hover) => this.canvas.set({ hover }));
    this.showing = new Showing(this._forShowing());
    const target = targetOf({ ...this, endCursor: () => this.cursor.end(), resize: (radius) => this.resize(radius) });
    this.tools = new Tools(this.canvas, target);
    this.cursor = new Cursor(this.canvas, this.tools, target);
    new Pointer(this.canvas, this.tools);
    this.masks.setAdding({ options: this.forms.removal, on: true }); // the tab that is open at first
  }

  /** As Workspace.settled. */
  async settled() {
    await this._restoring;
    while (this.opening.done || this.masks.waiting) await Promise.all([this.opening.done, this.masks.settled()]);
    this.canvas.draw();
  }

  /** Goes on with what a reload has kept. */
  restore() {
    this._restoring = this.keeper.restore();
  }

  /** @returns {import("./everything.mjs").Work} */
  _forEverything() {
    return {
      document: () => this.editing.document,
      change: (doc) => this.editing.change(doc),
      settings: () => this.forms,
      job: (route, body, how) => this.waiting.job("find", how, (watch) => this.client.job(route, body, watch)),
      ...this._tell,
      show: (segments) => (this.canvas.set({ segments, hover: null }), this._tell.changed()),
      tell: this._tell.say,
    };
  }

  /** @returns {import("./editing.mjs").Work} */
  _forEditing() {
    const { masks, everything } = this;
    return { masks, everything, base: () => this.runner.base, changed: this._follow, tell: this._tell.say };
  }

  /** @returns {import("./opening.mjs").Work} */
  _forOpening() {
    return {
      bitmaps: this.bitmaps,
      canvas: this.canvas,
      waiting: this.waiting,
      save: (id, file) => this.keeper.savePicture(id, file),
      opened: (image) => this.editing.setImage(image),
      drawn: () => {
        this.everything.clear();
        this.encode();
      },
      ...this._tell,
    };
  }

  /** @returns {import("./runner.mjs").Work} */
  _forRunner() {
    return {
      client: this.client,
      actions: this.setup.actions,
      save: this.settings.save,
      waiting: this.waiting,
      results: this.results,
      document: () => this.editing.document,
      mask: () => this.masks.adding.shown ?? this.masks.shown,
      show: (action) => this.masks.setAdding({ on: this.setup.actions[action]?.adds }),
      settled: () => this.settled(),
      keep: () => this.keeper.save(),
      kept: () => this.keeper.saved(),
      take: (results, base) => this.onward.take(results, base),
      ended: (well) => this.onward.ended(well),
      ...this._tell,
    };
  }

  /** @returns {import("./onward.mjs").Work} */
  _forOnward() {
    return {
      editing: this.editing,
      opening: this.opening,
      bitmaps: this.bitmaps,
      canvas: this.canvas,
      running: () => this.runner.running,
      ask: this._tell.once,
      ...this._tell,
      changed: this._changed,
    };
  }

  /** @returns {import("./keeper.mjs").Work} */
  _forKeeper() {
    return {
      state: () => this._kept(),
      bitmaps: this.bitmaps,
      results: this.results,
      begun: () => Boolean(this.editing.document.image || this.opening.done),
      goOn: (record, masks, own) => {
        this.filled.restore(record.filled);
        this.masks.setAdding({ options: this.forms.removal });
        this._tell.filled();
        this.masks.restore(record.answers);
        this.results.restore(record.results, masks);
        this.tools.setRadius(record.brushRadius);
        this.onward.setOnce(record.once ?? false);
        this.editing.go(record.history);
        this.runner.resume(own ? record.job : null);
      },
      tell: this._tell.say,
    };
  }

  /** @returns {import("./showing.mjs").Work} */
  _forShowing() {
    const { canvas, masks, everything, hover, filled } = this;
    return {
      canvas, masks, everything, hover, filled,
      tools: () => this.tools,
      document: () => this.editing.document,
      hovers: () => this.settings.hover !== false && !this.runner.running,
      changed: this._tell.changed,
    };
  }

  /** @param {number} radius  of the brush, in pixels of the place */
  resize(radius) {
    this.tools.setRadius(radius);
    this._changed();
  }

  /** What is kept and shown is another. */
  _changed = () => {
    this.keeper.save();
    this._tell.changed();
  };

  /** Draws and asks for what the document now says. @param {number} [time]  of the click */
  _follow = (time) => {
    const doc = this.editing.document;
    this.hover.move(null, null);
    this.opening.show(doc.image);
    this.showing.frame();
    this.masks.update(doc, this.forms.segmenter, time);
    const visible = doc.objects.filter((object) => object.visible || object.id === doc.active);
    const prompts = visible.map(({ id, points, box }) => ({ points, box, active: id === doc.active }));
    this.canvas.set({ prompts, highlight: null });
    this._tell.changed();
    this.keeper.save();
  };

  /** @param {string} form  that says something else */
  _filled(form) {
    this.keeper.save();
    this.showing.frame();
    if (form === "removal") this.masks.setAdding({ options: this.forms.removal });
    if (form !== "segmenter") return;
    this.encode();
    this.masks.update(this.editing.document, this.forms.segmenter);
  }

  /** Has the picture prepared ahead of the first click. */
  encode = () => this.waiting.encode(this.editing.document.image?.id ?? null, this.forms.segmenter.segmenter);

  /** Requests for masks began or ended. */
  _masksAsked() {
    this.waiting.masks(this.masks.waiting);
    if (!this.masks.waiting) this.keeper.save(); // with the answers
    this._tell.changed();
  }

  /** What a reload is to keep. */
  _kept() {
    const { history } = this.editing;
    return {
      history,
      results: this.results.stored(),
      job: this.runner.job,
      answers: this.masks.stored(questionsIn(history, this.forms.segmenter)),
      brushRadius: this.tools.brushRadius,
      once: this.onward.once,
      filled: this.filled.kept(),
    };
  }
}
