/** The selection as the WebUI's script "point mask" takes it: where things are, and not which pixels they have. Pure. */

import { decode } from "../mask/rle.mjs";
import { bounds } from "../mask/runs.mjs";
import { asksSegmenter } from "./document.mjs";

/**
 * The fields of the script that say what is selected, as PointMaskRequest in Python's schema.
 * @typedef {{points: string, box: string, text: string, use_mask: boolean, segmenter: string, grow: number, feather: number, invert: boolean}} Pointing
 */

/**
 * One object is written as a person writes it, `400,300; -420,310` and `left,top,right,bottom`; what has strokes, or is
 * several, as JSON.
 * @param {import("./document.mjs").Document} doc @param {import("./document.mjs").Options} settings  of the segmenter
 * @returns {Pointing}
 */
export function pointing({ objects, options }, { segmenter = "auto" }) {
  const pointers = objects.filter(({ visible }) => visible).map(pointer).filter((one) => one !== null);
  const { grow = 0, feather = 0, invert = false } = /** @type {Partial<Pointing>} */ (options);
  const [only, ...others] = pointers;
  const written =
    only && !others.length && !only.strokes
      ? { points: (only.points ?? []).map(inWords).join("; "), box: (only.box ?? []).join(",") }
      : { points: JSON.stringify({ objects: pointers }), box: "" };
  return { ...written, text: "", use_mask: false, segmenter: String(segmenter), grow, feather, invert };
}

/** A minus in front excludes. @param {import("./document.mjs").Point} point */
const inWords = ([x, y, label]) => `${label ? "" : "-"}${x},${y}`;

/**
 * An object as Selection; null where nothing says where it is. A segment that everything mode found is in its box.
 * @param {import("./document.mjs").Selected} object
 * @returns {Partial<Pick<import("./document.mjs").Selected, "points" | "box" | "strokes">> | null}
 */
function pointer(object) {
  const { points, strokes } = object;
  const box = object.mask ? bounds(decode(object.mask)) : object.box;
  const located = Boolean(box) || asksSegmenter(object);
  if (!located && !strokes.length) return null;
  return {
    ...(located && points.length ? { points } : {}),
    ...(box ? { box } : {}),
    ...(strokes.length ? { strokes } : {}),
  };
}
