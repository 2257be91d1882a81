import assert from "node:assert/strict";
import { test } from "node:test";
import * as d from "../../javascript/inpaint_anything/work/document.mjs";
import { pointing } from "../../javascript/inpaint_anything/work/pointing.mjs";
import { encode } from "../../javascript/inpaint_anything/mask/rle.mjs";
import { area, blank, fromSpans, subtract } from "../../javascript/inpaint_anything/mask/runs.mjs";
import { fromStroke, paint } from "../../javascript/inpaint_anything/mask/strokes.mjs";

const open = d.withImage(d.EMPTY, { id: "A", width: 40, height: 30, name: "" });
const objects = (document) => JSON.parse(pointing(document, {}).points).objects;

test("points, boxes and strokes of all objects, without what the script does not know", () => {
  const stroke = { points: [[3, 4], [5, 6]], radius: 2, label: 1 };
  let document = d.addPoint(d.addPoint(open, 8.5, 9.25, 1), 1, 2, 0);
  document = d.setBox(d.newObject(document), [1, 2, 20, 21]);
  document = d.addStroke(d.newObject(document), stroke);
  assert.deepEqual(objects(document), [
    { points: [[8.5, 9.25, 1], [1, 2, 0]] }, { box: [1, 2, 20, 21] }, { strokes: [stroke] },
  ]);
});

test("one object is written as a person writes it", () => {
  const written = (document) => (({ points, box }) => [points, box])(pointing(document, {}));
  const clicked = d.addPoint(open, 8.5, 9.25, 1);
  assert.deepEqual(written(clicked), ["8.5,9.25", ""]);
  assert.deepEqual(written(d.addPoint(clicked, 0, 2, 0)), ["8.5,9.25; -0,2", ""]);
  assert.deepEqual(written(d.setBox(open, [1, 2, 20, 21])), ["", "1,2,20,21"]);
  assert.deepEqual(written(d.addPoint(d.setBox(open, [1, 2, 20, 21]), 3, 4, 0)), ["-3,4", "1,2,20,21"]);
  const hidden = d.toggle(d.addPoint(d.newObject(clicked), 5, 5, 1), 2);
  assert.deepEqual(written(hidden), ["8.5,9.25", ""]);
});

test("what is hidden, and what says nothing of where it is, is left out", () => {
  const document = d.addPoint(d.newObject(d.toggle(d.addPoint(open, 5, 5, 1), 1)), 6, 6, 0);
  assert.deepEqual(objects(document), []);
});

test("a segment of everything mode is in its box", () => {
  const mask = encode(fromSpans(40, 30, [[4, 5, 9], [5, 6, 12]]));
  assert.equal(pointing(d.add(open, { kind: "everything", mask }), {}).box, "4,5,6,12");
  const two = d.add(d.addPoint(open, 5, 5, 1), { kind: "everything", mask });
  assert.deepEqual(objects(two), [{ points: [[5, 5, 1]] }, { box: [4, 5, 6, 12] }]);
});

test("segmenter and mask options are the script's fields, and what else could select is emptied", () => {
  const document = d.setOptions(d.addPoint(open, 5, 5, 1), { grow: 4, feather: 6, invert: true, shadow: 3 });
  const { points, ...fields } = pointing(document, { segmenter: "classic" });
  assert.deepEqual(fields, { box: "", text: "", use_mask: false, segmenter: "classic", grow: 4, feather: 6, invert: true });
  assert.equal(pointing(open, {}).segmenter, "auto");
});

test("what a lasso goes around is hatched, as the script knows lines alone", () => {
  const lasso = { points: [[4, 5], [36, 5], [36, 25], [4, 25]], radius: 3, label: 1, filled: true };
  const [{ strokes }] = objects(d.addStroke(open, lasso));
  const hatched = paint(blank(40, 30), strokes);
  const whole = fromStroke(40, 30, lasso);
  assert.equal(area(subtract(hatched, whole)), 0);
  assert.ok(area(hatched) > 0.8 * area(whole));
  assert.ok(strokes.every((stroke) => !("filled" in stroke)));
});
