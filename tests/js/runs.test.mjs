import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../../javascript/inpaint_anything/mask/rle.mjs";
import * as r from "../../javascript/inpaint_anything/mask/runs.mjs";

/** A mask from a drawing, # is inside. */
const drawn = (...rows) => r.fromPixels(Uint8Array.from(rows.join(""), (c) => (c === "#" ? 255 : 0)), rows[0].length, rows.length);
const rows = (runs) =>
  Array.from({ length: runs.height }, (_, y) =>
    Array.from({ length: runs.width }, (_, x) => (r.contains(runs, x, y) ? "#" : ".")).join(""));
/** Row by row, 255 where it is selected. */
const pixelsOf = (runs) => Uint8Array.from(rows(runs).join(""), (c) => (c === "#" ? 255 : 0));

// counts as lib_inpaint/imaging/rle.py writes them
const BLOCK = { size: [30, 40], counts: "e7??00000000000000000000000000000000000000000W9" }; // [5:20, 8:30]

test("the server's text is the mask it was made of", () => {
  const mask = decode(BLOCK);
  assert.deepEqual(r.bounds(mask), [8, 5, 30, 20]);
  assert.equal(r.area(mask), 22 * 15);
  assert.deepEqual([r.contains(mask, 8, 5), r.contains(mask, 29.9, 19.9), r.contains(mask, 30, 10), r.contains(mask, 10, 20)], [true, true, false, false]);
  assert.deepEqual(encode(mask), BLOCK);
});

test("runs that go on from one column to the next, from the first pixel and to the last", () => {
  const mask = drawn("#.##", "#.##", "##.#");
  const text = encode(mask);
  assert.deepEqual(rows(decode(text)), ["#.##", "#.##", "##.#"]);
  assert.equal(encode(drawn("##", "##")).counts, "04");
  assert.equal(encode(r.blank(2, 2)).counts, "4");
  assert.deepEqual(rows(decode({ size: [2, 2], counts: "04" })), ["##", "##"]);
});

test("text that is no mask of that size is refused", () => {
  assert.throws(() => decode({ size: [30, 41], counts: BLOCK.counts }), RangeError);
  assert.throws(() => decode({ size: [29, 40], counts: BLOCK.counts }), RangeError);
  assert.throws(() => decode({ size: [2, 2], counts: "4 " }), RangeError);
  assert.throws(() => decode({ size: [2, 2], counts: "oooooooooooo" }), RangeError);
});

test("masks are put together pixel by pixel", () => {
  const a = drawn("##..", "##..", "...#");
  const b = drawn(".##.", "....", "...#");
  assert.deepEqual(rows(r.union(a, b)), ["###.", "##..", "...#"]);
  assert.deepEqual(rows(r.subtract(a, b)), ["#...", "##..", "...."]);
});

test("many random masks, as their pixels say", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 60; round++) {
    const [width, height] = [1 + Math.floor(random() * 30), 1 + Math.floor(random() * 30)];
    const pixels = () => Uint8Array.from({ length: width * height }, () => (random() < 0.5 ? 255 : 0));
    const [one, two] = [pixels(), pixels()];
    const [a, b] = [one, two].map((mask) => r.fromPixels(mask, width, height));
    assert.deepEqual(pixelsOf(decode(encode(a))), one);
    assert.deepEqual(pixelsOf(r.union(a, b)), one.map((value, i) => value | two[i]));
    assert.deepEqual(pixelsOf(r.subtract(a, b)), one.map((value, i) => value & ~two[i]));
    assert.equal(r.area(a), one.filter(Boolean).length);
  }
});

test("spans that overlap and reach off the picture become one mask", () => {
  const mask = r.fromSpans(4, 5, [[1, -3, 2], [1, 1, 4], [3, 4, 90], [-1, 0, 5], [4, 0, 5], [2, 5, 6]]);
  assert.deepEqual(rows(mask), [".#..", ".#..", ".#..", ".#..", "...#"]);
});

test("an empty mask has no bounds", () => assert.equal(r.bounds(r.blank(3, 3)), null));

test("what is not in a mask", () => {
  assert.deepEqual(rows(r.inverted(drawn("#..", ".#.", "###"))), [".##", "#.#", "..."]);
  assert.equal(r.area(r.inverted(r.blank(4, 3))), 12);
});
