import assert from "node:assert/strict";
import { test } from "node:test";
import { Keeper } from "../../javascript/inpaint_anything/session/keeper.mjs";
import * as d from "../../javascript/inpaint_anything/work/document.mjs";
import * as h from "../../javascript/inpaint_anything/work/history.mjs";
import { VERSION } from "../../javascript/inpaint_anything/work/record.mjs";

const open = d.withImage(d.EMPTY, { id: "A", width: 4, height: 3, name: "" });
const state = () => ({ history: h.begin(open), results: [], job: null, answers: [], brushRadius: 9, filled: { tab: "", values: {} } });
const file = new Blob(["a"]);

/** A keeper whose storage has this: records, the best first, with the names of their files. */
function stage(stored, { begun = false } = {}) {
  const seen = { saved: [], now: [], told: [], restored: [], aside: 0 };
  const storage = {
    async load(accept) {
      for (const { record, files = ["picture:A"], own = true } of stored) {
        const there = new Map(files.map((name) => [name, file]));
        const accepted = accept(record, there);
        if (accepted) return { kept: { record: accepted, files: there, own }, aside: seen.aside > 0 };
        seen.aside++;
      }
      return { kept: null, aside: seen.aside > 0 };
    },
    save: async (record, files) => void seen.saved.push([record, [...files.keys()]]),
    saveNow: (records) => seen.now.push(...records),
    saveFile: async () => {},
  };
  const bitmaps = { blobs: new Map(), shown: new Map(), keepOnly: () => {} };
  const keeper = new Keeper(storage, {
    state, bitmaps, results: { masks: new Map(), release: () => {} }, begun: () => begun, tell: (text) => seen.told.push(text),
    goOn: (record, masks, own) => seen.restored.push([record, [...masks.keys()], own]),
  });
  return { keeper, bitmaps, seen };
}

const kept = { version: VERSION, ...state() };
const files = ["picture:A", "shown:B", "mask:J-0", "other:C"];

test("what was kept is gone on with", async () => {
  const { keeper, bitmaps, seen } = stage([{ record: kept, files, own: false }]);
  await keeper.restore();
  assert.deepEqual(seen.restored, [[kept, ["J-0"], false]]);
  assert.deepEqual([[...bitmaps.blobs.keys()], [...bitmaps.shown.keys()], seen.told], [["A"], ["B"], []]);
});

test("what cannot be read is told, and the next best is gone on with", async () => {
  for (const broken of [{ record: "{" }, { record: { ...kept, version: VERSION + 1 } }, { record: kept, files: [] }]) {
    const { keeper, seen } = stage([broken, { record: kept }]);
    await keeper.restore();
    assert.deepEqual(seen.told, ["What this browser kept of earlier work could not be read. It was put aside."]);
    assert.equal(seen.restored.length, 1);
  }
});

test("where something was opened meanwhile, that stays", async () => {
  const { keeper, seen } = stage([{ record: kept }], { begun: true });
  await keeper.restore();
  assert.deepEqual(seen.restored, []);
});

test("nothing is saved before it is known what is there, and all of it has the version", async () => {
  const { keeper, seen } = stage([]);
  keeper.save();
  await keeper.saved();
  assert.deepEqual(seen.saved, []);
  await keeper.restore();
  keeper.save();
  keeper.leave();
  await keeper.saved();
  assert.deepEqual([seen.saved, seen.now[0]], [[[kept, []]], kept]);
  keeper.leave(); // there is nothing more to save
  assert.equal(seen.now.length, 4);
});
