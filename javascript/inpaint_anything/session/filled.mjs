/**
 * What is filled in beside the picture: the fields of every action and of every form but the mask's, which the document
 * has, and the tab that is open. The widgets are Python's; they tell what a person gives them, and a reload puts it back.
 *
 * @typedef {import("../work/record.mjs").Filling} Filling
 * @typedef {import("../work/document.mjs").Options} Options
 * @typedef {"segmenter" | "everything" | "detect" | "text" | "subject" | "removal"} Form
 */

import { nested } from "../work/actions.mjs";
import { addedBy, frameOf, saysNothing, withSides } from "../work/extension.mjs";

export class Filled {
  /**
   * @param {Pick<import("../work/actions.mjs").Setup, "actions" | "forms" | "begin">} names  of fields
   * @param {{changed: (form: string) => void, filled: () => void}} tell  changed: an action or form says something else;
   *   filled: by us, so that the widgets are to say it too
   */
  constructor({ actions, forms, begin }, { changed, filled }) {
    /** The fields by action and form, in the order of the widgets. @type {[string, string[]][]} */
    this._fields = [
      ...Object.entries(actions).map(([name, { fields }]) => /** @type {[string, string[]]} */ ([name, fields])),
      ...Object.entries(forms).filter(([name]) => name !== "mask"),
    ];
    /** Those whose prompt says what is to be there, and not what is to be done. */
    this._described = Object.keys(actions).filter((name) => actions[name].route !== "edit");
    this._actions = actions;
    this._changed = changed;
    this._filled = filled;
    this._tab = "";
    /** As the widgets have them: of each action or form by the field's name. @type {Filling["values"]} */
    this._values = {};
    /** What a person has changed, of that which follows the checkpoint: "fill.steps". @type {Set<string>} */
    this.used = new Set();
    /** What the forms say, without what is empty. @type {{[form in Form]: Options}} */
    this.forms = { segmenter: {}, everything: {}, detect: {}, text: {}, subject: {}, removal: begin?.removal ?? {} };
  }

  /** The tab that is open; empty while it is the first one. */
  get tab() {
    return this._tab;
  }

  set tab(name) {
    this._tab = name;
    this._changed("");
  }

  /** An action or a form says this now. @param {string} name @param {unknown[]} values  in the order of its fields */
  set(name, values) {
    const fields = this._fields.find(([one]) => one === name)?.[1];
    if (!fields) return;
    this._values[name] = Object.fromEntries(fields.map((field, index) => [field, values[index]]));
    if (name in this.forms) this._read(/** @type {Form} */ (name));
    this._changed(name);
  }

  /** All of them say this now, or the first ones do. @param {unknown[]} values  in the order of the widgets */
  take(values) {
    let from = 0;
    for (const [name, fields] of this._fields) {
      if (from < values.length) this.set(name, values.slice(from, from + fields.length));
      from += fields.length;
    }
  }

  /** What an action or a form says, in the order of its fields, as far as it is known. @param {string} name @returns {unknown[]} */
  listed(name) {
    const fields = this._fields.find(([one]) => one === name)?.[1] ?? [];
    return fields.map((field) => this._values[name]?.[field]);
  }

  /** What all widgets are to say. @param {unknown[]} now  that they say @returns {unknown[]} */
  all(now) {
    const places = this._fields.flatMap(([name, fields]) => fields.map((field) => ({ field, values: this._values[name] ?? {} })));
    return places.map(({ field, values }, index) => (field in values ? values[field] : now[index]));
  }

  /** The prompts of another picture, for every action that makes what its prompt describes. @param {Options} prompts */
  describe(prompts) {
    for (const [name, fields] of this._fields) {
      const known = Object.entries(prompts).filter(([field]) => this._described.includes(name) && fields.includes(field));
      if (known.length) this._values[name] = { ...this._values[name], ...Object.fromEntries(known) };
    }
    this._changed("");
    this._filled();
  }

  /**
   * What the open tab adds to a picture, around it; null where it adds nothing.
   * @param {import("../mask/picture.mjs").Size | null} image
   */
  frame(image) {
    const values = this._values[this._tab] ?? {};
    const asks = this._actions[this._tab]?.asks;
    return image && asks && !saysNothing(asks, values) ? frameOf(values, image) : null;
  }

  /** Whether the open tab is one that adds something to a picture, around it. */
  get extends() {
    return Boolean(this._actions[this._tab]?.asks);
  }

  /**
   * What it adds on each side, nothing where it does not say so; null where it is none that does.
   * @param {import("../mask/picture.mjs").Size | null} image @returns {import("../work/extension.mjs").Added | null}
   */
  added(image) {
    if (!image || !this.extends) return null;
    const values = this._values[this._tab] ?? {};
    const nothing = { left: 0, right: 0, up: 0, down: 0 };
    return saysNothing(this._actions[this._tab].asks, values) ? nothing : addedBy(values, image) ?? nothing;
  }

  /** It adds that now. @param {import("../work/extension.mjs").Added} added @param {boolean} done  nothing more is to come */
  extend(added, done) {
    const fields = this._fields.find(([name]) => name === this._tab)?.[1] ?? [];
    this._values[this._tab] = withSides(this._values[this._tab] ?? {}, added, fields);
    this._changed(this._tab);
    if (done) this._filled();
  }

  /** What a reload is to keep. @returns {Filling} */
  kept = () => ({ tab: this._tab, values: this._values, used: [...this.used] });

  /** Goes on with what a reload has kept. @param {Filling} kept */
  restore({ tab, values, used = [] }) {
    for (const one of used) this.used.add(one);
    this._tab = tab;
    this._values = values;
    for (const name of /** @type {Form[]} */ (Object.keys(this.forms))) if (values[name]) this._read(name);
  }

  /** @param {Form} form */
  _read(form) {
    const values = this._values[form];
    const named = nested(Object.keys(values), Object.values(values));
    if (named.segmenter === "auto") delete named.segmenter; // the same, and known by one name
    this.forms[form] = named;
  }
}
