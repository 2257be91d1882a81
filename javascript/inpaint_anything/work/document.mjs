/**
 * What a person has made: the picture and what is selected in it. Pure and immutable: every verb gives a new document,
 * and what is not changed stays the same object.
 *
 * @typedef {object} Thing  one thing a person points at, as Selection in lib_inpaint/schema/selecting.py
 * @property {number} id @property {string} name  may be empty @property {boolean} visible
 * @property {"prompts" | "text" | "everything" | "brush"} kind
 * @property {[number, number, 0 | 1][]} points  x, y in pixels of the picture, 1 include or 0 exclude
 * @property {[number, number, number, number] | null} box  left, top, right, bottom
 * @property {import("../mask/strokes.mjs").Stroke[]} strokes  painted onto the mask, in this order
 * @property {number | null} candidate  which of the segmenter's proposals; null is its best
 * @property {import("../mask/runs.mjs").Counts | null} mask  of a thing that everything mode found
 *
 * @typedef {object} Document
 * @property {{id: string, width: number, height: number, name: string} | null} image
 * @property {Thing[]} objects @property {number | null} active  the id of the object that clicks refine
 * @property {Object<string, unknown>} options  as MaskOptions @property {number} next  the id of the next object
 */

/** @type {Document} */
export const EMPTY = { image: null, objects: [], active: null, options: {}, next: 1 };

/** Another picture, in which nothing is selected yet. @returns {Document} */
export const withImage = (document, image) => ({ ...EMPTY, image, options: document.options });

/** The object that clicks refine, or undefined. @param {Document} document @returns {Thing | undefined} */
export const active = (document) => document.objects.find((one) => one.id === document.active);

/** Whether a segmenter is needed for an object: brush strokes alone are painted as they are. @param {Thing} object */
export const asksSegmenter = (object) => Boolean(object.box || object.points.some(([, , label]) => label));

/** Whether clicks refine the object; for a brush stroke or a found segment they start another. */
export const takesPrompts = (object) => object !== undefined && ["prompts", "text"].includes(object.kind);

/** One more point, of the active object or of a new one. @returns {Document} */
export function addPoint(document, x, y, label) {
  const now = active(document);
  if (!takesPrompts(now)) return add(document, { kind: "prompts", points: [[x, y, label]] });
  return change(document, now.id, { points: [...now.points, [x, y, label]], candidate: null });
}

/** A box around the active object, in place of an earlier one, or around a new object. @returns {Document} */
export function setBox(document, box) {
  const now = active(document);
  if (!takesPrompts(now)) return add(document, { kind: "prompts", box });
  return change(document, now.id, { box, candidate: null });
}

/** A brush stroke on the active object, or a new object of its own. @returns {Document} */
export function addStroke(document, stroke) {
  const now = active(document);
  if (now === undefined || !now.visible) return add(document, { kind: "brush", strokes: [stroke] });
  return change(document, now.id, { strokes: [...now.strokes, stroke] });
}

/** An erasing stroke on all objects that it touches. @param {number[]} touched  their ids @returns {Document} */
export function erase(document, stroke, touched) {
  return touched.reduce((result, id) => {
    const { strokes } = result.objects.find((one) => one.id === id);
    return change(result, id, { strokes: [...strokes, stroke] });
  }, document);
}

/** A new object, which becomes the active one. @param {Partial<Thing>} parts @returns {Document} */
export function add(document, parts) {
  const object = { name: "", visible: true, points: [], box: null, strokes: [], candidate: null, mask: null, ...parts };
  const id = document.next;
  return { ...document, objects: [...document.objects, { id, ...object }], active: id, next: id + 1 };
}

/** The next click starts a new object. @returns {Document} */
export const newObject = (document) => ({ ...document, active: null });

/** Clicks go to that object. @returns {Document} */
export const activate = (document, id) =>
  document.objects.some((one) => one.id === id) ? { ...document, active: id } : document;

/** An object shown or hidden. @returns {Document} */
export function toggle(document, id) {
  const object = document.objects.find((one) => one.id === id);
  return object ? change(document, id, { visible: !object.visible }) : document;
}

/** Without that object. @returns {Document} */
export function remove(document, id) {
  const objects = document.objects.filter((one) => one.id !== id);
  if (objects.length === document.objects.length) return document;
  return { ...document, objects, active: document.active === id ? null : document.active };
}

/** With nothing selected. @returns {Document} */
export const clear = (document) => (document.objects.length ? { ...document, objects: [], active: null } : document);

/** Some values of an object changed. @param {Partial<Thing>} values @returns {Document} */
export const change = (document, id, values) => ({
  ...document,
  objects: document.objects.map((one) => (one.id === id ? { ...one, ...values } : one)),
});

/** What is done to the mask. @param {Object<string, unknown>} options @returns {Document} */
export function setOptions(document, options) {
  const same = JSON.stringify(options) === JSON.stringify(document.options);
  return same ? document : { ...document, options };
}

/**
 * The options that do something: those that are neither empty nor zero.
 * @param {Object<string, unknown>} options @returns {Object<string, unknown>}
 */
export const effective = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value));

/**
 * What the segmenter is asked for an object, as text: the same text means the same mask.
 * @param {Document} document @param {Thing} object @param {Object<string, unknown>} settings  of the segmenter
 * @returns {string}
 */
export const question = (document, { points, box, candidate }, settings) =>
  JSON.stringify([document.image.id, settings, points, box, candidate]);
