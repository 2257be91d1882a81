import assert from "node:assert/strict";
import { test } from "node:test";
import { addedBy, frameOf, saysNothing, withSides } from "../../javascript/inpaint_anything/work/extension.mjs";

const SIZE = { width: 640, height: 480 };
const FIRST = { left: 0, right: 0, up: 0, down: 0, pixels: 128, direction: ["left", "right", "up", "down"] };

test("fields that are all as at first say nothing", () => {
  assert.ok(saysNothing(FIRST, structuredClone(FIRST)));
  assert.ok(saysNothing(FIRST, {}));
  assert.ok(!saysNothing(FIRST, { ...FIRST, up: 8 }));
  assert.ok(!saysNothing(FIRST, { ...FIRST, direction: ["left"] }));
  assert.ok(!saysNothing(undefined, {}), "an action that asks for nothing");
});

for (const [fields, frame] of [
  [{ left: 40, down: 8 }, [-40, 0, 640, 488]],
  [{ left: 40, rounds: 3 }, [-120, 0, 640, 480]],
  [{ pixels: 64, direction: ["left", "up"] }, [-64, -64, 640, 480]],
  [{ ...FIRST, right: 16 }, [0, 0, 656, 480]],
  [{ ...FIRST, width: 651 }, [-5, 0, 646, 480]],
  [{ ...FIRST, height: 500, direction: ["down"] }, [0, 0, 640, 500]],
  [{ ...FIRST, aspect_ratio: "16:9" }, [-106, 0, 747, 480]],
  [{ ...FIRST, aspect_ratio: "1" }, [0, -80, 640, 560]],
  [{ left: 0 }, null],
  [{ left: -8 }, null],
  [{ ...FIRST, width: 600 }, null],
  [{ ...FIRST, width: 700, direction: ["up"] }, null],
  [{ ...FIRST, aspect_ratio: "wide" }, null],
  [{ ...FIRST, left: 8, width: 800 }, null],
]) {
  test(`${JSON.stringify(fields)} is ${JSON.stringify(frame)}`, () => {
    assert.deepEqual(frameOf(fields, SIZE)?.map((value) => value + 0) ?? null, frame);
  });
}

test("what is dragged is said of each side, and by nothing else", () => {
  const fields = ["left", "right", "up", "down", "width", "aspect_ratio", "rounds", "direction"];
  const body = { aspect_ratio: "16:9", direction: ["left"], rounds: 3, prompt: "sea" };
  const added = { left: 5, right: 0, up: 7, down: 0 };
  const said = withSides(body, added, fields);
  assert.deepEqual(said, { ...body, ...added, width: 0, aspect_ratio: "", rounds: 1 });
  assert.deepEqual(addedBy(said, { width: 40, height: 30 }), added);
  assert.equal(addedBy({ left: -1 }, { width: 40, height: 30 }), null);
});
