import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "../../javascript/inpaint_anything/page/resultbar.mjs";
import { codeOf, isStale, named, RequestFailed } from "../../javascript/inpaint_anything/server/http.mjs";
import { Opening } from "../../javascript/inpaint_anything/session/opening.mjs";

const undecodable = () => new DOMException("The source image could not be decoded.", "InvalidStateError");

test("an error names its file, also one of the browser, whose sentence cannot be written to", () => {
  assert.equal(named(undecodable(), "a.png").message, "a.png: The source image could not be decoded.");
  const refused = named(new RequestFailed("It is no picture.", { code: "bad_image" }), "a.png");
  assert.deepEqual([refused.message, codeOf(refused)], ["a.png: It is no picture.", "bad_image"]);
});

test("an error that says nothing of a file is left as it is", () => {
  const lost = new RequestFailed("The server cannot be reached.", { code: "unreachable" });
  const stale = new DOMException("It was aborted.", "AbortError");
  for (const [error, name] of [[lost, "a.png"], [stale, "a.png"], [undecodable(), ""]]) {
    const given = named(error, name);
    assert.deepEqual([given, isStale(given)], [error, error === stale]);
  }
});

test("a picture that the browser cannot decode is told", async () => {
  const told = [];
  const opening = new Opening({
    bitmaps: { open: async () => { throw undecodable(); } },
    waiting: { set: () => {} },
    fail: (error) => told.push(error.message),
  });
  await opening.open(new Blob(["?"]), "a.tiff");
  assert.deepEqual(told, ["a.tiff: The source image could not be decoded."]);
});

for (const [result, type, expected] of [
  [{ saved: "outputs/2024/00012-7.png" }, "image/jpeg", "00012-7.jpg"],
  [{ saved: "C:\\outputs\\00012-7 (a.b).jpeg" }, "image/png", "00012-7 (a.b).png"],
  [{ saved: "00012-7.jpg" }, "image/jpeg", "00012-7.jpg"],
  [{ name: "my/holiday.webp" }, "image/webp", "my-holiday.webp"],
  [{ name: "holiday.jpeg" }, "", "holiday.png"],
]) {
  test(`of ${JSON.stringify(result)} as ${type || "unknown"} a download is ${expected}`, () =>
    assert.equal(fileName({ saved: "", name: "", action: "remove", ...result }, type), expected));
}
