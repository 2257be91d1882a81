/**
 * Where the picture lies in its place: pure arithmetic, nothing here knows the page.
 *
 * The place is the canvas's part of the page; its pixels are those of CSS, from its left upper corner. A view is
 * {scale, x, y}: the pixel (px, py) of the picture is at (px * scale + x, py * scale + y) of the place.
 *
 * @typedef {import("../mask/picture.mjs").Size} Size
 * @typedef {import("../mask/picture.mjs").PicturePoint} PicturePoint
 * @typedef {{readonly x: number, readonly y: number} & {readonly of: "place"}} PlacePoint  `of` is for types alone
 * @typedef {{readonly scale: number, readonly x: number, readonly y: number} & {readonly of: "place"}} View
 *   scale: pixels of the place for one of the picture
 */

import { picturePoint } from "../mask/picture.mjs";

const LARGEST = 64; // pixels of the place for one of the picture
const FITTED = 8; // a tiny picture is not blown up further than this when it is fitted
const KEPT = 48; // pixels of the place in which the picture stays in sight

/** @param {number} x @param {number} y @returns {PlacePoint} */
export const placePoint = (x, y) => /** @type {PlacePoint} */ ({ x, y });

/** @param {number} scale @param {number} x @param {number} y @returns {View} */
export const viewOf = (scale, x, y) => /** @type {View} */ ({ scale, x, y });

/** The same view in pixels of the screen. @param {View} view @param {number} ratio  of them in one of CSS */
export const onScreen = ({ scale, x, y }, ratio) =>
  /** @type {import("../mask/raster.mjs").ScreenView} */ ({ scale: scale * ratio, x: x * ratio, y: y * ratio });

/**
 * The view that shows the whole picture in the middle of the place, or a box around it.
 * @param {Size} picture @param {Size} place @param {import("../mask/picture.mjs").Box} [box]  in pixels of the picture
 * @returns {View}
 */
export function fit(picture, place, [left, top, right, bottom] = [0, 0, picture.width, picture.height]) {
  const scale = Math.min(place.width / (right - left), place.height / (bottom - top), FITTED) || 1;
  return viewOf(scale, (place.width - (left + right) * scale) / 2, (place.height - (top + bottom) * scale) / 2);
}

/**
 * The view scaled by `factor` about a point of the place, which stays over the same pixel of the picture.
 * @param {View} view @param {number} factor @param {PlacePoint} at @param {Size} picture @param {Size} place
 * @returns {View}
 */
export function zoomAt(view, factor, at, picture, place) {
  const smallest = Math.min(fit(picture, place).scale / 4, 1);
  const scale = Math.min(Math.max(view.scale * factor, smallest), LARGEST);
  const ratio = scale / view.scale;
  return keepInSight(viewOf(scale, at.x - (at.x - view.x) * ratio, at.y - (at.y - view.y) * ratio), picture, place);
}

/**
 * The view moved by pixels of the place.
 * @param {View} view @param {number} dx @param {number} dy @param {Size} picture @param {Size} place @returns {View}
 */
export function pan(view, dx, dy, picture, place) {
  return keepInSight(viewOf(view.scale, view.x + dx, view.y + dy), picture, place);
}

/**
 * The view after its place changed its size: what was in the middle stays there.
 * @param {View} view @param {Size} before @param {Size} after @param {Size} picture @returns {View}
 */
export function resized(view, before, after, picture) {
  return pan(view, (after.width - before.width) / 2, (after.height - before.height) / 2, picture, after);
}

/**
 * The point of the picture under a point of the place.
 * @param {View} view @param {PlacePoint} at @returns {PicturePoint}
 */
export function toPicture(view, at) {
  return picturePoint((at.x - view.x) / view.scale, (at.y - view.y) / view.scale);
}

/**
 * The point of the place over a point of the picture.
 * @param {View} view @param {PicturePoint} at @returns {PlacePoint}
 */
export function toPlace(view, at) {
  return placePoint(at.x * view.scale + view.x, at.y * view.scale + view.y);
}

/** @param {View} view @param {Size} picture @param {Size} place @returns {View} */
function keepInSight(view, picture, place) {
  const within = (/** @type {number} */ offset, /** @type {number} */ size, /** @type {number} */ room) => {
    const least = Math.min(KEPT, size, room);
    return Math.min(Math.max(offset, least - size), room - least);
  };
  const [width, height] = [picture.width * view.scale, picture.height * view.scale];
  return viewOf(view.scale, within(view.x, width, place.width), within(view.y, height, place.height));
}
