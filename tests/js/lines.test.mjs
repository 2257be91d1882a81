import assert from "node:assert/strict";
import { test } from "node:test";
import * as documents from "../../javascript/inpaint_anything/work/document.mjs";
import { withLines } from "../../javascript/inpaint_anything/work/lines.mjs";

const PICTURE = { id: "a", width: 640, height: 480, name: "page.png" };
const line = (counts) => ({ mask: { size: [480, 640], counts } });
const named = (n) => `Text ${n}`;

test("each line becomes an object with its mask, once", () => {
  const empty = documents.withImage(documents.EMPTY, PICTURE);
  const first = withLines(empty, [line("11"), line("22")], named);
  assert.deepEqual(first.objects.map(({ name, kind, mask }) => [name, kind, mask.counts]), [["Text 1", "everything", "11"], ["Text 2", "everything", "22"]]);
  assert.equal(empty.objects.length, 0);
  const without = documents.remove(first, first.objects[0].id);
  const again = withLines(without, [line("11"), line("22")], named);
  assert.deepEqual(again.objects.map(({ mask }) => mask.counts), ["22", "11"]);
  assert.equal(withLines(first, [], named), first);
});
