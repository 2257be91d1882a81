/** The selection as the WebUI's script "point mask" takes it: where things are, and not which pixels they have. Pure. */

import { asksSegmenter } from "./document.mjs";
import { bounds, decode } from "../mask/runs.mjs";

/**
 * The fields of the script that say what is selected, as PointMaskRequest in lib_inpaint/schema/scripts.py.
 * @param {import("./document.mjs").Document} document @param {{segmenter?: string}} settings  of the segmenter
 * @returns {{points: string, box: string, text: string, use_mask: boolean, segmenter: string, grow: number, feather: number, invert: boolean}}
 */
export function pointing({ objects, options }, { segmenter = "auto" }) {
  const pointers = objects.filter(({ visible }) => visible).map(pointer).filter((one) => one !== null);
  const { grow = 0, feather = 0, invert = false } = options;
  const points = JSON.stringify({ objects: pointers });
  return { points, box: "", text: "", use_mask: false, segmenter, grow, feather, invert };
}

/** An object as Selection; null where nothing says where it is. A thing that everything mode found is in its box. */
function pointer(object) {
  const { points, strokes } = object;
  const box = object.mask ? bounds(decode(object.mask)) : object.box;
  const pointer = {};
  if (box || asksSegmenter(object)) Object.assign(pointer, points.length ? { points } : {}, box ? { box } : {});
  if (strokes.length) pointer.strokes = strokes;
  return Object.keys(pointer).length ? pointer : null;
}
