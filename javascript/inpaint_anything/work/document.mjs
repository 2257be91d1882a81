/**
 * What a person has selected, and in which picture. Pure and immutable: every verb gives a new document, and what is not
 * changed stays the same object.
 *
 * @typedef {object} Selected  one object that is selected, as Selection in Python's schema
 * @property {number} id @property {string} name  may be empty @property {boolean} visible
 * @property {"prompts" | "text" | "everything" | "brush"} kind
 * @property {Point[]} points @property {import("../mask/picture.mjs").Box | null} box
 * @property {import("../mask/strokes.mjs").Stroke[]} strokes  painted onto the mask, in this order
 * @property {number | null} candidate  which of the segmenter's proposals; null is its best
 * @property {import("../mask/rle.mjs").Counts | null} mask  of a segment that everything mode found
 *
 * @typedef {[number, number, 0 | 1]} Point  x, y in pixels of the picture, 1 include or 0 exclude
 * @typedef {{id: string, width: number, height: number}} Stored  a picture by its id on the server
 * @typedef {Stored & {offset: [number, number]}} Origin  the picture that was opened; offset: where it lies in what was made of it
 * @typedef {Stored & {name: string, origin?: Origin}} Image  origin: of one that was made
 * @typedef {{[name: string]: unknown}} Options  as MaskOptions, or the settings of a segmenter
 *
 * @typedef {"add" | "subtract" | "intersect"} Combine  what a mask of a person's own does to what is selected
 *
 * @typedef {object} Document
 * @property {Image | null} image @property {Selected[]} objects
 * @property {number | null} active  the id of the object that clicks refine
 * @property {Options} options  of the mask @property {number} next  the id of the next object
 */

/** @type {Document} */
export const EMPTY = { image: null, objects: [], active: null, options: {}, next: 1 };

/** Another picture, in which nothing is selected yet. @param {Document} doc @param {Image} image @returns {Document} */
export const withImage = (doc, image) => ({ ...EMPTY, image, options: doc.options });

/**
 * The picture that was made of a document: what was selected in that is done with, what was selected since stays.
 * @param {Document} doc  as it is now @param {Document} base  that the picture was made of @param {Image} image
 * @returns {Document}
 */
export function withResult(doc, base, image) {
  const isAsLarge = image.width === doc.image?.width && image.height === doc.image.height;
  const objects = isAsLarge ? doc.objects.map((object) => since(object, find(base, object.id))).filter((object) => object !== null) : [];
  if (!objects.length) return withImage(doc, image);
  return { ...doc, image, objects, active: objects.some(({ id }) => id === doc.active) ? doc.active : null };
}

/**
 * What is new of an object: all of it, or what was painted onto it.
 * @param {Selected} object @param {Selected | undefined} before @returns {Selected | null} null where nothing is
 */
function since(object, before) {
  if (!before) return object;
  const strokes = object.strokes.slice(before.strokes.length);
  return strokes.length ? { ...object, kind: "brush", points: [], box: null, candidate: null, mask: null, strokes } : null;
}

/** An object by its id. @param {Document} doc @param {number | null} id @returns {Selected | undefined} */
export const find = (doc, id) => doc.objects.find((object) => object.id === id);

/** The object that clicks refine, or undefined. @param {Document} doc @returns {Selected | undefined} */
export const active = (doc) => find(doc, doc.active);

/**
 * Whether a segmenter is needed for an object: brush strokes alone are painted as they are.
 * @param {Pick<Selected, "points" | "box">} object
 */
export const asksSegmenter = (object) => Boolean(object.box || object.points.some(([, , label]) => label));

/**
 * Whether clicks refine the object; for a brush stroke or a found segment they start another.
 * @param {Selected} object
 */
export const takesPrompts = (object) => ["prompts", "text"].includes(object.kind);

/** The active object, where clicks refine it. @param {Document} doc */
function refined(doc) {
  const object = active(doc);
  return object && takesPrompts(object) ? object : null;
}

/**
 * One more point, of the active object or of a new one.
 * @param {Document} doc @param {number} x @param {number} y @param {0 | 1} label @returns {Document}
 */
