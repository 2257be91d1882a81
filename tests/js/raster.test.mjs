import assert from "node:assert/strict";
import { test } from "node:test";
import * as raster from "../../javascript/inpaint_anything/mask/raster.mjs";
import { fromPixels } from "../../javascript/inpaint_anything/mask/runs.mjs";

const drawn = (...rows) => fromPixels(Uint8Array.from(rows.join(""), (c) => (c === "#" ? 255 : 0)), rows[0].length, rows.length);

/** What is on a screen of that size, a character a pixel. */
function screen(mask, view, { width, height }, colours) {
  const region = { left: 0, top: 0, right: width, bottom: height };
  const sampled = raster.grown(region, 1);
  const marks = new Uint8Array((width + 2) * (height + 2));
  raster.sample(mask, view, sampled, marks, 1);
  const pixels = new Uint32Array(width * height);
  raster.paint(marks, region, pixels, width, { fill: 1, inner: 2, outer: 3, thickness: 1, ...colours });
  return Array.from({ length: height }, (_, y) => Array.from(pixels.slice(y * width, (y + 1) * width), (p) => ".#io"[p]).join(""));
}

test("a mask is drawn with a line along its edge and one around it", () => {
  const mask = drawn("......", ".####.", ".####.", ".####.", "......");
  assert.deepEqual(screen(mask, { scale: 1, x: 0, y: 0 }, { width: 6, height: 5 }), [".oooo.", "oiiiio", "oi##io", "oiiiio", ".oooo."]);
});

test("zoomed in, a pixel is a square; the line stays as thin", () => {
  const mask = drawn("..", ".#");
  const plain = { inner: 0, outer: 0 };
  assert.deepEqual(screen(mask, { scale: 3, x: -1, y: 0 }, { width: 5, height: 6 }, plain), [".....", ".....", ".....", "..###", "..###", "..###"]);
});

test("zoomed out, the middles of the pixels count", () => {
  const mask = drawn("####....", "####....", "........", "........");
  assert.deepEqual(screen(mask, { scale: 0.5, x: 0, y: 0 }, { width: 4, height: 2 }, { inner: 0, outer: 0 }), ["##..", "...."]);
});

test("the edge of the screen is no edge of the mask", () => {
  const mask = drawn("######", "######", "######");
  assert.deepEqual(screen(mask, { scale: 1, x: -1, y: -1 }, { width: 3, height: 1 }), ["###"]);
});

test("many random masks at scale 1 are their own pixels", () => {
  let seed = 5;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const pixels = Uint8Array.from({ length: 40 * 33 }, () => (random() < 0.5 ? 255 : 0));
  const rows = screen(fromPixels(pixels, 40, 33), { scale: 1, x: 0, y: 0 }, { width: 40, height: 33 }, { inner: 0, outer: 0 });
  assert.equal(rows.join(""), Array.from(pixels, (p) => (p ? "#" : ".")).join(""));
});

test("a soft mask is as opaque as it is selected", () => {
  const soft = { width: 3, height: 1, values: Uint8Array.of(0, 128, 255) };
  const pixels = new Uint32Array(3);
  raster.paintSoft(soft, { scale: 1, x: 0, y: 0 }, { left: 0, top: 0, right: 3, bottom: 1 }, pixels, 3, raster.colour("#102030", 0.5));
  assert.deepEqual([...pixels], [0, ((64 << 24) | 0x302010) >>> 0, ((128 << 24) | 0x302010) >>> 0]);
});

test("segments have colours of their own, the later above the earlier", () => {
  const segments = [drawn("####", "####"), drawn("..##", "....")];
  const pixels = new Uint32Array(8);
  raster.paintSegments(segments, { scale: 1, x: 0, y: 0 }, { left: 0, top: 0, right: 4, bottom: 2 }, pixels, 4, 0.5);
  const rgb = Array.from(pixels, (p) => p & 0xffffff);
  const [first, second] = [0, 1].map((n) => raster.colour(raster.distinct(n), 1) & 0xffffff);
  assert.deepEqual(rgb, [first, first, second, second, first, first, first, first]);
  assert.equal(new Set(Array.from({ length: 50 }, (_, n) => raster.distinct(n))).size, 50);
});

test("a colour is as ImageData has it", () => {
  assert.equal(raster.colour("#1e90ff", 0.5), ((128 << 24) | (0xff << 16) | (0x90 << 8) | 0x1e) >>> 0);
  assert.match(raster.distinct(7), /^#[0-9a-f]{6}$/);
});

test("a region is what is seen of a box", () => {
  const view = { scale: 2, x: -10, y: 5 };
  assert.deepEqual(raster.seen([0, 0, 20, 10], view, { width: 100, height: 20 }, 1), { left: 0, top: 4, right: 31, bottom: 20 });
  assert.equal(raster.seen([0, 0, 2, 2], view, { width: 100, height: 20 }, 1), null);
  assert.equal(raster.seen(null, view, { width: 100, height: 20 }, 1), null);
});
