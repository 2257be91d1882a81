/** The prompts in generation parameters, as the WebUI shows them. Pure. */

const NEGATIVE = "Negative prompt:";

/**
 * What stands before the line with the steps; null where there is no such line. A picture of PNG Info has them below the
 * word "parameters", and more below.
 * @param {string} text @returns {import("../page/host.mjs").Prompts | null}
 */
export function promptsIn(text) {
  const lines = text.split("\n").map((line) => line.trim());
  const end = lines.findIndex((line) => /^Steps: \d/.test(line));
  if (end < 0) return null;
  const title = lines.findIndex((line) => line); // PNG Info's, where it is there
  const start = lines[title] === "parameters" ? title + 1 : 0;
  const found = lines.slice(start, end).findIndex((line) => line.startsWith(NEGATIVE));
  const middle = found < 0 ? end : start + found;
  const together = (/** @type {string[]} */ some) => some.join("\n").trim();
  return {
    prompt: together(lines.slice(start, middle)),
    negative_prompt: together(lines.slice(middle, end)).slice(NEGATIVE.length).trim(),
  };
}
