import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "../../javascript/inpaint_anything/mask/rle.mjs";
import { area, contains } from "../../javascript/inpaint_anything/mask/runs.mjs";
import { byHand, fromStroke, paint, strokePoint } from "../../javascript/inpaint_anything/mask/strokes.mjs";

// [width, height, points, radius, counts, pixels] as lib_inpaint/imaging/mask.py's from_stroke and lib_inpaint/imaging/rle.py give them
const PAINTED = [
  [40, 30, [[10, 12]], 6, "P55h02N2N2O00000001N2N2NWf0", 97],
  [40, 30, [[2.5, 3], [35.2, 26.9], [20, -4]], 3.5, "15i01N110O10O010000O010000O01000O010000DJN62LM42NM220MO33KN44KL46KI7?1O1O1N2O1O1N2O1N2O1M3N2L6", 427],
  [60, 45, [[-7, 20], [30.4, 44], [66, 1.2]], 8, "`0b0l00O01000O010O10O10O10O10O10O10O10O1O001O1O001O1O001O001O00O1O1N2O1O1O1O1N2O1O1O000O100000O10O100000O10O100000O10O11O1O1", 1139],
  [17, 9, [[8.9, 4.2]], 0.5, "\\21\\2", 1],
  [33, 50, [[16, 0], [16, 49], [15, 10]], 12.5, "P5d0d0^V1d5", 1270],
  [12, 12, [[5, 5], [6, 6]], 0.3, "`4", 0],
];

for (const [width, height, points, radius, counts, pixels] of PAINTED) {
  test(`a stroke of radius ${radius} through ${points.length} points is the server's, pixel by pixel`, () => {
    const mask = fromStroke(width, height, { points, radius, label: 1 });
    assert.equal(encode(mask).counts, counts);
    assert.equal(area(mask), pixels);
  });
}

test("adding and erasing, in their order", () => {
  const block = decode({ size: [30, 40], counts: "e7??00000000000000000000000000000000000000000W9" });
  const result = paint(block, [
    { points: [[10, 10], [30, 22]], radius: 4, label: 0 },
    { points: [[2, 28], [38, 2]], radius: 2.5, label: 1 },
    { points: [[20, 15]], radius: 5, label: 0 },
  ]);
  assert.equal(encode(result).counts, "l01l02N1O100O00000@NM4MN6MO4JO8MO82HN82IN53KM44ML15OK150KN63JK759000000001O1O2N1O1O0010H600010O0000010O02N0");
  assert.equal(area(result), 290);
});

test("a stroke drawn piece by piece is the stroke as a whole", () => {
  const points = [[3, 4], [20, 31], [50, 12], [50.4, 12.2], [9, 40]];
  const pieces = points.slice(1).map((point, i) => ({ points: [points[i], point], radius: 5.5, label: 1 }));
  const whole = fromStroke(64, 48, { points, radius: 5.5, label: 1 });
  assert.equal(encode(paint(decode({ size: [48, 64], counts: "PP3" }), pieces)).counts, encode(whole).counts);
});

test("a stroke passes near the picture at most", () => {
  const picture = { width: 100, height: 50 };
  assert.deepEqual(strokePoint({ x: -400, y: 20.26 }, 7.5, picture), [-8, 20.3]);
  assert.deepEqual(strokePoint({ x: 107.4, y: 900 }, 7.5, picture), [107, 57]);
});

test("what is done by hand: drawn is what was drawn last, erased what was erased last, object by object", () => {
  const at = (x, label) => ({ points: [[x, 5]], radius: 1, label });
  const { drawn, erased } = byHand([[at(2, 1), at(3, 1), at(3, 0)], [], [at(3, 1), at(4, 0)]], { width: 8, height: 8 });
  assert.deepEqual([2, 3, 4, 5].map((x) => contains(drawn, x, 5)), [true, true, false, false]);
  assert.deepEqual([2, 3, 4, 5].map((x) => contains(erased, x, 5)), [false, true, true, false]);
});

test("a lasso has the pixels whose middles it goes around, wherever it crosses itself", () => {
  const around = (points, label = 1) => ({ points, radius: 4, label, filled: true });
  const square = fromStroke(20, 12, around([[2, 3], [8, 3], [8, 9], [2, 9]]));
  assert.deepEqual([area(square), contains(square, 2, 3), contains(square, 7, 8), contains(square, 8, 5), contains(square, 5, 9)], [36, true, true, false, false]);
  assert.equal(area(fromStroke(20, 12, around([[2, 3], [2, 9], [8, 9], [8, 3]]))), 36); // the other way round
  const twice = fromStroke(20, 12, around([[1, 1], [11, 1], [11, 11], [4, 11], [4, 4], [8, 4], [8, 8], [1, 8]]));
  assert.ok(contains(twice, 6, 6)); // what is gone around twice is inside
  assert.equal(area(fromStroke(20, 12, around([[-50, -50], [90, -50], [90, 90], [-50, 90]]))), 20 * 12);
  assert.equal(area(fromStroke(20, 12, around([[3, 3]]))), 0);
  assert.equal(area(paint(square, [around([[0, 0], [20, 0], [20, 6], [0, 6]], 0)])), 18);
});
