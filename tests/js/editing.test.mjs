import assert from "node:assert/strict";
import { test } from "node:test";
import { Editing } from "../../javascript/inpaint_anything/session/editing.mjs";
import { withResult } from "../../javascript/inpaint_anything/work/document.mjs";

const picture = (id) => ({ id, width: 100, height: 80, name: "a.png" });

/** A document with one click, on which an action works. */
function working() {
  const work = { masks: {}, everything: { on: false }, changed: () => {}, tell: () => {}, base: () => null };
  const editing = new Editing(work);
  editing.setImage(picture("A"));
  editing.click({ x: 10, y: 10 }, 1);
  const base = editing.document;
  work.base = () => base;
  return { editing, work, base };
}

const where = ({ objects }) => objects.map(({ points, box }) => [points, box]);

test("a click or a box while an action runs is another object, which stays when the result has come", () => {
  const { editing, base } = working();
  editing.click({ x: 60, y: 60 }, 1);
  editing.click({ x: 70, y: 60 }, 1);
  assert.deepEqual(where(withResult(editing.document, base, picture("B"))), [[[[60, 60, 1], [70, 60, 1]], null]]);
  const boxed = working();
  boxed.editing.setBox([50, 50, 70, 70]);
  const result = withResult(boxed.editing.document, boxed.base, picture("B"));
  assert.deepEqual([where(result), result.active], [[[[], [50, 50, 70, 70]]], 2]);
});

test("where none runs, and where it uses nothing that is selected, a click refines", () => {
  for (const base of [() => null, (document) => ({ ...document, objects: [] })]) {
    const { editing, work, base: document } = working();
    work.base = () => base(document);
    editing.click({ x: 60, y: 60 }, 1);
    assert.deepEqual(where(editing.document), [[[[10, 10, 1], [60, 60, 1]], null]]);
  }
});

test("what does not belong to the object that an action works on is left out of that", () => {
  const { editing } = working();
  editing.click({ x: 20, y: 10 }, 0);
  assert.deepEqual(where(editing.document), [[[[10, 10, 1], [20, 10, 0]], null]]);
});
