/**
 * What a reload keeps of the work, as plain data. A record comes from the browser's storage, where anything may have
 * been written to it: by another version of this page, or in part. So it is taken only when all of it is as it should be.
 *
 * @typedef {import("./actions.mjs").Job} Job
 * @typedef {import("./actions.mjs").Result} Result
 * @typedef {import("./document.mjs").Document} Document
 * @typedef {import("./history.mjs").History<Document>} History
 * @typedef {[string, {mask: import("../mask/rle.mjs").Counts, scores: number[]}]} Answer  of the segmenter, by the question
 *
 * @typedef {object} Record
 * @property {number} version @property {History} history @property {Result[]} results @property {Job | null} job
 * @property {Answer[]} answers @property {number} brushRadius @property {Filling} filled
 * @property {boolean} [once]  whether "Remove at once" is on
 *
 * @typedef {object} Filling  what is filled in beside the picture
 * @property {string} tab  that is open; empty while it is the first one
 * @property {{[form: string]: {[field: string]: unknown}}} values  of the widgets, by action or form
 * @property {string[]} [used]  what a person has changed, of that which follows the checkpoint: "fill.steps"
 *
 * @typedef {(value: any) => boolean} Test
 */

import { decode } from "../mask/rle.mjs";
import { question } from "./document.mjs";
import { states } from "./history.mjs";

/** Of the record's shape: raised when it changes, so that no page takes the record of another one for its own. */
export const VERSION = 3;
const BRUSH = 20; // pixels of the screen
const FEW = 20; // steps that can still be undone where there is little room

/**
 * What was stored, where it is a record of this version, whole and sound; else null.
 * @param {unknown} stored @returns {Record | null}
 */
export function recordOf(stored) {
  const record = versioned(stored);
  return RECORD(record) && masksDecode(record.history) ? record : null;
}

/** An older record as it would be now: of the first versions, or from before there were versions. @param {any} stored */
function versioned(stored) {
  if (!isPlain(stored)) return stored;
  if (stored.version === 2) return { ...stored, version: VERSION, brushRadius: BRUSH }; // it was of the picture
  if (stored.version === 1) return versioned({ ...stored, version: 2, filled: { tab: "", values: {} } });
  if ("version" in stored) return stored;
  const { found: answers, ...record } = stored;
  return versioned({ ...record, answers, version: 1 });
}

/** The ids of all pictures that a record refers to. @param {Record} record @returns {Set<string>} */
export function picturesIn({ history, results, job }) {
  const shown = states(history).flatMap(({ image }) => (image ? [image.id, ...(image.origin ? [image.origin.id] : [])] : []));
  return new Set([...shown, ...results.flatMap(({ image, before }) => [image, before]), ...(job ? [job.before.id] : [])]);
}

/**
 * What the segmenter was asked in a history, as it is answered with these settings.
 * @param {History} history @param {import("./document.mjs").Options} settings @returns {Set<string>}
 */
export const questionsIn = (history, settings) =>
  new Set(states(history).flatMap((doc) => doc.objects.map((object) => question(doc, object, settings))));

/**
 * The record, and after it ever smaller ones: without what can be asked for again, then with fewer steps to undo.
 * @param {Record} record @returns {Generator<Record>}
 */
export function* lighter(record) {
  yield record;
  const { history } = record;
  yield { ...record, answers: [] };
  for (const past of [history.past.slice(-FEW), []]) {
    yield { ...record, answers: [], history: { ...history, past, future: [] } };
  }
}

// What is where in a record. Each of these is whether a value is of that shape.

