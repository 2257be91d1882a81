import assert from "node:assert/strict";
import { test } from "node:test";
import { hasFolder, droppedPictures, picturesAmong } from "../../javascript/inpaint_anything/page/brought.mjs";
import { FileList } from "../../javascript/inpaint_anything/session/filelist.mjs";

const names = Array.from({ length: 1000 }, (_, number) => `${number}.png`);
const result = (id, name, saved = "") => ({ id, name, saved });

/** A list of the server's folder with a thousand pictures, and what was asked and opened. */
function stage({ image = null, results = [], lacks = [] } = {}) {
  const seen = { asked: [], opened: [], failed: [], state: { image, results } };
  const list = new FileList({
    client: {
      listed: (name) => `/folder/${name}`,
      async folder(where) {
        seen.asked.push(where);
        if (lacks.includes(where.from)) throw new Error("away");
        const at = where.at ? names.indexOf(where.at) : null;
        const from = at === null ? where.from : at - 50;
        return { total: names.length, from, at, pictures: names.slice(from, from + 100).map((name) => ({ name, done: name === "7.png" })) };
      },
    },
    state: () => seen.state,
    open: async (source, name) => void (seen.opened.push([source, name]), (seen.state.image = { id: name, name })),
    changed: () => {},
    fail: (error) => seen.failed.push(error.message),
  });
  return { list, seen };
}
const file = (name, path = "", type = "image/png") => ({ name, type, webkitRelativePath: path });

test("the server's folder is asked for a part at a time, each once", async () => {
  const { list, seen } = stage();
  await list.follow();
  assert.deepEqual([list.total, list.at, seen.opened], [1000, 0, [["/folder/0.png", "0.png"]]]);
  assert.deepEqual([list.entry(7).done, list.entry(8).done, list.entry(100)], [true, false, undefined]);
  await Promise.all([list.need(190, 310), list.need(250, 260), list.need(990, 1200)]);
  await list.need(0, 310);
  assert.deepEqual(seen.asked, [{ from: 0 }, { from: 100 }, { from: 200 }, { from: 300 }, { from: 900 }]);
  assert.equal(list.entry(305).name, "305.png");
});

test("a part that did not come is told, and asked for again", async () => {
  const lacks = [100];
  const { list, seen } = stage({ lacks });
  await list.follow();
  await list.need(100, 101);
  assert.deepEqual(seen.failed, ["away"]);
  lacks.pop();
  await list.need(100, 101);
  assert.equal(list.entry(100).name, "100.png");
});

test("after a reload it goes on from the picture that was open", async () => {
  const { list, seen } = stage({ image: { id: "x", name: "500.png" } });
  await list.follow();
  assert.deepEqual([seen.asked, list.at, list.beside(1), seen.opened], [[{ at: "500.png" }], 500, 501, []]);
});

test("there is none before the first nor after the last, and none beside nothing", async () => {
  const { list } = stage();
  assert.deepEqual([list.beside(1), list.beside(-1)], [null, null]);
  await list.bring([file("a.png"), file("b.png")]);
  assert.deepEqual([list.at, list.beside(-1), list.beside(1)], [0, null, 1]);
  await list.open(1);
  assert.deepEqual([list.at, list.beside(-1), list.beside(1)], [1, 0, null]);
});

test("a picture that cannot be opened is gone past", async () => {
  const { list, seen } = stage();
  await list.bring([file("a.png"), file("broken.png"), file("c.png")]);
  list.update();
  const a = seen.state.image;
  await list.open(1);
  seen.state.image = a; // it stayed
  list.update();
  assert.deepEqual([list.at, list.beside(1)], [1, 2]);
});

test("what is nowhere but here is the newest result of this picture, until it is kept or saved", async () => {
  const { list, seen } = stage();
  await list.bring([file("a.png"), file("b.png")]);
  assert.equal(list.unsaved(), null);
  seen.state.results = [result("1", "a.png"), result("2", "a.png"), result("3", "b.png")];
  assert.equal(list.unsaved().id, "2");
  list.keep(seen.state.results[1]);
  assert.deepEqual([list.unsaved(), list.entry(0).done, list.entry(1).done], [null, true, false]);
  seen.state.results.push(result("4", "a.png"), result("5", "a.png", "out/a.png"));
  assert.equal(list.unsaved(), null);
  seen.state.results.push(result("6", "b.png", "out/b.png"));
  list.update();
  assert.equal(list.entry(1).done, true);
});

test("somebody who was asked and went on is not asked again", async () => {
  const { list, seen } = stage();
  await list.bring([file("a.png"), file("b.png")]);
  seen.state.results = [result("1", "a.png")];
  await list.open(1);
  await list.open(0);
  assert.equal(list.unsaved(), null);
});

test("another picture of the list that was undone to is where somebody is", async () => {
  const { list, seen } = stage();
  await list.bring([file("a.png"), file("b.png")]);
  await list.open(1);
  list.update();
  seen.state.image = { id: "a.png", name: "a.png" };
  list.update();
  assert.equal(list.at, 0);
});

test("of what is brought the pictures are taken, as people count", () => {
  const brought = [
    file("10.png", "in/10.png"), file("9.PNG", "in/9.PNG", ""), file(".hidden.png"), file("deep.png", "in/sub/deep.png"),
    file("notes.txt", "in/notes.txt", "text/plain"), file("scan.tif", "in/scan.tif", ""),
  ];
  assert.deepEqual(picturesAmong(brought).map(({ name }) => name), ["9.PNG", "10.png", "scan.tif"]);
});

test("a folder that is dropped is read to its end, and what lies beside it is kept", async () => {
  const parts = [["a.png", "notes.txt"], ["b.jpg"], []];
  const entry = (name) => ({ name, isFile: true, file: (resolve) => resolve(file(name)) });
  const folder = {
    isDirectory: true,
    createReader: () => ({ readEntries: (resolve) => resolve(parts.shift().map(entry)) }),
  };
  const items = [folder, { isDirectory: false }].map((one) => ({ webkitGetAsEntry: () => one }));
  const data = { items, files: [file("folder", "", ""), file("c.png")] };
  assert.equal(hasFolder(data), true);
  assert.equal(hasFolder({ items: items.slice(1) }), false);
  assert.deepEqual((await droppedPictures(data)).map(({ name }) => name), ["c.png", "a.png", "b.jpg"]);
});
