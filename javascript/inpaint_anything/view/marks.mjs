/**
 * What is drawn over picture and mask: points, boxes, the ring of the brush, the keyboard's cursor.
 *
 * @typedef {import("./geometry.mjs").PlacePoint} PlacePoint
 * @typedef {import("../mask/picture.mjs").Size} Size
 */

import { picturePoint } from "../mask/picture.mjs";
import { toPlace } from "./geometry.mjs";

const INCLUDE = "#12a150";
const EXCLUDE = "#e02424";
const RADIUS = 6.5;

/**
 * A marker: a small disc with + or - in it, with a light and a dark rim so that it is seen on any picture.
 * @param {CanvasRenderingContext2D} context @param {PlacePoint} at @param {0 | 1} label
 * @param {boolean} active  whether it is of the object that clicks refine; others are smaller
 */
export function drawPoint(context, { x, y }, label, active) {
  const radius = active ? RADIUS : RADIUS * 0.6;
  context.save();
  context.globalAlpha = active ? 1 : 0.75;
  disc(context, x, y, radius + 2, "rgba(0, 0, 0, 0.55)");
  disc(context, x, y, radius + 1, "#fff");
  disc(context, x, y, radius - 0.25, label ? INCLUDE : EXCLUDE);
  const arm = radius * 0.55;
  context.strokeStyle = "#fff";
  context.lineWidth = active ? 2 : 1.4;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  if (label) {
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  }
  context.stroke();
  context.restore();
}

/**
 * A box of the picture, with its size where it is being drawn.
 * @param {CanvasRenderingContext2D} context @param {import("../mask/picture.mjs").Box} box
 * @param {import("./geometry.mjs").View} view @param {{active: boolean, sized: boolean, room: Size}} how
 */
export function drawBox(context, box, view, { active, sized, room }) {
  const from = toPlace(view, picturePoint(box[0], box[1]));
  const to = toPlace(view, picturePoint(box[2], box[3]));
  const [width, height] = [to.x - from.x, to.y - from.y];
  context.save();
  context.globalAlpha = active ? 1 : 0.5;
  context.lineWidth = 3;
  context.strokeStyle = "rgba(0, 0, 0, 0.55)";
  context.strokeRect(from.x, from.y, width, height);
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.setLineDash(active ? [6, 4] : [2, 4]);
  context.strokeRect(from.x, from.y, width, height);
  if (sized) drawLabel(context, `${box[2] - box[0]} × ${box[3] - box[1]}`, to, room);
  context.restore();
}

/**
 * The brush under the pointer.
 * @param {CanvasRenderingContext2D} context @param {PlacePoint} at @param {number} radius  in pixels of the place
 */
export function drawRing(context, { x, y }, radius) {
  for (const { width, style } of [{ width: 3, style: "rgba(0, 0, 0, 0.5)" }, { width: 1.25, style: "#fff" }]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    context.arc(x, y, Math.max(radius, 1), 0, 2 * Math.PI);
    context.stroke();
  }
  disc(context, x, y, 1.5, "#fff");
}

/**
 * The keyboard's cursor: a cross with an open middle.
 * @param {CanvasRenderingContext2D} context @param {PlacePoint} at
 */
export function drawCursor(context, { x, y }) {
  for (const { width, style } of [{ width: 4, style: "rgba(0, 0, 0, 0.6)" }, { width: 1.75, style: "#fff" }]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 15 * dx, y + 15 * dy);
    }
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} text @param {PlacePoint} at @param {Size} room */
function drawLabel(context, text, { x, y }, room) {
  context.setLineDash([]);
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  const width = context.measureText(text).width + 12;
  const left = Math.min(Math.max(x + 8, 2), room.width - width - 2);
  const top = Math.min(Math.max(y + 8, 2), room.height - 22);
  context.fillStyle = "rgba(0, 0, 0, 0.75)";
  context.fillRect(left, top, width, 20);
  context.fillStyle = "#fff";
  context.fillText(text, left + 6, top + 10.5);
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius @param {string}
 * style
 */
function disc(context, x, y, radius, style) {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
