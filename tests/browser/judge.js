// The look of a page, and its faults as lists of sentences; run in the page by visitor.py.

const OURS = "#inpaint_anything";

/** Whether an element is there to be seen. */
function isSeen(element) {
  return element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden" && opacity(element) > 0;
}

function opacity(element) {
  let all = 1;
  for (let at = element; at; at = at.parentElement) all *= getComputedStyle(at).opacity;
  return all;
}

/** Controls that stick out of the window, or of something that cuts them off and cannot be scrolled. */
function cutOff() {
  const found = [];
  for (const control of document.querySelectorAll(`${OURS} :is(button, input, select, textarea, summary)`)) {
    const box = control.getBoundingClientRect();
    if (!isSeen(control) || box.width < 2 || box.height < 2) continue; // fields that only a label shows are 1 by 1
    if (control.type === "color") continue; // it fills a round swatch, which is to cut it off
    const [left, right] = room(control);
    if (box.left >= left - 1 && box.right <= right + 1) continue;
    found.push(`${control.outerHTML.slice(0, 160)}: ${box.left} to ${box.right} in ${left} to ${right}`);
  }
  return found;
}

/** From where to where something can be seen or scrolled to. */
function room(element) {
  let [left, right] = [0, innerWidth];
  for (let over = element.parentElement; over; over = over.parentElement) {
    const overflow = getComputedStyle(over).overflowX;
    const around = over.getBoundingClientRect();
    if (overflow === "hidden" || overflow === "clip") {
      [left, right] = [Math.max(left, around.left), Math.min(right, around.right)];
    } else if (overflow !== "visible" && over.scrollWidth > over.clientWidth + 1) return [-Infinity, Infinity];
  }
  return [left, right];
}

/**
 * Text whose contrast with what is behind it is below 4.5; large bold text and icons below 3 (WCAG 2.2, 1.4.3 and 1.4.11).
 * What is disabled may be faint.
 */
function faint() {
  const found = [];
  for (const element of document.querySelectorAll(`${OURS} *`)) {
    if (!isSeen(element) || element.closest(":disabled, [aria-disabled=true]") || !isJudged(element)) continue;
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const words = text.map((node) => node.textContent).join("").trim();
    const isIcon = element.matches("svg.ia-icon");
    if (!words && !isIcon) continue;
    const behind = ground(element);
    const [r, g, b, a] = rgba(getComputedStyle(element).color);
    const contrast = ratio(over([r, g, b, a * opacity(element)], behind), behind);
    const { fontSize, fontWeight } = getComputedStyle(element);
    const isLarge = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
    if (contrast >= (isIcon || isLarge ? 3 : 4.5)) continue;
    const what = isIcon ? `icon in ${element.parentElement.outerHTML.slice(0, 100)}` : `"${words.slice(0, 40)}"`;
    found.push(`${what}: ${contrast.toFixed(2)}, ${[r, g, b]} on ${behind.map(Math.round).slice(0, 3)}`);
  }
  return found;
}

/** Not what is no text, nor the label of something disabled. */
function isJudged(element) {
  return !["SCRIPT", "STYLE", "OPTION"].includes(element.tagName) && !element.closest("label")?.querySelector(":disabled");
}

/** The colour behind an element: the backgrounds of all it is in, and of a gradient its first colour. */
function ground(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    layers.push(rgba(style.backgroundImage.match(/rgba?\([^)]*\)/)?.[0] ?? style.backgroundColor));
  }
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
}

/** [red, green, blue] of what our part of the page stands on. */
function background() {
  return ground(document.querySelector(OURS)).slice(0, 3);
}

/** Any CSS colour as [red, green, blue, 0 to 1]. */
function rgba(colour) {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

function over(top, below) {
  return [0, 1, 2].map((index) => top[index] * top[3] + below[index] * (1 - top[3])).concat(1);
}

function ratio(one, other) {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
