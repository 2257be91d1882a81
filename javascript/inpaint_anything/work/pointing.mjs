/** The selection as the WebUI's script "point mask" takes it: where things are, and not which pixels they have. Pure. */

import { decode } from "../mask/rle.mjs";
import { bounds } from "../mask/runs.mjs";
import { fromPolygon } from "../mask/polygon.mjs";
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
    ...(strokes.length ? { strokes: strokes.flatMap(asLines) } : {}),
  };
}

/**
 * A stroke as lines, which are all that a script knows: what a lasso goes around, or a mask has, is hatched from top to bottom.
 * @param {import("../mask/strokes.mjs").Stroke} stroke @returns {import("../mask/strokes.mjs").Stroke[]}
 */
function asLines(stroke) {
  const { points, label, filled, mask } = stroke;
  if (!filled && !mask) return [stroke];
  const [across, down] = [0, 1].map((axis) => Math.max(...points.map((point) => Math.ceil(point[axis])), 1));
  const { width: right, columns, spans } = mask ? decode(mask) : fromPolygon(across, down, points);
  const first = columns.findIndex((end) => end > 0) - 1;
  const radius = Math.max((right - first) / 128, 1);
  const lines = [];
  for (let x = first + radius / 2; x < right; x += radius) {
    const column = Math.floor(x);
    for (let i = columns[column]; i < columns[column + 1]; i += 2) {
      const [top, end] = [Math.min(spans[i] + radius, spans[i + 1] - 1), Math.max(spans[i + 1] - 1 - radius, spans[i])];
      lines.push({ points: /** @type {[number, number][]} */ ([[column, top], [column, end]]), radius, label });
    }
  }
  return lines;
}