/** @type {Test} */
const isNumber = (value) => Number.isFinite(value);
/** @type {Test} */
const isSize = (value) => Number.isInteger(value) && value > 0;
/** @type {Test} */
const isText = (value) => typeof value === "string";
/** @type {Test} */
const isFlag = (value) => typeof value === "boolean";
/** @type {Test} */
const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {...unknown} values @returns {Test} */
const among = (...values) => (value) => values.includes(value);
/** @param {Test} test @returns {Test} */
const maybe = (test) => (value) => value === null || test(value);
/** @param {Test} test @returns {Test} */
const optional = (test) => (value) => value === undefined || test(value);
/** @param {...Test} tests @returns {Test} */
const either = (...tests) => (value) => tests.some((test) => test(value));
/** @param {Test} test @returns {Test} */
const allOf = (test) => (value) => isPlain(value) && Object.values(value).every(test);
/** @param {Test} test @returns {Test} */
const listOf = (test) => (value) => Array.isArray(value) && value.every(test);
/** @param {...Test} tests @returns {Test} */
const row = (...tests) => (value) =>
  Array.isArray(value) && value.length === tests.length && tests.every((test, index) => test(value[index]));
/** @param {{[name: string]: Test}} tests @returns {Test} */
const shape = (tests) => (value) => isPlain(value) && Object.entries(tests).every(([name, test]) => test(value[name]));

const COUNTS = shape({ size: row(isSize, isSize), counts: isText });
const STROKE = shape({ points: listOf(row(isNumber, isNumber)), radius: isNumber, label: among(0, 1), filled: optional(isFlag), mask: optional(COUNTS) });
const OFFSET = row(isNumber, isNumber);
const ORIGIN = optional(shape({ id: isText, width: isSize, height: isSize, offset: OFFSET }));
const IMAGE = shape({ id: isText, width: isSize, height: isSize, name: isText, origin: ORIGIN });
const SELECTED = shape({
  id: isNumber,
  name: isText,
  visible: isFlag,
  kind: among("prompts", "text", "everything", "brush"),
  points: listOf(row(isNumber, isNumber, among(0, 1))),
  box: maybe(row(isNumber, isNumber, isNumber, isNumber)),
  strokes: listOf(STROKE),
  candidate: maybe(isNumber),
  mask: maybe(COUNTS),
});
const DOCUMENT = either(
  shape({ image: IMAGE, objects: listOf(SELECTED), active: maybe(isNumber), options: isPlain, next: isNumber }),
  shape({ image: among(null), objects: row(), active: maybe(isNumber), options: isPlain, next: isNumber })
);
const MASK = maybe(either(isText, COUNTS));
const RESULT = shape({
  id: isText, name: isText, action: isText, width: isSize, height: isSize, image: isText, before: isText,
  infotext: isText, saved: isText, note: isText, offset: OFFSET, origin: ORIGIN, sent: optional(MASK),
});
const JOB = shape({
  id: isText, action: isText, before: shape({ id: isText, name: isText }), offset: OFFSET, mask: MASK,
  base: optional(DOCUMENT),
});
const RECORD = shape({
  version: among(VERSION),
  history: shape({ now: DOCUMENT, past: listOf(DOCUMENT), future: listOf(DOCUMENT), merging: isText }),
  results: listOf(RESULT),
  job: maybe(JOB),
  answers: listOf(row(isText, shape({ mask: COUNTS, scores: listOf(isNumber) }))),
  brushRadius: isNumber,
  filled: shape({ tab: isText, values: allOf(isPlain), used: optional(listOf(isText)) }),
  once: optional(isFlag),
});

/** Whether the masks of segments are masks of their pictures. @param {History} history */
function masksDecode(history) {
  const seen = new Set();
  return states(history).every(({ image, objects }) =>
    objects.flatMap(({ mask, strokes }) => [mask, ...strokes.map((stroke) => stroke.mask)]).every((mask) => {
      if (!mask || seen.has(mask.counts)) return true;
      seen.add(mask.counts);
      return mask.size[0] === image?.height && mask.size[1] === image.width && decodes(mask);
    })
  );
}

/** Whether the lengths of a mask fill its size. @param {import("../mask/rle.mjs").Counts} mask */
export function decodes(mask) {
  try {
    decode(mask);
    return true;
  } catch {
    return false;
  }
}
