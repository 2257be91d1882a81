import assert from "node:assert/strict";
import { test } from "node:test";
import { Tools } from "../../javascript/inpaint_anything/input/tools.mjs";

/** The radius of the ring before a press and while it is painted, and of the stroke that comes of it. */
function radii(brush, scale) {
  const drawn = [];
  const strokes = [];
  const canvas = { view: { scale }, root: { style: {} }, scene: {}, set: (scene) => drawn.push(scene) };
  const tools = new Tools(canvas, {
    image: () => ({ width: 50, height: 40 }),
    mask: () => null,
    addStroke: (stroke) => strokes.push(stroke.radius),
    hover: () => {},
    endCursor: () => {},
  });
  tools.take("brush");
  tools.setRadius(brush);
  tools.hover({ x: 20, y: 20 }, false);
  const before = drawn.at(-1).ring.radius;
  tools.press({ at: { x: 20, y: 20 }, exclude: false, touch: false, shift: false });
  const while_ = drawn.at(-1).ring.radius;
  tools.release({ still: true, held: false });
  return [before, while_, ...strokes];
}

for (const [brush, scale, radius] of [[20, 1, 20], [20, 3, 6.67], [1, 64, 0.5], [256, 0.05, 1024]]) {
  test(`a brush of ${brush} at ${scale} has a ring of the size that it paints, ${radius}`, () =>
    assert.deepEqual(radii(brush, scale), [radius, radius, radius]));
}