export function addPoint(doc, x, y, label) {
  const object = refined(doc);
  if (!object) return add(doc, { kind: "prompts", points: [[x, y, label]] });
  return change(doc, object.id, { points: [...object.points, [x, y, label]], candidate: null });
}

/**
 * A box around the active object, in place of an earlier one, or around a new object.
 * @param {Document} doc @param {import("../mask/picture.mjs").Box} box @returns {Document}
 */
export function setBox(doc, box) {
  const object = refined(doc);
  return object ? change(doc, object.id, { box, candidate: null }) : add(doc, { kind: "prompts", box });
}

/**
 * A brush stroke on the active object, or a new object of its own.
 * @param {Document} doc @param {import("../mask/strokes.mjs").Stroke} stroke @returns {Document}
 */
export function addStroke(doc, stroke) {
  const object = active(doc);
  if (!object?.visible) return add(doc, { kind: "brush", strokes: [stroke] });
  return change(doc, object.id, { strokes: [...object.strokes, stroke] });
}

/**
 * An erasing stroke on all objects that it touches.
 * @param {Document} doc @param {import("../mask/strokes.mjs").Stroke} stroke @param {number[]} touched  their ids
 * @returns {Document}
 */
export function erase(doc, stroke, touched) {
  if (!touched.length) return doc;
  const erased = (/** @type {Selected} */ object) => ({ ...object, strokes: [...object.strokes, stroke] });
  return { ...doc, objects: doc.objects.map((object) => (touched.includes(object.id) ? erased(object) : object)) };
}

/**
 * A new object, which becomes the active one.
 * @param {Document} doc @param {Partial<Selected>} parts @returns {Document}
 */
export function add(doc, parts) {
  /** @type {Selected} */
  const object = {
    id: doc.next, name: "", visible: true, kind: "prompts", points: [], box: null, strokes: [], candidate: null, mask: null,
    ...parts,
  };
  return { ...doc, objects: [...doc.objects, object], active: object.id, next: object.id + 1 };
}

/** The next click starts a new object. @param {Document} doc @returns {Document} */
export const newObject = (doc) => ({ ...doc, active: null });

/** Clicks go to that object. @param {Document} doc @param {number} id @returns {Document} */
export const activate = (doc, id) => (find(doc, id) ? { ...doc, active: id } : doc);

/** An object shown or hidden. @param {Document} doc @param {number} id @returns {Document} */
export function toggle(doc, id) {
  const object = find(doc, id);
  return object ? change(doc, id, { visible: !object.visible }) : doc;
}

/** Without that object. @param {Document} doc @param {number} id @returns {Document} */
export function remove(doc, id) {
  if (!find(doc, id)) return doc;
  const objects = doc.objects.filter((object) => object.id !== id);
  return { ...doc, objects, active: doc.active === id ? null : doc.active };
}

/** With nothing selected. @param {Document} doc @returns {Document} */
export const clear = (doc) => (doc.objects.length ? { ...doc, objects: [], active: null } : doc);

/**
 * Some values of an object changed.
 * @param {Document} doc @param {number} id @param {Partial<Selected>} values @returns {Document}
 */
export const change = (doc, id, values) => ({
  ...doc,
  objects: doc.objects.map((object) => (object.id === id ? { ...object, ...values } : object)),
});

/** What is done to the mask. @param {Document} doc @param {Options} options @returns {Document} */
export function setOptions(doc, options) {
  const same = JSON.stringify(options) === JSON.stringify(doc.options);
  return same ? doc : { ...doc, options };
}

/** The options that do something: those that are neither empty nor zero. @param {Options} options @returns {Options} */
export const effective = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value));

/**
 * What the segmenter is asked for an object, as text: the same text means the same mask.
 * @param {Document} doc @param {Pick<Selected, "points" | "box" | "candidate">} object
 * @param {Options} settings  of the segmenter @returns {string}
 */
export const question = (doc, { points, box, candidate }, settings) =>
  JSON.stringify([doc.image?.id, settings, points, box, candidate]);
