import assert from "node:assert/strict";
import { test } from "node:test";
import * as p from "../../javascript/inpaint_anything/mask/picture.mjs";

const picture = { width: 400, height: 200 };

test("a point for the server lies on a pixel", () => {
  assert.deepEqual(p.pixel({ x: 12.3456, y: 400 }, picture), { x: 12.3, y: 199.9 });
  assert.deepEqual(p.pixel({ x: -3, y: 0.05 }, picture), { x: 0, y: 0 });
  assert.equal(p.inside({ x: 400, y: 1 }, picture), false);
  assert.equal(p.inside({ x: 399.9, y: 0 }, picture), true);
});

test("a box has whole pixels of the picture, whichever way it is drawn", () => {
  assert.deepEqual(p.boxBetween({ x: 30.4, y: 20.6 }, { x: -5, y: 300 }, picture), [0, 21, 30, 200]);
  assert.equal(p.boxBetween({ x: 30.4, y: 20 }, { x: 30.3, y: 90 }, picture), null);
});
