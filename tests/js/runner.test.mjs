import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestFailed } from "../../javascript/inpaint_anything/server/http.mjs";
import { Onward } from "../../javascript/inpaint_anything/session/onward.mjs";
import { Runner } from "../../javascript/inpaint_anything/session/runner.mjs";
import * as d from "../../javascript/inpaint_anything/work/document.mjs";

const picture = { id: "A", width: 40, height: 30, name: "a.png" };
const selected = (doc, x) => d.addPoint(d.newObject(doc), x, 5, 1);
const done = { id: "J", state: "done", result: { id: "B", image: "0.png" } };

/** A runner whose job ends as a test says; `taken` has the documents that results were made of. */
function stage({ document = selected(d.withImage(d.EMPTY, picture), 1) } = {}) {
  const seen = { taken: [], asked: 0, failed: [], kept: [] };
  const now = { document };
  let end;
  const work = (_, { signal, started }) => {
    started?.("J");
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new RequestFailed("Stopped.", { code: "stopped" })));
      end = (error) => (error ? reject(error) : resolve(done));
    });
  };
  const runner = new Runner({
    client: { job: (route, _, watch) => work(route, watch), watch: work },
    actions: { remove: { route: "erase", fields: [] } },
    save: undefined,
    waiting: { set: () => {}, job: (_, { signal }, watching) => watching({ progress: () => {}, signal }) },
    results: { add: async () => [] },
    document: () => now.document,
    mask: () => ({ area: 9, sent: () => "mask" }),
    show: () => {},
    settled: async () => {},
    keep: () => seen.kept.push(structuredClone(runner.job)),
    kept: async () => {},
    take: async (_, base) => void seen.taken.push(base),
    changed: () => {},
    ended: (well) => onward.ended(well),
    say: () => {},
    fail: (error) => seen.failed.push(error.message),
    nothing: () => {},
  });
  const onward = new Onward({
    editing: { get document() { return now.document; } },
    running: () => runner.running,
    ask: () => seen.asked++,
    changed: () => {},
  });
  onward.setOnce(true);
  return { runner, onward, now, seen, end: (error) => end(error) };
}

const begun = () => new Promise((resolve) => setTimeout(resolve));

for (const [how, finish, asked] of [
  ["has succeeded", ({ end }) => end(), 1],
  ["was stopped", ({ runner }) => runner.stop(), 0],
  ["went wrong", ({ end }) => end(new Error("Out of memory.")), 0],
]) {
  test(`when an action ${how}, what was painted meanwhile is removed at once ${asked ? "after" : "no more"}`, async () => {
    const one = stage();
    const running = one.runner.run("remove", []);
    await begun();
    one.onward.finished();
    assert.equal(one.seen.asked, 0);
    finish(one);
    await running;
    assert.equal(one.seen.asked, asked);
    one.onward.ended(true);
    assert.equal(one.seen.asked, asked); // and it is not come back to
    assert.equal(one.runner.base, null);
  });
}

test("an action works on what was selected when it began", async () => {
  const { runner, now, seen, end } = stage();
  const base = now.document;
  const running = runner.run("remove", []);
  assert.equal(runner.base, base);
  await begun();
  now.document = selected(base, 20);
  end();
  await running;
  assert.deepEqual(seen.taken, [base]);
});

test("once more with the mask of a result, nothing that is selected now is used", async () => {
  const { runner, now, seen, end } = stage();
  const running = runner.again({ action: "remove", before: "A", name: "", sent: "mask", offset: [0, 0] }, []);
  await begun();
  end();
  await running;
  assert.deepEqual(seen.taken, [{ ...now.document, objects: [] }]);
  assert.equal(d.withResult(now.document, seen.taken[0], { ...picture, id: "B" }).objects.length, 1);
});

test("after a reload an action goes on with what it was given, and what was selected since stays", async () => {
  const before = stage();
  before.runner.run("remove", []);
  await begun();
  const job = before.seen.kept[0];
  const since = selected(before.now.document, 20);
  for (const [stored, left] of [[job, [2]], [{ ...job, base: undefined }, [1, 2]]]) {
    const { runner, seen, end } = stage({ document: since });
    const resumed = runner.resume(stored);
    end();
    await resumed;
    assert.deepEqual(d.withResult(since, seen.taken[0], { ...picture, id: "B" }).objects.map(({ id }) => id), left);
  }
});
