import assert from "node:assert/strict";
import { test } from "node:test";
import * as d from "../../javascript/inpaint_anything/work/document.mjs";
import * as h from "../../javascript/inpaint_anything/work/history.mjs";

const picture = { id: "a", width: 100, height: 80, name: "a.png" };
const open = d.withImage(d.EMPTY, picture);

test("the first click starts an object, the next refine it", () => {
  const one = d.addPoint(open, 10, 20, 1);
  const two = d.addPoint(one, 30, 40, 0);
  assert.deepEqual(two.objects.map(({ id, kind, points }) => [id, kind, points]), [[1, "prompts", [[10, 20, 1], [30, 40, 0]]]]);
  assert.deepEqual(one.objects[0].points, [[10, 20, 1]]); // nothing is written to
  const three = d.addPoint(d.newObject(two), 1, 2, 1);
  assert.deepEqual([three.objects.length, three.active], [2, 2]);
});

test("another click takes back the choice of a candidate", () => {
  const chosen = d.change(d.addPoint(open, 1, 1, 1), 1, { candidate: 2 });
  assert.equal(d.addPoint(chosen, 2, 2, 0).objects[0].candidate, null);
  assert.equal(d.setBox(chosen, [0, 0, 5, 5]).objects[0].candidate, null);
});

test("a box takes the place of an earlier one", () => {
  const document = d.setBox(d.setBox(open, [0, 0, 9, 9]), [1, 2, 3, 4]);
  assert.deepEqual(document.objects.map(({ box }) => box), [[1, 2, 3, 4]]);
});

test("strokes go to the active object, or are one of their own that clicks leave alone", () => {
  const stroke = { points: [[1, 1]], radius: 3, label: 1 };
  assert.equal(d.addStroke(open, stroke).objects[0].kind, "brush");
  assert.deepEqual(d.addStroke(d.addPoint(open, 1, 1, 1), stroke).objects[0].strokes, [stroke]);
  assert.equal(d.addPoint(d.addStroke(open, stroke), 5, 5, 1).objects.length, 2);
  const hidden = d.toggle(d.addPoint(open, 1, 1, 1), 1);
  assert.equal(d.addStroke(hidden, stroke).objects.length, 2); // else nothing would be seen of it
});

test("erasing is done to what was touched", () => {
  const stroke = { points: [[1, 1]], radius: 3, label: 0 };
  const three = [1, 2, 3].reduce((document) => d.add(document, { kind: "prompts" }), open);
  assert.deepEqual(d.erase(three, stroke, [1, 3]).objects.map(({ strokes }) => strokes.length), [1, 0, 1]);
});

test("removing, hiding, clearing", () => {
  const two = d.add(d.add(open, { kind: "prompts" }), { kind: "brush" });
  assert.deepEqual([d.remove(two, 2).objects.length, d.remove(two, 2).active, d.remove(two, 1).active], [1, null, 2]);
  assert.equal(d.toggle(two, 1).objects[0].visible, false);
  assert.equal(d.remove(two, 7), two);
  assert.deepEqual(d.clear(two).objects, []);
  assert.equal(d.add(d.clear(two), {}).active, 3); // ids are not used again
});

test("another picture has nothing selected, and the same options", () => {
  const document = d.setOptions(d.addPoint(open, 1, 1, 1), { grow: 4, invert: false });
  const other = d.withImage(document, { ...picture, id: "b" });
  assert.deepEqual([other.objects, other.options], [[], { grow: 4, invert: false }]);
  assert.deepEqual(d.effective(other.options), { grow: 4 });
});

test("what a segmenter is asked does not depend on names, strokes and what is shown", () => {
  const object = d.addPoint(open, 1, 2, 1).objects[0];
  const same = { ...object, name: "cat", visible: false, strokes: [{}] };
  assert.equal(d.question(open, object, {}), d.question(open, same, {}));
  for (const other of [{ points: [[1, 2, 0]] }, { box: [0, 0, 1, 1] }, { candidate: 1 }]) {
    assert.notEqual(d.question(open, object, {}), d.question(open, { ...object, ...other }, {}));
  }
  assert.notEqual(d.question(open, object, {}), d.question(open, object, { segmenter: "x" }));
  assert.equal(d.asksSegmenter({ ...object, points: [[1, 2, 0]] }), false);
});

test("undo and redo go through the same states", () => {
  let history = h.begin("a");
  for (const state of ["b", "c"]) history = h.step(history, state);
  const back = h.undo(h.undo(history));
  assert.equal(back.now, "a");
  assert.equal(h.undo(back), back);
  assert.equal(h.redo(h.redo(back)).now, "c");
  assert.equal(h.redo(history), history);
  assert.deepEqual(h.step(h.undo(history), "d"), { now: "d", past: ["a", "b"], future: [], merging: "" });
});

test("steps of one kind in a row are one, until something else is done", () => {
  let history = h.step(h.begin(0), 1, "grow");
  history = h.step(h.step(history, 2, "grow"), 3, "grow");
  assert.deepEqual(h.undo(history).now, 0);
  history = h.step(h.undo(h.step(history, 4)), 5, "grow");
  assert.deepEqual(history.past, [0, 3]);
});

test("a history has an end", () => {
  let history = h.begin(0);
  for (let i = 1; i < 1000; i++) history = h.step(history, i);
  assert.deepEqual([history.past.length, history.past[0], h.replace(history, "x").past.length], [200, 799 , 200]);
});

test("what was made of a document takes its place, with what was selected since", () => {
  const at = (id, size = 40) => ({ id, width: size, height: 30, name: "a.png" });
  const stroke = (x) => ({ points: [[x, 1]], radius: 2, label: 1 });
  const painted = d.addStroke(d.withImage(d.setOptions(d.EMPTY, { grow: 2 }), at("A")), stroke(1));
  const base = d.addPoint(d.newObject(painted), 5, 5, 1);
  const bare = { ...d.EMPTY, options: { grow: 2 }, image: at("B") };
  assert.deepEqual(d.withResult(base, base, at("B")), bare);
  assert.deepEqual(d.withResult(d.addPoint(base, 6, 6, 0), base, at("B")), bare); // it is gone all the same
  const more = d.addStroke(d.activate(base, 1), stroke(2));
  const later = d.addPoint(d.newObject(more), 9, 9, 1);
  const { image, objects, active } = d.withResult(later, base, at("B"));
  assert.deepEqual([image.id, active, objects.map(({ id, points, strokes }) => [id, points.length, strokes])], ["B", 3, [[1, 0, [stroke(2)]], [3, 1, []]]]);
  assert.deepEqual(d.withResult(later, base, at("B", 50)).objects, []); // they lie elsewhere in it
});
