/**
 * Where the picture lies in its place: pure arithmetic, nothing here knows the page.
 *
 * A view is {scale, x, y}: the pixel (px, py) of the picture is at (px * scale + x, py * scale + y) of the place.
 *
 * @typedef {{scale: number, x: number, y: number}} View  scale: screen pixels for one of the picture
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number}} At
 */

const LARGEST = 64; // screen pixels for one of the picture
const FITTED = 8; // a tiny picture is not blown up further than this when it is fitted
const KEPT = 48; // screen pixels of the picture that stay in sight

/**
 * The view that shows the whole picture in the middle of the place.
 * @param {Size} picture @param {Size} place @returns {View}
 */
export function fit(picture, place) {
  const scale = Math.min(place.width / picture.width, place.height / picture.height, FITTED) || 1;
  return { scale, x: (place.width - picture.width * scale) / 2, y: (place.height - picture.height * scale) / 2 };
}

/**
 * The view scaled by `factor` about a point of the place, which stays over the same pixel of the picture.
 * @param {View} view @param {number} factor @param {At} at @param {Size} picture @param {Size} place @returns {View}
 */
export function zoomAt(view, factor, at, picture, place) {
  const smallest = Math.min(fit(picture, place).scale / 4, 1);
  const scale = Math.min(Math.max(view.scale * factor, smallest), LARGEST);
  const ratio = scale / view.scale;
  return keepInSight({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, picture, place);
}

/**
 * The view moved by screen pixels.
 * @param {View} view @param {number} dx @param {number} dy @param {Size} picture @param {Size} place @returns {View}
 */
export function pan(view, dx, dy, picture, place) {
  return keepInSight({ ...view, x: view.x + dx, y: view.y + dy }, picture, place);
}

/**
 * The view after its place changed its size: what was in the middle stays there.
 * @param {View} view @param {Size} before @param {Size} after @param {Size} picture @returns {View}
 */
export function resized(view, before, after, picture) {
  return pan(view, (after.width - before.width) / 2, (after.height - before.height) / 2, picture, after);
}

/** The point of the picture under a point of the place. @param {View} view @param {At} at @returns {At} */
export function toPicture(view, at) {
  return { x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale };
}

/** The point of the place over a point of the picture. @param {View} view @param {At} at @returns {At} */
export function toPlace(view, at) {
  return { x: at.x * view.scale + view.x, y: at.y * view.scale + view.y };
}

/** Whether a point lies on a pixel of the picture. @param {At} at @param {Size} picture @returns {boolean} */
export function inside(at, picture) {
  return at.x >= 0 && at.y >= 0 && at.x < picture.width && at.y < picture.height;
}

/**
 * A point as the routes want it: on the picture, with one decimal.
 * @param {At} at @param {Size} picture @returns {At}
 */
export function pixel(at, picture) {
  const on = (value, end) => Math.min(Math.max(Math.floor(value * 10) / 10, 0), end - 0.1);
  return { x: on(at.x, picture.width), y: on(at.y, picture.height) };
}

/**
 * The box of whole pixels between two corners, on the picture; null where it has no pixels.
 * @param {At} from @param {At} to @param {Size} picture
 * @returns {[number, number, number, number] | null} left, top, right, bottom; the last two exclusive
 */
export function boxBetween(from, to, picture) {
  const on = (value, end) => Math.min(Math.max(Math.round(value), 0), end);
  const [left, right] = [from.x, to.x].map((x) => on(x, picture.width)).sort((a, b) => a - b);
  const [top, bottom] = [from.y, to.y].map((y) => on(y, picture.height)).sort((a, b) => a - b);
  return right > left && bottom > top ? [left, top, right, bottom] : null;
}

function keepInSight(view, picture, place) {
  const width = picture.width * view.scale;
  const height = picture.height * view.scale;
  const kept = (offset, size, room) => {
    const least = Math.min(KEPT, size, room);
    return Math.min(Math.max(offset, least - size), room - least);
  };
  return { scale: view.scale, x: kept(view.x, width, place.width), y: kept(view.y, height, place.height) };
}
