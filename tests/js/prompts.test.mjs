import assert from "node:assert/strict";
import { test } from "node:test";
import { promptsIn } from "../../javascript/inpaint_anything/webui/prompts.mjs";

const SETTINGS = "Steps: 20, Sampler: Euler, Seed: 7, Size: 64x64";

test("prompts of several lines, with and without a negative one", () => {
  assert.deepEqual(promptsIn(`a hill,\nby a lake\nNegative prompt: fog,\nrain\n${SETTINGS}`), {
    prompt: "a hill,\nby a lake", negative_prompt: "fog,\nrain",
  });
  assert.deepEqual(promptsIn(`a hill\n${SETTINGS}\nmore`), { prompt: "a hill", negative_prompt: "" });
  assert.deepEqual(promptsIn(`Negative prompt: fog\n${SETTINGS}`), { prompt: "", negative_prompt: "fog" });
});

test("below the title of PNG Info, with what else its file holds", () => {
  assert.deepEqual(promptsIn(`\nparameters\n\n\na hill\nNegative prompt: fog\n${SETTINGS}\n\nicc_profile\n\n7`), {
    prompt: "a hill", negative_prompt: "fog",
  });
});

test("a text without parameters has none", () => {
  for (const text of ["", "parameters\n\nNone", "Postprocess upscaler: None", "1 of 2"]) assert.equal(promptsIn(text), null);
});
