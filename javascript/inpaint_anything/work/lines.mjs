/**
 * Lines of text that the server found, as objects of a document: each to keep, to hide or to drop. Pure.
 *
 * @typedef {import("./document.mjs").Document} Document
 * @typedef {{mask: import("../mask/rle.mjs").Counts}} Line
 */

import * as documents from "./document.mjs";

/**
 * The document with an object for each line that is not there yet.
 * @param {Document} doc @param {Line[]} lines @param {(number: number) => string} named  counted from 1
 */
export function withLines(doc, lines, named) {
  const there = new Set(doc.objects.map(({ mask }) => mask?.counts));
  return lines.reduce(
    (result, { mask }, index) => (there.has(mask.counts) ? result : documents.add(result, { kind: "everything", name: named(index + 1), mask })),
    doc
  );
}
