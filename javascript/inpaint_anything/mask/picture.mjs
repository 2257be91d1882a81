/**
 * Points and boxes of the picture, in its pixels. A point of the picture is of another type than one of the place that
 * the picture is shown in (view/geometry.mjs): where one is taken for the other, the type check fails.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {{readonly x: number, readonly y: number} & {readonly of: "picture"}} PicturePoint  `of` is for types alone
 * @typedef {[number, number, number, number]} Box  left, top, right, bottom; the last two exclusive
 */

/** @param {number} x @param {number} y @returns {PicturePoint} */
export const picturePoint = (x, y) => /** @type {PicturePoint} */ ({ x, y });

/** Whether a point lies on a pixel of the picture. @param {PicturePoint} at @param {Size} picture @returns {boolean} */
export const inside = (at, picture) => at.x >= 0 && at.y >= 0 && at.x < picture.width && at.y < picture.height;

/** A point as the routes want it: on the picture, with one decimal. @param {PicturePoint} at @param {Size} picture */
export function pixel(at, picture) {
  const on = (/** @type {number} */ value, /** @type {number} */ end) =>
    Math.min(Math.max(Math.floor(value * 10) / 10, 0), end - 0.1);
  return picturePoint(on(at.x, picture.width), on(at.y, picture.height));
}

/**
 * The box of whole pixels between two corners, on the picture; null where it has no pixels.
 * @param {PicturePoint} from @param {PicturePoint} to @param {Size} picture @returns {Box | null}
 */
export function boxBetween(from, to, picture) {
  const on = (/** @type {number} */ value, /** @type {number} */ end) => Math.min(Math.max(Math.round(value), 0), end);
  const [left, right] = [from.x, to.x].map((x) => on(x, picture.width)).sort((a, b) => a - b);
  const [top, bottom] = [from.y, to.y].map((y) => on(y, picture.height)).sort((a, b) => a - b);
  return right > left && bottom > top ? [left, top, right, bottom] : null;
}
