import assert from "node:assert/strict";
import { test } from "node:test";
import { beforeOf, buildBody, nested, originOf, picturesOf } from "../../javascript/inpaint_anything/work/actions.mjs";

const mask = { size: [2, 2], counts: "04" };

test("dotted names nest, and empty widgets are left out; zero and false are values", () => {
  const names = ["eraser", "options.grow", "options.invert", "options.feather", "refine"];
  assert.deepEqual(nested(names, ["lama", 0, false, null, ""]), { eraser: "lama", options: { grow: 0, invert: false } });
});

test("a body holds picture, mask, constants and whether to save", () => {
  const action = { fields: ["prompt"], constants: { invert: true, "options.grow": 3 } };
  assert.deepEqual(buildBody(action, ["a lake"], { image: "ID", mask, save: true }), {
    image: "ID", prompt: "a lake", invert: true, options: { grow: 3 }, mask, save: true,
  });
});

test("only what is wanted is sent", () => {
  const given = { image: "ID", mask, save: true };
  assert.equal("mask" in buildBody({ fields: [], needs: "nothing" }, [], given), false);
  assert.equal("mask" in buildBody({ fields: [], needs: "optional" }, [], { ...given, mask: null }), false);
  assert.deepEqual(buildBody({ fields: [], needs: "optional" }, [], given).mask, mask);
  assert.equal("save" in buildBody({ fields: [] }, [], { image: "ID", mask }), false);
});

test("the result of an eraser", () => {
  const result = { id: "P", image: { url: "jobs/J/files/image", width: 4 }, mask: { url: "jobs/J/files/mask" }, saved: "a.png" };
  assert.deepEqual(picturesOf({ id: "J", result }), [
    { image: "P", address: "jobs/J/files/image", mask: "jobs/J/files/mask", infotext: "", saved: "a.png", note: "", offset: null },
  ]);
});

test("several pictures of sampling", () => {
  const images = [{ id: "P", file: "0-image", infotext: "Steps: 20" }, { id: "Q", file: { url: "jobs/J/files/1" } }];
  const found = picturesOf({ id: "J", result: { images, note: "Slow." } });
  assert.deepEqual(found.map(({ image, address, infotext, note }) => [image, address, infotext, note]), [
    ["P", "jobs/J/files/0-image", "Steps: 20", "Slow."],
    ["Q", "jobs/J/files/1", "", "Slow."],
  ]);
});

test("where the picture before lies in pictures that were extended", () => {
  const images = [{ id: "P", file: "image-0" }, { id: "Q", file: "image-1" }];
  const found = picturesOf({ id: "J", result: { images, offset: [8, 3], mask: { url: "jobs/J/files/mask" } } });
  assert.deepEqual(found.map(({ offset, mask }) => [offset, mask]), [
    [[8, 3], "jobs/J/files/mask"],
    [[8, 3], "jobs/J/files/mask"],
  ]);
});

test("the picture that was opened lies in what was made of it, over any number of steps", () => {
  const opened = { id: "A", width: 40, height: 30, name: "a" };
  const first = originOf(opened, [8, 2]);
  assert.deepEqual(first, { id: "A", width: 40, height: 30, offset: [8, 2] });
  const result = { before: "B", name: "a", offset: [1, 4], origin: originOf({ id: "B", name: "a", origin: first }, [1, 4]) };
  assert.deepEqual(result.origin, { id: "A", width: 40, height: 30, offset: [9, 6] });
  assert.deepEqual(beforeOf(result), { id: "B", name: "a", origin: first });
  assert.deepEqual(beforeOf({ ...result, before: "A", offset: [8, 2], origin: first }), { ...opened });
  assert.equal(originOf({ id: "A", name: "" }, [0, 0]), undefined); // a job of an older page
});

test("the name of the picture goes along with what is saved alone", () => {
  const given = { image: "A", mask: null, name: "cat.jpg" };
  const action = { fields: [], needs: "nothing" };
  assert.deepEqual(buildBody(action, [], { ...given, save: true }), { image: "A", save: true, name: "cat.jpg" });
  assert.deepEqual(buildBody(action, [], { ...given, save: false }), { image: "A", save: false });
});
