import assert from "node:assert/strict";
import { test } from "node:test";
import * as g from "../../javascript/inpaint_anything/view/geometry.mjs";

const picture = { width: 400, height: 200 };
const place = { width: 800, height: 600 };

test("a fitted picture is whole and in the middle", () => {
  assert.deepEqual(g.fit(picture, place), { scale: 2, x: 0, y: 100 });
  assert.deepEqual(g.fit({ width: 100, height: 1200 }, place), { scale: 0.5, x: 375, y: 0 });
  assert.equal(g.fit({ width: 10, height: 10 }, place).scale, 8);
});

test("a zoom keeps the pixel under the pointer there", () => {
  const at = { x: 250, y: 320 };
  const before = g.fit(picture, place);
  const after = g.zoomAt(before, 1.7, at, picture, place);
  assert.ok(Math.abs(after.scale - 3.4) < 1e-12);
  const [a, b] = [g.toPicture(before, at), g.toPicture(after, at)];
  assert.ok(Math.hypot(a.x - b.x, a.y - b.y) < 1e-9);
});

test("a zoom ends at one pixel as 64, and at a quarter of the fitted size", () => {
  const view = g.fit(picture, place);
  assert.equal(g.zoomAt(view, 1e6, { x: 400, y: 300 }, picture, place).scale, 64);
  assert.equal(g.zoomAt(view, 1e-6, { x: 400, y: 300 }, picture, place).scale, 0.5);
});

test("screen to picture and back", () => {
  const view = { scale: 0.5, x: -20, y: 30 };
  assert.deepEqual(g.toPlace(view, { x: 100, y: 50 }), { x: 30, y: 55 });
  assert.deepEqual(g.toPicture(view, { x: 30, y: 55 }), { x: 100, y: 50 });
});

test("a picture cannot be moved out of sight", () => {
  const view = g.fit(picture, place);
  assert.equal(g.pan(view, 1e5, 0, picture, place).x, 800 - 48);
  assert.equal(g.pan(view, -1e5, 0, picture, place).x, 48 - 800);
  assert.equal(g.pan(view, 0, 1e5, picture, place).y, 600 - 48);
});

test("what is in the middle stays there when the place changes its size", () => {
  const before = g.zoomAt(g.fit(picture, place), 3, { x: 400, y: 300 }, picture, place);
  const after = g.resized(before, place, { width: 500, height: 900 }, picture);
  assert.deepEqual(g.toPicture(after, { x: 250, y: 450 }), g.toPicture(before, { x: 400, y: 300 }));
});
