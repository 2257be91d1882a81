import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../javascript/inpaint_anything/mask/rle.mjs";
import { fromSpans } from "../../javascript/inpaint_anything/mask/runs.mjs";
import { Filled } from "../../javascript/inpaint_anything/session/filled.mjs";
import * as d from "../../javascript/inpaint_anything/work/document.mjs";
import * as h from "../../javascript/inpaint_anything/work/history.mjs";
import { lighter, picturesIn, recordOf, VERSION } from "../../javascript/inpaint_anything/work/record.mjs";

const mask = encode(fromSpans(40, 30, [[4, 5, 9], [5, 6, 12]]));

/** All that can be in a record is in this one. */
function record() {
  const open = d.withImage(d.EMPTY, { id: "A", width: 40, height: 30, name: "a.png" });
  const pointed = d.addStroke(d.setBox(d.addPoint(open, 8.5, 9, 1), [1, 2, 20, 21]), { points: [[3, 4]], radius: 2, label: 0 });
  const found = d.add(d.setOptions(pointed, { grow: 3 }), { kind: "everything", mask });
  const history = h.undo([pointed, found, d.clear(found)].reduce((before, now) => h.step(before, now), h.begin(open)));
  const told = { infotext: "", saved: "", note: "", offset: [0, 0] };
  const result = { id: "J-0", name: "a.png", action: "remove", width: 40, height: 30, image: "B", before: "A", ...told };
  const job = { id: "K", action: "extend", before: { id: "C", name: "" }, offset: [8, 0], mask };
  const filled = { tab: "fill", values: { fill: { prompt: "a lake", steps: 4 } } };
  return { version: VERSION, history, results: [result], job, answers: [["asked", { mask, scores: [0.9] }]], brushRadius: 20, filled };
}

/** The record with something put where the dotted name says. */
function changed(name, value) {
  const whole = structuredClone(record());
  const steps = name.split(".");
  const last = steps.pop();
  const inside = steps.reduce((inner, step) => inner[step], whole);
  if (value === undefined) delete inside[last];
  else inside[last] = value;
  return whole;
}

test("a record that was stored is taken, also after it was text", () => {
  assert.deepEqual(recordOf(structuredClone(record())), record());
  assert.deepEqual(recordOf(JSON.parse(JSON.stringify(record()))), record());
  const empty = { ...record(), history: h.begin(d.EMPTY), results: [], job: null, answers: [] };
  assert.deepEqual(recordOf(empty), empty);
});

test("a record of the first version, or from before there were versions, is taken: nothing was filled in", () => {
  const { version, answers, filled, ...rest } = record();
  const now = { ...record(), filled: { tab: "", values: {} } };
  assert.equal(version, 3);
  assert.deepEqual(recordOf({ ...rest, answers, version: 1 }), now);
  assert.deepEqual(recordOf({ ...rest, found: answers }), now);
});

test("a record of the second version had a brush of the picture's pixels: it is a new one", () => {
  assert.deepEqual(recordOf({ ...record(), version: 2, brushRadius: 300 }), { ...record(), brushRadius: 20 });
});

for (const stored of [null, undefined, "text", 7, [], {}, { version: VERSION }, { found: [] }]) {
  test(`${JSON.stringify(stored)} is no record`, () => assert.equal(recordOf(stored), null));
}

const BROKEN = [
  ["version", VERSION + 1], ["version", 0], ["version", String(VERSION)], ["history", null], ["history.now"],
  ["history.past", {}], ["history.merging"], ["history.now.image", { id: "A" }], ["history.now.image.width", 0],
  ["history.now.image", null], ["history.now.objects", {}], ["history.now.objects.0.points", [[1, 2]]],
  ["history.now.objects.0.points", [[1, 2, 3]]], ["history.now.objects.0.box", [1, 2, 3]], ["history.now.objects.0.kind", "other"],
  ["history.now.objects.0.strokes", [{ points: [[1, 1]], radius: 2 }]], ["history.now.objects.0.candidate", "best"],
  ["history.now.objects.1.mask", { size: [30, 40], counts: "4" }], ["history.now.objects.1.mask.size", [40, 30]],
  ["history.future.0.options", []], ["results", null], ["results.0.image"], ["results.0.offset", null], ["job", {}],
  ["job.before.id", null], ["job.mask", 4], ["answers", [["asked"]]], ["answers.0.1.scores", [null]], ["brushRadius", null],
  ["once", "yes"], ["history.now.image.origin", { id: "A" }], ["results.0.origin", { offset: [0, 0] }], ["results.0.sent", 4],
  ["filled"], ["filled.tab", null], ["filled.values", []], ["filled.values.fill", "a lake"],
];

for (const [name, value] of BROKEN) {
  test(`with ${JSON.stringify(value)} as ${name} it is none`, () => assert.equal(recordOf(changed(name, value)), null));
}

test("the pictures that a record refers to", () => {
  assert.deepEqual([...picturesIn(record())].sort(), ["A", "B", "C"]);
});

test("lighter records are records", () => {
  const all = [...lighter(record())];
  assert.deepEqual(all.map(recordOf), all);
  assert.deepEqual(all.map(({ answers, history }) => [answers.length, h.states(history).length]), [[1, 4], [0, 4], [0, 3], [0, 1]]);
});

test("which fields a person has changed outlives a reload", () => {
  const setup = { actions: { fill: { route: "inpaint", fields: ["steps"] } }, forms: {} };
  const [before, after] = [0, 1].map(() => new Filled(setup, { changed: () => {}, filled: () => {} }));
  before.set("fill", [20]);
  before.used.add("fill.steps");
  const kept = recordOf({ ...record(), filled: before.kept() });
  after.restore(kept.filled);
  assert.deepEqual([after.listed("fill"), [...after.used]], [[20], ["fill.steps"]]);
  assert.equal(recordOf(changed("filled.used", [4])), null);
});
