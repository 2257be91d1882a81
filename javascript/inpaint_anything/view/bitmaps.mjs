/**
 * The files of pictures by their ids, and pictures ready to be drawn.
 *
 * @typedef {object} Picture  @property {number} width @property {number} height
 * @property {ImageBitmap[]} levels  the picture, then each half as large as the one before
 *
 * @typedef {{id: string, width: number, height: number}} Image  a picture by its id on the server
 *
 * @typedef {object} Files  the server's part in it
 * @property {(file: Blob, signal?: AbortSignal) => Promise<Image>} upload
 * @property {(body: {image: string, mask: import("../mask/rle.mjs").Counts, output: "alpha"}) => Promise<Blob>} cutout
 */

import { encode } from "../mask/rle.mjs";
import { fromSpans } from "../mask/runs.mjs";
import { t } from "../words.mjs";

const SMALL = 1600; // pixels; a level whose longer side is not more has no smaller one after it

export class Bitmaps {
  /** @param {Files} server */
  constructor(server) {
    this._server = server;
    /** @type {Map<string, Blob>} */
    this.blobs = new Map();
    /** What can be shown in the place of files that browsers do not read. @type {Map<string, Blob>} */
    this.shown = new Map();
  }

  /**
   * Sends a picture and gets it ready to be drawn.
   * @param {Blob} blob @param {AbortSignal} [signal]
   * @returns {Promise<{id: string, picture: Picture}>} rejects with the server's sentence for what is no picture
   */
  async open(blob, signal) {
    const decoding = decode(blob).catch(() => null); // while it is on its way
    const { id, width, height } = await this._server.upload(blob, signal);
    const picture = await this._ready({ id, width, height }, await decoding);
    this.blobs.set(id, blob); // from now on it is kept, and not before it can be asked for
    return { id, picture };
  }

  /** A picture that was opened before. @param {Image} image @returns {Promise<Picture>} */
  async load(image) {
    const blob = this.blobs.get(image.id);
    if (!blob) throw new Error(t("This picture is no longer kept in the browser. Open it again."));
    return this._ready(image, await decode(blob).catch(() => null));
  }

  /** Forgets all files but those. @param {Set<string>} ids */
  keepOnly(ids) {
    for (const kept of [this.blobs, this.shown]) for (const id of kept.keys()) if (!ids.has(id)) kept.delete(id);
  }

  /** @param {Image} image @param {ImageBitmap | null} bitmap @returns {Promise<Picture>} */
  async _ready(image, bitmap) {
    const { id, width, height } = image;
    if (bitmap?.width !== width || bitmap?.height !== height) {
      bitmap?.close();
      const shown = this.shown.get(id) ?? (await this._fromServer(image));
      bitmap = await decode(shown); // TIFF, or turned otherwise than there
      this.shown.set(id, shown);
    }
    const levels = [bitmap];
    for (let last = bitmap; Math.max(last.width, last.height) > SMALL; levels.push(last)) {
      const [resizeWidth, resizeHeight] = [last.width, last.height].map((side) => Math.max(side >> 1, 1));
      last = await createImageBitmap(last, { resizeWidth, resizeHeight, resizeQuality: "medium" });
    }
    return { width, height, levels };
  }

  /**
   * What the server has made of the file, as PNG: all of it is "cut out".
   * @param {Image} image @returns {Promise<Blob>}
   */
  _fromServer({ id, width, height }) {
    const columns = Array.from({ length: width }, (_, x) => /** @type {[number, number, number]} */ ([x, 0, height]));
    const mask = encode(fromSpans(width, height, columns));
    return this._server.cutout({ image: id, mask, output: "alpha" });
  }
}

/** Gives back the memory of a picture that is not drawn any more. @param {Picture | null | undefined} picture */
export function release(picture) {
  for (const level of picture?.levels ?? []) level.close();
}

const decode = (/** @type {Blob} */ blob) => createImageBitmap(blob, { imageOrientation: "from-image" });

/**
 * White where it is selected, black elsewhere, as PNG.
 * @param {import("../mask/runs.mjs").Runs} runs @returns {Promise<Blob>}
 */
export async function maskPng({ width, height, columns, spans }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer).fill(0xff000000);
  for (let x = 0; x < width; x++) {
    for (let i = columns[x]; i < columns[x + 1]; i += 2) {
      for (let y = spans[i]; y < spans[i + 1]; y++) pixels[y * width + x] = 0xffffffff;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** The bytes of base64 as a PNG file. @param {string} text @returns {Blob} */
export const pngOf = (text) =>
  new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))], { type: "image/png" });

/** The grey values of a picture, row by row. @param {Blob} blob @returns {Promise<Uint8Array>} */
export async function greyValues(blob) {
  const bitmap = await decode(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const values = new Uint8Array(data.length / 4);
  for (let i = 0; i < values.length; i++) values[i] = data[4 * i];
  bitmap.close();
  return values;
}

/** The bytes of a file as base64. @param {Blob} blob @returns {Promise<string>} */
export async function base64Of(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}

/**
 * Whether a file is a picture of that size, and nearly all of it is black or white, with both there.
 * @param {Blob} blob @param {{width: number, height: number}} size
 */
export async function isBlackAndWhite(blob, { width, height }) {
  const bitmap = await decode(blob);
  const fits = bitmap.width === width && bitmap.height === height;
  const canvas = new OffscreenCanvas(Math.min(width, 512), Math.min(height, 512));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.imageSmoothingEnabled = false;
  if (fits) context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let [black, white] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const [least, most] = [Math.min(data[i], data[i + 1], data[i + 2]), Math.max(data[i], data[i + 1], data[i + 2])];
    if (most <= 10 && data[i + 3] === 255) black++;
    else if (least >= 245) white++;
  }
  return fits && black > 0 && white > 0 && black + white >= (0.98 * data.length) / 4;
}
