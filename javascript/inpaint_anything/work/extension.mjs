/**
 * What the fields of Extend say is added to a picture, as filling/outpaint.py reckons it. Pure.
 *
 * @typedef {import("./actions.mjs").Body} Body
 * @typedef {import("../mask/picture.mjs").Size} Size
 * @typedef {"left" | "right" | "up" | "down"} Side
 * @typedef {{[side in Side]: number}} Added  pixels on each side
 */

export const SIDES = /** @type {const} */ (["left", "right", "up", "down"]);

/**
 * Whether nothing is said of what the action has to be told: all of those fields are as they were at first.
 * @param {Body | null | undefined} asks  the fields, with what they are at first @param {Body} body
 */
export const saysNothing = (asks, body) =>
  Boolean(asks) &&
  Object.entries(asks ?? {}).every(([name, first]) => JSON.stringify(body[name] ?? first) === JSON.stringify(first));

/**
 * The extended picture, around the old one whose left upper corner is 0, 0. Null where the fields say nothing, or what
 * the server will refuse.
 * @param {Body} body @param {Size} size  of the picture @returns {import("../mask/picture.mjs").Box | null}
 */
export function frameOf(body, size) {
  const added = addedBy(body, size);
  if (!added || SIDES.every((side) => !added[side])) return null;
  return [-added.left, -added.up, size.width + added.right, size.height + added.down];
}

/** What is added on each side; null where that is not said, or will be refused. @param {Body} body @param {Size} size @returns {Added | null} */
export function addedBy(body, size) {
  const added = reckoned(body, size);
  return added && SIDES.every((side) => added[side] >= 0) ? added : null;
}

/**
 * Fields that say it of each side, and by nothing else.
 * @param {Body} body @param {Added} added @param {string[]} fields  that there are @returns {Body}
 */
export function withSides(body, added, fields) {
  const others = { width: 0, height: 0, aspect_ratio: "", rounds: 1 };
  return { ...body, ...Object.fromEntries(Object.entries({ ...others, ...added }).filter(([name]) => fields.includes(name))) };
}

/** @param {Body} body @param {Size} size @returns {Added | null} */
function reckoned(body, size) {
  const number = (/** @type {string} */ name) => Math.round(Number(body[name] ?? 0));
  const given = SIDES.some((side) => number(side));
  const target = Boolean(number("width") || number("height"));
  const ratio = String(body.aspect_ratio ?? "").trim();
  if ([given, target, ratio].filter(Boolean).length > 1) return null;
  const chosen = SIDES.filter((side) => (body.direction ?? []).includes(side));
  if (target || ratio) {
    const whole = ratio ? withRatio(size, ratio) : { width: number("width") || size.width, height: number("height") || size.height };
    return whole && shared({ width: whole.width - size.width, height: whole.height - size.height }, chosen);
  }
  const rounds = number("rounds") || 1;
  const [left, right, up, down] = SIDES.map((side) => rounds * (given ? number(side) : chosen.includes(side) ? number("pixels") : 0));
  return { left, right, up, down };
}

/** The smallest size of that ratio, such as 16:9, that holds the other. @param {Size} size @param {string} text @returns {Size | null} */
function withRatio({ width, height }, text) {
  const [across, down, ...more] = text.split(/[:/x]/).map(Number);
  const ratio = across / (down ?? 1);
  if (!(ratio > 0 && Number.isFinite(ratio)) || more.length) return null;
  return { width: Math.max(width, Math.round(height * ratio)), height: Math.max(height, Math.round(width / ratio)) };
}

/**
 * Opposite sides share what is added, the second has the odd pixel; null where no side is chosen for it.
 * @param {Size} added @param {Side[]} chosen
 */
function shared({ width, height }, chosen) {
  const halves = (/** @type {number} */ whole, /** @type {Side} */ first, /** @type {Side} */ second) => {
    const [one, other] = [chosen.includes(first), chosen.includes(second)];
    if (one && other) return [Math.floor(whole / 2), Math.ceil(whole / 2)];
    return whole && !one && !other ? [NaN, NaN] : [one ? whole : 0, other ? whole : 0];
  };
  const [[left, right], [up, down]] = [halves(width, "left", "right"), halves(height, "up", "down")];
  return { left, right, up, down };
}
