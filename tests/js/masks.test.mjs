import assert from "node:assert/strict";
import { test } from "node:test";
import * as d from "../../javascript/inpaint_anything/work/document.mjs";
import { Masks } from "../../javascript/inpaint_anything/session/masks.mjs";
import { encode } from "../../javascript/inpaint_anything/mask/rle.mjs";
import { area, bounds, fromSpans } from "../../javascript/inpaint_anything/mask/runs.mjs";

const [WIDTH, HEIGHT] = [40, 30];
const open = d.withImage(d.EMPTY, { id: "A", width: WIDTH, height: HEIGHT, name: "" });
const block = (left, top, right, bottom) =>
  fromSpans(WIDTH, HEIGHT, Array.from({ length: right - left }, (_, i) => [left + i, top, bottom]));

/** A server that finds 5x5 pixels at the last point; it answers when told to, or at once. */
function stage({ slow = false } = {}) {
  const waiting = [];
  const log = [];
  const client = {
    async segment(body, signal) {
      const [x, y] = body.objects[0].points.at(-1);
      log.push(`segment ${x},${y}`);
      if (slow) await new Promise((resolve, reject) => {
        waiting.push(resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      if (client.broken) throw Object.assign(new Error("Away."), { code: client.broken });
      return { mask: encode(block(x, y, x + 5, y + 5)), objects: [{ scores: [0.9, 0.5] }] };
    },
    async mask({ options, mask, erased, drawn, whole }) {
      log.push(`mask ${JSON.stringify(options)}`);
      if (options.grow) client.asked = { options, mask, erased, drawn, whole };
      return { area: 4, mask: encode(block(0, 0, 2, 2)) };
    },
  };
  const shown = [];
  const failed = [];
  const masks = new Masks(client, {
    shown: (mask, time) => shown.push([mask.runs && bounds(mask.runs), time]),
    failed: (error) => failed.push(error.message),
    changed: () => {},
    answered: () => {},
  });
  return { client, masks, log, shown, failed, waiting };
}

test("a click is segmented, drawn with its time, and not asked again", async () => {
  const { masks, log, shown } = stage();
  const one = d.addPoint(open, 10, 10, 1);
  masks.update(one, {}, 123);
  await masks.settled();
  assert.deepEqual(shown.at(-1), [[10, 10, 15, 15], 123]);
  assert.deepEqual(masks.answerFor(one.objects[0]).scores, [0.9, 0.5]);
  masks.update(open, {});
  assert.deepEqual(shown.at(-1), [null, undefined]);
  masks.update(one, {}); // redo
  assert.deepEqual(shown.at(-1), [[10, 10, 15, 15], undefined]);
  assert.deepEqual(log, ["segment 10,10"]);
});

test("what is sent is what is drawn: all visible objects, strokes in their order", async () => {
  const { masks } = stage();
  let document = d.addPoint(open, 10, 10, 1);
  document = d.addPoint(d.newObject(document), 20, 20, 1);
  document = d.addStroke(document, { points: [[30, 5]], radius: 2, label: 1 });
  document = d.erase(document, { points: [[11, 11]], radius: 1, label: 0 }, [1]);
  masks.update(document, {});
  await masks.settled();
  const left = 25 + 25 + 9 - 1; // a brush of radius 2 has 9 pixels, one of radius 1 has 1
  assert.equal(masks.shown.area, left);
  assert.deepEqual(masks.shown.sent(), encode(masks.shown.runs));
  masks.update(d.toggle(document, 1), {});
  assert.equal(masks.shown.area, 25 + 9);
});

test("the newest question of an object counts, whenever the answers come", async () => {
  const { masks, waiting, shown, failed, log } = stage({ slow: true });
  const one = d.addPoint(open, 1, 1, 1);
  masks.update(one, {});
  masks.update(d.addPoint(one, 20, 20, 1), {});
  waiting.forEach((answer) => answer());
  await masks.settled();
  assert.deepEqual(shown.at(-1)[0], [20, 20, 25, 25]);
  assert.deepEqual([log, failed], [["segment 1,1", "segment 20,20"], []]);
});

test("while an answer is on its way, the last one of that object is shown", async () => {
  const { masks, waiting, shown } = stage({ slow: true });
  const one = d.addPoint(open, 1, 1, 1);
  masks.update(one, {});
  waiting.pop()();
  await masks.settled();
  masks.update(d.addPoint(one, 20, 20, 1), {});
  assert.deepEqual(shown.at(-1)[0], [1, 1, 6, 6]);
  assert.equal(masks.waiting, true);
});

test("what failed is said, and asked again with the next change", async () => {
  const { client, masks, failed, log } = stage();
  client.broken = "unreachable";
  const one = d.addPoint(open, 1, 1, 1);
  masks.update(one, {});
  await masks.settled();
  assert.deepEqual([failed, masks.shown.area], [["Away."], 0]);
  client.broken = null;
  masks.update(d.addPoint(d.newObject(one), 20, 20, 1), {});
  await masks.settled();
  assert.equal(masks.shown.area, 50);
  assert.deepEqual(log, ["segment 1,1", "segment 1,1", "segment 20,20"]);
});

test("a click that selects nothing is an answer", async () => {
  const { client, masks, failed } = stage();
  client.broken = "empty_selection";
  masks.update(d.addPoint(open, 1, 1, 1), {});
  await masks.settled();
  assert.deepEqual([failed, masks.shown.area, masks.shown.sent()], [[], 0, null]);
});

test("options are the server's work, and only those that do something", async () => {
  const { masks, log } = stage();
  const one = d.addPoint(open, 10, 10, 1);
  masks.update(d.setOptions(one, { grow: 0, invert: false }), {});
  await masks.settled();
  assert.equal(masks.shown.area, 25);
  masks.update(d.setOptions(one, { grow: 3, invert: false }), {});
  assert.equal(masks.shown.area, 25); // until there is an answer
  await masks.settled();
  assert.deepEqual([masks.shown.area, area(masks.shown.runs), masks.shown.sent()], [4, 4, encode(block(0, 0, 2, 2))]);
  masks.update(one, {});
  masks.update(d.setOptions(one, { grow: 3, invert: false }), {});
  assert.equal(masks.shown.area, 4); // known already
  assert.deepEqual(log, ["segment 10,10", 'mask {"grow":3}']);
});

test("what a stroke touches", async () => {
  const { masks } = stage();
  let document = d.addPoint(open, 10, 10, 1);
  document = d.addPoint(d.newObject(document), 20, 20, 1);
  masks.update(document, {});
  await masks.settled();
  assert.deepEqual(masks.touched(block(0, 0, 11, 11)), [1]);
  assert.deepEqual(masks.touched(block(14, 14, 21, 21)), [1, 2]);
  assert.deepEqual(masks.touched(block(15, 15, 20, 20)), []);
});

test("answers outlive a reload", async () => {
  const first = stage();
  const one = d.addPoint(open, 10, 10, 1);
  first.masks.update(one, {});
  await first.masks.settled();
  const stored = structuredClone(first.masks.stored(new Set([d.question(one, one.objects[0], {})])));
  const second = stage();
  second.masks.restore([...stored, ["another", { mask: { size: [30, 40], counts: "4" }, scores: [] }]]); // which is none
  second.masks.update(structuredClone(one), {});
  assert.equal(second.masks.shown.area, 25);
  assert.deepEqual(second.log, []);
});

test("what an action adds is asked beside the mask: of what is pointed at, with what is done by hand", async () => {
  const { client, masks, log, shown } = stage();
  let document = d.addPoint(open, 10, 10, 1);
  masks.setAdding({ options: { grow: 6, feather: 0 }, on: true });
  masks.update(document, {}, 7);
  await masks.settled();
  assert.deepEqual(log, ["segment 10,10", 'mask {"grow":6}']);
  assert.deepEqual(client.asked, { options: { grow: 6 }, mask: encode(block(10, 10, 15, 15)), erased: undefined, drawn: undefined, whole: undefined });
  assert.deepEqual(masks.shown.sent(), encode(block(10, 10, 15, 15)), "which stays what it is");
  assert.deepEqual(masks.adding.shown.sent(), encode(block(0, 0, 2, 2)));
  assert.deepEqual(shown.find(([, time]) => time === 7)[0], [10, 10, 15, 15], "the click is drawn before");

  document = d.addStroke(document, { points: [[30, 5]], radius: 1, label: 1 });
  document = d.erase(document, { points: [[20, 20]], radius: 1, label: 0 }, [1]);
  masks.update(d.setOptions(document, { shadow: 3 }), {});
  await masks.settled();
  assert.deepEqual(client.asked.whole, { shadow: 3 });
  assert.deepEqual(client.asked.drawn, encode(block(30, 5, 31, 6)));
  assert.deepEqual(client.asked.erased, encode(block(20, 20, 21, 21)));
  assert.deepEqual(client.asked.mask, encode(block(10, 10, 15, 15)));
});

test("nothing is added where nothing is pointed at, to the rest of a picture, for another action, or when it is switched off", async () => {
  const { masks, log } = stage();
  masks.setAdding({ options: { grow: 6 }, on: true });
  masks.update(d.addStroke(open, { points: [[30, 5]], radius: 2, label: 1 }), {});
  await masks.settled();
  assert.equal(masks.adding.shown, null);
  const document = d.addPoint(open, 10, 10, 1);
  masks.update(document, {});
  await masks.settled();
  assert.equal(masks.adding.shown.area, 4);
  for (const off of [{ on: false }, { on: true, options: { grow: 0 } }, { options: {} }]) {
    masks.setAdding(off);
    assert.equal(masks.adding.shown, null);
    assert.equal(masks.waiting, false);
  }
  masks.setAdding({ options: { grow: 6 } });
  assert.equal(masks.adding.shown.area, 4, "known already");
  masks.update(d.setOptions(document, { invert: true }), {});
  await masks.settled();
  assert.equal(masks.adding.shown, null);
  assert.equal(log.filter((line) => line.includes("grow")).length, 1);
});

test("an erasing stroke on what an action adds is one of what is pointed at", async () => {
  const { masks } = stage();
  const document = d.addPoint(open, 10, 10, 1);
  masks.setAdding({ options: { grow: 6 }, on: true });
  masks.update(document, {});
  await masks.settled();
  assert.deepEqual(masks.touched(block(0, 0, 1, 1)), [1]);
  assert.deepEqual(masks.touched(block(30, 20, 31, 21)), []);
});
